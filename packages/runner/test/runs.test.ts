import { describe, expect, test } from '@jest/globals'
import { eventually, useLedger } from '@skein/test-harness'
import type { Run } from '../src/job.js'
import { runs } from './program-run.js'
import { inProcess, inThread, type Started } from './starting.js'

useLedger()

describe.each<[string, (...args: Parameters<typeof inProcess>) => Started<Run>]>([
  ['process', inProcess],
  ['thread', inThread],
])('a job in a %s', (_kind, start) => {
  test('that can not start rejects with the error that it threw, its facts too, and has ended then', async () => {
    const { run, stderr } = start(`
      await open('relay')
      throw new SkeinError('ERR_ADDRESS_IN_USE', 'port 1 is held', { address: 'tcp://*:1', limit: 1, cause: new Error('c') })`)
    const error: object = await run.ready.then(Object, (error) => error)
    expect(error).toMatchObject({
      name: 'SkeinError',
      code: 'ERR_ADDRESS_IN_USE',
      message: 'port 1 is held',
      address: 'tcp://*:1',
      limit: 1,
    })
    expect(Object.keys(error)).not.toContain('cause')
    expect(run.signal('SIGKILL')).toBe(false)
    expect(await run.ended).toEqual({ code: 1, signal: null })
    expect(stderr).toEqual([])
  })

  test('that can not start for another reason rejects with what it printed, under its name and facts', async () => {
    const { run } = start(`console.error('no such thing'); throw new TypeError('what is this?')`, {
      facts: { uid: 'worker:0:1' },
    })
    await expect(run.ready).rejects.toMatchObject({
      code: 'ERR_LAUNCH',
      uid: 'worker:0:1',
      reason: 'exit code 1',
      message: expect.stringMatching(
        /^relay ended before.*exit code 1.*\nno such thing\nTypeError: what is this\?/,
      ),
    })
    await run.ended
  })

  test('that says what is no plain value when it is ready rejects with that', async () => {
    const { run } = start(`host.ready(() => {})`)
    await expect(run.ready).rejects.toMatchObject({ code: 'ERR_NOT_SERIALISABLE' })
    await run.ended
  })

  test('that throws once it was ready prints it, and ends with code 1', async () => {
    const { run, stderr } = start(`host.ready(); throw new SkeinError('ERR_TIMEOUT', 'too late')`)
    await run.ready
    expect(await run.ended).toEqual({ code: 1, signal: null })
    expect(stderr.join('\n')).toContain('too late')
  })

  test('gets every message in order, and answers; it is neither started with nor sent what is no plain value', async () => {
    const refused = expect.objectContaining({ code: 'ERR_NOT_SERIALISABLE' })
    expect(() => start('', { spec: { code: () => {} } })).toThrow(refused)
    const code = `
      host.onMessage((message) => host.report({ echo: message }))
      host.ready({ address: 'tcp://127.0.0.1:3000', timeouts: [1, Infinity] })
      return () => host.report(host.order.drain)`
    const { run, reports } = start(code)
    const messages = ['one', { two: [null, Number.NEGATIVE_INFINITY] }, 'x'.repeat(5e6)]
    for (const message of messages) run.send(message)
    expect(() => run.send({ deep: [1n] })).toThrow(refused)
    await eventually(() => reports.length === messages.length)
    expect(reports).toEqual(messages.map((echo) => ({ echo })))

    // It is ready with what it says then, and learns how long what runs may take to end.
    expect(await run.ready).toEqual({ address: 'tcp://127.0.0.1:3000', timeouts: [1, Infinity] })
    run.stop({ drain: 4321 })
    expect(await run.ended).toEqual({ code: 0, signal: null })
    expect(reports.slice(messages.length)).toEqual([4321])
    run.send('nobody hears this')
  })

  test('may have nothing to say when it is ready, and loses nothing of what it is told before it listens', async () => {
    const { run, reports } = start(
      `host.ready(); return () => host.onMessage((message) => host.report(message))`,
    )
    run.send(1)
    run.send(2)
    run.stop()
    expect(await run.ready).toBeUndefined()
    await run.ended
    expect(reports).toEqual([1, 2])
  })
})

test('a thread that is dropped closes its sockets without ending in order', async () => {
  const { run, reports } = inThread(`await open('relay'); host.ready(); return () => host.report('in order')`)
  await run.ready
  run.drop()
  expect(await run.ended).toEqual({ code: 1, signal: null })
  expect(reports).toEqual([])
})

test('a process that is killed takes what it has started in its group along', async () => {
  const { run } = inProcess(`
    const { spawn } = await import('node:child_process')
    host.ready(spawn('sleep', ['600'], { stdio: 'ignore' }).pid)`)
  const pid = Number(await run.ready)
  run.signal('SIGKILL')
  expect(await run.ended).toEqual({ code: null, signal: 'SIGKILL' })
  await eventually(() => !runs(pid), { message: 'it to end' })
})
