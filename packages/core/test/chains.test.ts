import { describe, expect, test } from '@jest/globals'
import { seedsTo, sized } from '@skein/test-harness/size'
import { isGone, type PeerChange } from '../src/comms/peer-change.js'
import type { CommsManager } from '../src/comms-manager.js'
import { Prng } from '../src/transport/prng.js'
import { MemoryMesh } from './support/memory.js'
import { addressOf, call } from './support/mesh.js'

/** What breaks the chain of what a runtime was told, for people; empty if nothing does. */
function breaks(told: readonly PeerChange[]): string[] {
  const last = new Map<string, PeerChange>()
  const found: string[] = []
  for (const change of told) {
    const { uid, instance, was, is } = change
    const before = last.get(uid)
    const step = `${uid} ${was} -> ${is}`
    if (was !== (before?.is ?? 'unknown')) found.push(`${step} after ${before?.is}`)
    if (was === is && before?.instance === instance) found.push(`${step} changes nothing`)
    if (isGone(change) && (change.reason === undefined || change.evidence === undefined))
      found.push(`${step} without a reason or evidence`)
    last.set(uid, change)
  }
  return found
}

describe('cuts, restarts and returns', () => {
  const UIDS = ['a', 'b', 'c']

  /** A mesh whose members are cut off, frozen, killed, started again, and call each other, as the seed has it. */
  class Story {
    readonly mesh: MemoryMesh
    readonly #draw: Prng
    readonly #told = new Map<CommsManager, PeerChange[]>()
    readonly #members = new Map<string, CommsManager>()
    readonly #hosts = new Map<string, string>()
    #lives = 0

    constructor(seed: number) {
      this.mesh = new MemoryMesh({ min: 1, max: 20 }, seed)
      this.#draw = new Prng(seed)
    }

    async play(steps: number): Promise<void> {
      await this.#start('monitor', { introduces: true })
      for (const uid of UIDS) await this.#start(uid)
      for (let step = 0; step < steps; step++) {
        await this.#step()
        await this.mesh.clock.advance(Math.floor(this.#draw.between(0, 9000)))
      }
    }

    get told(): PeerChange[][] {
      return [...this.#told.values()]
    }

    /** What is wrong between what was told last and what `peers` has. */
    differences(): string[] {
      return [...this.#members.values()].flatMap((comms) =>
        comms.peers().flatMap(({ uid, state }) => {
          const last = this.#told.get(comms)?.findLast((change) => change.uid === uid)
          // Of one that is dead to us, and may still be there, the entry is kept.
          const agree = last?.is === state || (last?.is === 'dead' && state === 'known')
          return agree ? [] : [`${comms.uid} has ${uid} as ${state}, and told ${last?.is}`]
        }),
      )
    }

    async #start(uid: string, options: { readonly introduces?: boolean } = {}): Promise<void> {
      const host = `${uid} in life ${this.#lives++}`
      const comms = await this.mesh.runtime(uid, { host, ...options })
      const told: PeerChange[] = []
      comms.on('peer', (change) => told.push(change))
      this.#told.set(comms, told)
      this.#members.set(uid, comms)
      this.#hosts.set(uid, host)
      this.#join(comms)
    }

    #join(comms: CommsManager): void {
      const monitor = this.#members.get('monitor')
      if (monitor !== undefined && monitor !== comms) comms.connect(addressOf(monitor)).catch(() => {})
    }

    async #step(): Promise<void> {
      const [uid, other] = [this.#one(UIDS), this.#one(['monitor', ...UIDS])]
      const comms = this.#members.get(uid)
      const [host = '', another = ''] = [this.#hosts.get(uid), this.#hosts.get(other)]
      if (comms === undefined) return
      const steps = [
        () => this.mesh.network.cut(host, another),
        () => this.mesh.network.partition(host, another),
        () => this.mesh.network.heal(),
        () => this.mesh.network.freeze(host),
        () => this.mesh.network.stall(host),
        () => this.mesh.network.resume(host),
        () => void comms.sendRecv(other, call('anything')).catch(() => {}),
        () => void comms.sendRecv(other, call('anything')).catch(() => {}),
        () => other !== uid && comms.disconnect(other, { notify: this.#draw.next() < 0.5 }),
        () => this.#join(comms),
        () => this.#again(uid, () => this.mesh.network.kill(host)),
        () => this.#again(uid, () => void comms.stop()),
      ]
      await this.#one(steps)()
    }

    async #again(uid: string, end: () => void): Promise<void> {
      end()
      await this.mesh.clock.advance(Math.floor(this.#draw.between(0, 12_000)))
      await this.#start(uid)
    }

    #one<T>(of: readonly T[]): T {
      const one = of[Math.floor(this.#draw.next() * of.length)]
      if (one === undefined) throw new Error('there is nothing to choose from')
      return one
    }
  }

  test.each(seedsTo(sized(5, 24)))('what is told of each peer is a chain, by the seed %i', async (seed) => {
    const story = new Story(seed)
    try {
      await story.play(60)
      expect(story.told.flatMap(breaks)).toEqual([])
      expect(story.differences()).toEqual([])
      // It was a story, of members that came, went and came back: of 24 seeds the quietest has 84 changes.
      expect(story.told.flat().length).toBeGreaterThan(50)
    } finally {
      await story.mesh.close()
    }
  })
})
