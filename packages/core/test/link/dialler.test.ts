import { describe, expect, test } from '@jest/globals'
import { TurnedClock } from '../../src/clock.js'
import { Dialler, type IsTheirs } from '../../src/link/dialler.js'
import { defaultHandshake, defaultLiveness } from '../../src/options.js'
import { FakeTransport } from './fakes.js'

const a = 'ipc:///tmp/a'
const b = 'tcp://127.0.0.1:1'

function dialling(...endpoints: string[]) {
  return diallingOf(endpoints)
}

async function diallingOf(endpoints: string[], isTheirs?: IsTheirs) {
  const clock = new TurnedClock()
  const transport = new FakeTransport()
  const log: string[] = []
  const options = { ...defaultLiveness, ...defaultHandshake }
  const on = {
    connected: ({ endpoint }: { endpoint: string }) => log.push(`connected ${endpoint}`),
    lost: (reason: string) => log.push(`lost: ${reason}`),
    exhausted: (reason: string) => log.push(`exhausted: ${reason}`),
  }
  const dialler = new Dialler(transport, endpoints, clock, options, on, isTheirs)
  expect(transport.dialled).toEqual([]) // nothing is called before the constructor has returned
  await clock.advance(0)
  return { clock, transport, log, dialler }
}

describe('A dialler', () => {
  test('makes a watched control connection, and a data connection once that is up', async () => {
    const { clock, transport, log } = await dialling(a, b)
    expect(transport.dialled.map(({ endpoint, options }) => [endpoint, options.watch])).toEqual([[a, true]])
    transport.latest().on.up()
    expect(transport.dialled.map(({ endpoint, options }) => [endpoint, options.watch])).toEqual([
      [a, true],
      [a, false],
    ])
    expect([log, clock.pending]).toEqual([[`connected ${a}`], 0])
  })

  test('tries the next endpoint when one is refused, silent or none at all', async () => {
    const silent = 'tcp://127.0.0.1:2'
    const invalid = 'tcp://nowhere'
    const { clock, transport, log } = await dialling(a, silent, invalid, b)
    transport.invalid.add(invalid)
    transport.latest().on.down('refused')
    expect(transport.latest().endpoint).toBe(silent)
    await clock.advance(defaultHandshake.dialTimeout - 1)
    expect(transport.latest().endpoint).toBe(silent)
    await clock.advance(1)
    expect(transport.latest().endpoint).toBe(b)
    expect(transport.open).toEqual([transport.latest()])
    transport.latest().on.up()
    expect(log).toEqual([`connected ${b}`])
  })

  test('gives the last endpoint the time that an answer has, since there is none to hurry to', async () => {
    const { clock, transport, log } = await dialling(a, b)
    await clock.advance(defaultHandshake.dialTimeout)
    expect(transport.latest().endpoint).toBe(b)
    await clock.advance(defaultHandshake.answerTimeout - 1)
    expect(log).toEqual([])
    await clock.advance(1)
    expect(log).toEqual([`exhausted: ${a}: no answer; ${b}: no answer`])
  })

  test('asks whose endpoint it is while it dials, and does nothing there before that is known', async () => {
    for (const isTheirs of [true, false]) {
      const asked: string[] = []
      let answer: (isTheirs: boolean) => void = () => {}
      const { transport, log, clock } = await diallingOf([b], (endpoint) => {
        asked.push(endpoint)
        return new Promise((resolve) => {
          answer = resolve
        })
      })
      expect(asked).toEqual([b])
      transport.latest().on.up()
      await clock.advance(0)
      expect([log, transport.dialled.length]).toEqual([[], 1])
      answer(isTheirs)
      await clock.advance(0)
      expect(log).toEqual(isTheirs ? [`connected ${b}`] : [`exhausted: ${b}: somebody else answers there`])
    }
  })

  test('tries the next endpoint when the data connection can not even be begun', async () => {
    const { transport, log } = await dialling(a, b)
    transport.invalid.add(a)
    transport.latest().on.up()
    expect([log, transport.open.map(({ endpoint }) => endpoint)]).toEqual([[], [b]])
    transport.latest().on.up()
    expect(log).toEqual([`connected ${b}`])
  })

  test('says of every endpoint why it could not be reached, when there is none left', async () => {
    const { clock, transport, log } = await dialling(a, b)
    transport.invalid.add(b)
    transport.latest().on.down('refused')
    expect(log).toEqual([`exhausted: ${a}: refused; ${b}: invalid`])
    expect([transport.open, clock.pending]).toEqual([[], 0])
  })

  test('that has no endpoint to try says so', async () => {
    expect((await dialling()).log).toEqual(['exhausted: no endpoint can be reached from here'])
  })

  test('says that the connection was lost, and closes both', async () => {
    const { transport, log } = await dialling(a, b)
    transport.latest().on.up()
    transport.dialled[0]?.on.down('heartbeat timeout')
    expect(log).toEqual([`connected ${a}`, 'lost: heartbeat timeout'])
    expect(transport.open).toEqual([])
  })

  test('says nothing once it is closed, at whatever point', async () => {
    const early = await dialling(a)
    early.dialler.close()
    early.transport.latest().on.up()
    early.transport.latest().on.down('late')
    await early.clock.advance(10_000)
    const late = await dialling(a)
    late.transport.latest().on.up()
    late.dialler.close()
    late.dialler.close()
    late.transport.dialled[0]?.on.down('late')
    expect([early.log, late.log]).toEqual([[], [`connected ${a}`]])
    expect([early.transport.open, late.transport.open, early.clock.pending, late.clock.pending]).toEqual([
      [],
      [],
      0,
      0,
    ])
  })
})
