import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { type Clock, type Timer, TurnedClock } from '../src/clock.js'
import { CommsManager } from '../src/comms-manager.js'
import type { CommsOptions } from '../src/options.js'
import { MemoryNetwork } from '../src/transport/memory-network.js'
import { addressOf, call, methods, silent } from './support/mesh.js'
import { noting } from './support/noting.js'

let clock: TurnedClock
let network: MemoryNetwork
const open: CommsManager[] = []

beforeEach(() => {
  clock = new TurnedClock()
  network = new MemoryNetwork({ clock, seed: 1, latency: { min: 0, max: 0 } })
})

afterEach(async () => {
  await Promise.all(open.splice(0).map((comms) => comms.destroy()))
  await network.close()
  expect(clock.pending).toBe(0)
})

/** The clock of a host whose event loop can be stalled: its timers wait with everything else. */
class HostClock implements Clock {
  #stalled: (() => void)[] | undefined

  now(): number {
    return clock.now()
  }

  after(ms: number, fn: () => void): Timer {
    return clock.after(ms, () => (this.#stalled === undefined ? fn() : void this.#stalled.push(fn)))
  }

  stall(): void {
    this.#stalled = []
    network.stall('b')
  }

  resume(): void {
    const late = this.#stalled ?? []
    this.#stalled = undefined
    for (const fn of late) fn()
    network.resume('b')
  }
}

async function runtime(uid: string, clock: Clock, instants: number[] = []): Promise<CommsManager> {
  const options: CommsOptions = {
    uid,
    meshToken: 'token of the tests',
    transports: ['mem'],
    logger: silent,
    clock,
    liveness: { heartSlack: 0 }, // each heart at its own instant
  }
  const transport = noting(network.transport(uid), () => instants.push(clock.now()))
  const comms = new CommsManager(options, {
    transport,
    dispatch: methods({ echo: (value: unknown) => value }),
  })
  open.push(comms)
  await comms.start()
  return comms
}

test('mosaic 18: hearts and verdicts come at the documented instants, and any message resets them', async () => {
  const pulses: number[] = []
  const verdicts: [number, string][] = []
  const hostB = new HostClock()
  const a = await runtime('a', clock, pulses)
  const b = await runtime('b', hostB)
  const connected = b.connect(addressOf(a))
  await clock.advance(10)
  await connected
  a.on('peer', ({ is }) => verdicts.push([clock.now(), is]))

  // An idle link: a heart after each second of silence, answered at once.
  const begin = clock.now()
  pulses.length = 0
  await clock.advance(2500)
  const idle = [...new Set(pulses)]
  expect(idle).toHaveLength(2)
  const [first = 0, second = 0] = idle
  expect(first).toBeLessThanOrEqual(begin + 1000)
  expect(second - first).toBe(1000)
  expect(verdicts).toEqual([])

  // Any message resets the silence: the next heart comes a second after it.
  const answered = b.sendRecv('a', call('echo', 1))
  await clock.advance(5)
  expect(await answered).toBe(1)
  const spoken = clock.now() - 5
  pulses.length = 0
  await clock.advance(994)
  expect(pulses).toEqual([])
  await clock.advance(1)
  expect(new Set(pulses)).toEqual(new Set([spoken + 1000]))

  // A busy peer: hearts go on, and after 2.5 s of silence it is stalled; a beat makes it alive.
  const heard = clock.now()
  hostB.stall()
  await clock.advance(2499)
  expect(verdicts).toEqual([])
  await clock.advance(1)
  expect(verdicts).toEqual([[heard + 2500, 'stalled']])
  await clock.advance(60_000)
  expect(verdicts).toHaveLength(1) // never dead for being busy
  hostB.resume()
  await clock.advance(0)
  expect(verdicts.at(-1)).toEqual([clock.now(), 'alive'])

  // A frozen peer: its heartbeat ends within 1.5 s, and 4 s later it is dead.
  verdicts.length = 0
  const frozen = clock.now()
  network.freeze('b')
  await clock.advance(10_000)
  expect(verdicts.map(([, is]) => is)).toEqual(['suspect', 'dead'])
  const [[suspected], [died]] = verdicts as [[number, string], [number, string]]
  expect(suspected - frozen).toBeLessThanOrEqual(2000)
  expect(died - suspected).toBe(6000)
})
