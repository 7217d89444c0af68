import { expect, test } from '@jest/globals'
import { PubChannel, StateChannel, SubChannel } from '@skein/channels'
import { randomBelow } from '@skein/test-harness'
import { seedsTo, sized } from '@skein/test-harness/size'
import type { Runtime } from '../src/runtime.js'
import { ClockedMesh } from './support/clocked-mesh.js'

const UIDS = ['a', 'b', 'c', 'd'] as const

test.each(seedsTo(sized(4, 20)))(
  'links that break, contexts that close, runtimes that die: all find each other again, hold one state, and nothing comes twice or late (%i)',
  async (seed) => {
    const mesh = new ClockedMesh()
    const random = randomBelow(seed)
    await mesh.monitor()
    const all: Member[] = []
    for (const uid of UIDS) all.push(new Member(await mesh.runtime(uid)))
    for (let round = 0; round < 40; round++) {
      const [i, chosen] = [random(UIDS.length), random(8)]
      const [one, other] = [UIDS[i] ?? 'a', UIDS[random(UIDS.length)] ?? 'a']
      if (chosen < 2 && one !== other) mesh.network.partition(one, other)
      if (chosen === 2 && one !== other) mesh.network.cut(one, other)
      if (chosen === 3) mesh.network.heal()
      const member = all[i]
      if (chosen === 4 && member !== undefined) {
        await mesh.settled(member.runtime.channels.close())
        all[i] = new Member(member.runtime)
      }
      if (chosen === 5 && member !== undefined) {
        await mesh.kill(member.runtime)
        mesh.network.heal() // or its successor could not join
        all[i] = new Member(await mesh.runtime(one))
      }
      all[random(all.length)]?.publish()
      if (random(3) === 0) all[random(all.length)]?.state.send(round)
      await mesh.clock.advance(random(2) === 0 ? random(200) : random(12_000))
      for (const each of all) each.read()
    }
    mesh.network.heal()
    await mesh.clock.advance(60_000)
    const others = ({ uid }: Member) => UIDS.filter((each) => each !== uid)
    expect(all.map(({ runtime }) => runtime.channels.peers.sort())).toEqual(all.map(others))
    expect(new Set(all.map(({ state }) => state.recv())).size).toBe(1)
    for (const each of all) each.read()
    for (const each of all) each.publish()
    await mesh.clock.advance(100)
    expect(all.map((each) => each.read().sort())).toEqual(all.map(others))
    await mesh.close()
  },
  30_000,
)

let published = 0

/** The channels of a runtime. */
class Member {
  readonly runtime: Runtime
  readonly uid: string
  readonly state: StateChannel<'object'>
  readonly #pub: PubChannel<'object'>
  readonly #sub: SubChannel<'object'>
  /** The number that came last of each. */
  readonly #last = new Map<string, number>()

  constructor(runtime: Runtime) {
    const options = { type: 'object' } as const
    this.runtime = runtime
    this.uid = runtime.uid
    this.state = new StateChannel<'object'>(runtime.channels, 'last', options)
    this.#pub = new PubChannel<'object'>(runtime.channels, 'log', options)
    this.#sub = new SubChannel<'object'>(runtime.channels, 'log', options)
  }

  publish(): void {
    void this.#pub.send([this.uid, ++published])
  }

  /** Reads all that has come, and gives of whom it is. */
  read(): string[] {
    const senders: string[] = []
    for (let next = this.#sub.poll(); Array.isArray(next); next = this.#sub.poll()) {
      const [sender, number]: unknown[] = next
      const from = String(sender)
      const last = this.#last.get(from) ?? 0
      if (Number(number) <= last) throw new Error(`${this.uid} has got ${number} of ${from} after ${last}`)
      this.#last.set(from, Number(number))
      senders.push(from)
    }
    return senders
  }
}
