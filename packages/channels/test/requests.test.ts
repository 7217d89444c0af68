import { afterEach, expect, test } from '@jest/globals'
import { eventually, useLedger } from '@skein/test-harness'
import { PubChannel } from '../src/pub-channel.js'
import { RepChannel } from '../src/rep-channel.js'
import { ReqChannel } from '../src/req-channel.js'
import { SubChannel } from '../src/sub-channel.js'
import { at, Contexts, MemoryContexts } from './support/contexts.js'

useLedger()

const contexts = new Contexts()
afterEach(() => contexts.close())

test('yoton 11: two repliers, one of them slow, share ten requests', async () => {
  const all = await contexts.graph(4, [
    [0, 1],
    [1, 2],
    [1, 3],
  ])
  let release = (): void => {}
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  const by: string[] = []
  const quick = (n: number) => {
    by.push('quick')
    return n * 2
  }
  const slow = async (n: number) => {
    by.push('slow')
    await held
    return n * 2
  }
  new RepChannel(at(all, 2), 'double', { run: quick })
  new RepChannel(at(all, 3), 'double', { run: slow })
  const req = new ReqChannel(at(all, 0), 'double')
  await eventually(() => req.repliers === 2)
  const answers: Promise<unknown>[] = []
  // Each is asked when the quick one has answered, so that it has least to do.
  for (let n = 0; n < 10; n++) {
    const before = by.length
    answers.push(req.ask('run', [n]))
    await eventually(() => by.length > before)
    if (by.at(-1) === 'quick') await answers.at(-1)
  }
  release()
  expect(await Promise.all(answers)).toEqual(Array.from({ length: 10 }, (_, n) => n * 2))
  expect(new Set(by)).toEqual(new Set(['quick', 'slow']))
  expect(by.filter((who) => who === 'quick').length).toBeGreaterThan(5)
  const together = by.length
  expect(await Promise.all(Array.from({ length: 10 }, (_, n) => req.ask('run', [n])))).toHaveLength(10)
  expect(by.slice(together).filter((who) => who === 'quick')).toHaveLength(5)
})

test('yoton 11: a replier that dies rejects its request at once, also over another context', async () => {
  const memory = new MemoryContexts()
  const all = await memory.graph(3, [
    [0, 1],
    [1, 2],
  ])
  let begun = 0
  const never = () => {
    begun += 1
    return new Promise(() => {})
  }
  new RepChannel(at(all, 2), 'work', { never })
  const req = new ReqChannel(at(all, 0), 'work')
  await memory.clock.advance(50)
  const asked = req.ask('never')
  await memory.clock.advance(50)
  expect(begun).toBe(1)
  const died = memory.clock.now()
  memory.network.kill('2')
  await expect(memory.inTime(asked)).rejects.toMatchObject({ code: 'ERR_PEER_LOST', executed: 'maybe' })
  expect(memory.clock.now() - died).toBeLessThan(500)
  await memory.clock.advance(50)
  expect(req.repliers).toBe(0)
  const waits = req.ask('never', [], { timeout: 700 })
  await expect(memory.inTime(waits)).rejects.toMatchObject({
    code: 'ERR_TIMEOUT',
    executed: 'no',
    timeoutMs: 700,
  })
  await memory.close()
})

test('only what is exposed can be called, and what it throws reaches whoever asked', async () => {
  const all = await contexts.graph(3, [
    [0, 1],
    [1, 2],
  ])
  const fail = () => {
    throw Object.assign(new RangeError('too far'), { code: 'E_FAR' })
  }
  const rep = new RepChannel(at(all, 2), 'work', {
    fail,
    wait: () => new Promise(() => {}),
    echo: (x: unknown) => x,
  })
  const req = new ReqChannel(at(all, 0), 'work')
  expect(await req.ask('echo', [new Map([[1n, undefined]])])).toEqual(new Map([[1n, undefined]]))
  for (const method of ['constructor', 'toString', '__proto__', 'nothing'])
    await expect(req.ask(method)).rejects.toMatchObject({ code: 'ERR_NO_SUCH_METHOD' })
  await expect(req.ask('fail')).rejects.toMatchObject({
    name: 'RangeError',
    message: 'too far',
    code: 'E_FAR',
  })
  await expect(req.ask('wait', [], { timeout: 50 })).rejects.toMatchObject({ code: 'ERR_TIMEOUT' })
  const controller = new AbortController()
  const given = req.ask('wait', [], { signal: controller.signal })
  controller.abort()
  await expect(given).rejects.toMatchObject({ code: 'ERR_CANCELLED' })
  await expect(req.ask('echo', [() => {}])).rejects.toMatchObject({ code: 'ERR_NOT_SERIALISABLE' })
  const wrong = expect.objectContaining({ code: 'ERR_INVALID_OPTION' })
  for (const methods of [{}, { x: 1 }, null])
    expect(() => Reflect.construct(RepChannel, [at(all, 1), 'work', methods])).toThrow(wrong)
  rep.close()
  await eventually(() => req.repliers === 0)
  const waiting = req.ask('echo', [1])
  req.close()
  await expect(waiting).rejects.toMatchObject({ code: 'ERR_CLOSED' })
})

test('a request does not overtake the messages that were sent before it', async () => {
  const [a, b, c] = await contexts.graph(3, [
    [1, 0],
    [2, 1],
  ])
  const seen: unknown[] = []
  const sub = new SubChannel(at([c], 0), 'log')
  const poll = () => {
    for (let next = sub.poll(); next !== undefined; next = sub.poll()) seen.push(next)
  }
  new RepChannel(at([c], 0), 'jobs', {
    go: () => {
      poll()
      seen.push('go')
    },
  })
  const pub = new PubChannel(at([a], 0), 'log')
  const req = new ReqChannel(at([a], 0), 'jobs')
  await eventually(() => pub.subscribers === 1 && req.repliers === 1)
  expect(at([b], 0).connectionCount).toBe(2)
  for (let round = 0; round < 20; round++) {
    await pub.send(`one ${round}`)
    void pub.send(`two ${round}`)
    await req.ask('go')
    expect(seen.splice(0)).toEqual([`one ${round}`, `two ${round}`, 'go'])
  }
})
