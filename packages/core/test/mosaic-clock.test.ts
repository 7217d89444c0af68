import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { type Clock, type Timer, TurnedClock } from '../src/clock.js'
import type { PeerChange } from '../src/comms/peer-change.js'
import { CommsManager } from '../src/comms-manager.js'
import { livenessPresets } from '../src/liveness-presets.js'
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

async function runtime(
  uid: string,
  clock: Clock,
  instants: number[] = [],
  // Each heart at its own instant.
  liveness: CommsOptions['liveness'] = { heartSlack: 0 },
): Promise<CommsManager> {
  const options: CommsOptions = {
    uid,
    liveness,
    meshToken: 'token of the tests',
    transports: ['mem'],
    logger: silent,
    clock,
  }
  const transport = noting(network.transport(uid), () => instants.push(clock.now()))
  const comms = new CommsManager(options, {
    transport,
    place: { host: uid, process: uid },
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

/** The seconds of silence at which mosaic asks, and then gives a peer up: 15, and 15 · 5 / attempts for 5, 4, 3, 2 and 1. */
const HEARTS = [15, 30, 48.75, 73.75, 111.25]
const DEATH = 186.25

test.each([
  ['busy', (host: HostClock) => host.stall()],
  ['frozen', () => network.freeze('b')],
])(
  'by the preset mosaic, a %s peer is asked at its instants, and dead at 186.25 s',
  async (_how, silence) => {
    const pulses: number[] = []
    const hostB = new HostClock()
    const a = await runtime('a', clock, pulses, livenessPresets.mosaic)
    const b = await runtime('b', hostB)
    const connected = b.connect(addressOf(a))
    await clock.advance(10)
    await connected

    // Any message resets the silence: here it begins with the answer to a call.
    await clock.advance(20_000)
    const answered = a.sendRecv('b', call('echo', 1))
    await clock.advance(0)
    expect(await answered).toBe(1)
    const heard = clock.now()
    pulses.length = 0
    const changes: PeerChange[] = []
    a.on('peer', (change) => changes.push(change))
    silence(hostB)
    await clock.advance(DEATH * 1000 - 1)
    expect([...new Set(pulses)].map((at) => (at - heard) / 1000)).toEqual(HEARTS)
    expect(changes.map(({ is }) => is)).toEqual(['stalled'])
    await clock.advance(1)
    expect(changes.at(-1)).toMatchObject({
      is: 'dead',
      reason: 'silent',
      tookMs: 186_250,
      evidence: 'nothing was heard of it for 186250 ms, and 5 hearts were not answered',
    })
  },
)

test('by the preset mosaic, a connection that is lost ends nobody of another host before the last try', async () => {
  const a = await runtime('a', clock, [], livenessPresets.mosaic)
  const b = await runtime('b', clock, [], livenessPresets.mosaic)
  const connected = b.connect(addressOf(a))
  await clock.advance(10)
  await connected
  const kinds: string[] = []
  a.on('peer', ({ is }) => kinds.push(is))
  // A word of b's tells from when its silence counts.
  const answered = a.sendRecv('b', call('echo', 1))
  await clock.advance(0)
  await answered
  const heard = clock.now()
  network.kill('b')
  await clock.advance(DEATH * 1000 - 1)
  expect(kinds).toEqual(['suspect'])
  await clock.advance(1)
  expect(kinds).toEqual(['suspect', 'dead'])
  expect(clock.now() - heard).toBe(DEATH * 1000)
})

test('by the preset wan, an outage of five seconds is not even noticed', async () => {
  const kinds: string[] = []
  const a = await runtime('a', clock, [], livenessPresets.wan)
  const b = await runtime('b', clock, [], livenessPresets.wan)
  const connected = b.connect(addressOf(a))
  await clock.advance(10)
  await connected
  for (const each of [a, b]) each.on('peer', ({ is }) => kinds.push(is))
  for (let begin = 0; begin < 20; begin++) {
    await clock.advance(10_000 + begin * 100)
    network.partition('a', 'b')
    await clock.advance(5000)
    network.heal('a', 'b')
  }
  expect(kinds).toEqual([])
  network.partition('a', 'b')
  await clock.advance(25_000)
  network.heal('a', 'b')
  await clock.advance(5000)
  expect(kinds).toContain('suspect')
  expect(kinds).not.toContain('dead')
  expect(kinds.slice(-2)).toEqual(['alive', 'alive'])
  network.partition('a', 'b')
  await clock.advance(2000 + 7000 + 20_000)
  expect(kinds.slice(-2)).toEqual(['dead', 'dead'])
})
