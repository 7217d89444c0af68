import { systemClock } from '@skein/core/internal'
import { HarnessError } from '../errors.js'
import { turns } from '../turns.js'
import type { Crew, Mate } from './crew.js'

export interface Burst {
  /** Payloads of 1 MiB that each member sends first. @default none */
  readonly large?: number
  /** Whether all that is allowed goes out at once. @default false: a portion of it */
  readonly all?: boolean
  /** @default no limit but the portion */
  readonly most?: number
  /** The place whose member alone makes them. @default all */
  readonly only?: number
}

/** How long it is looked for a change between two looks at whether there is progress at all, in milliseconds. */
const LOOK_LIMIT = 1000

/** Where an audit plays: who has which place, and how much traffic there is. */
export class Stage {
  readonly crew: Crew
  readonly #places: Mate[] = []
  readonly #patience: number
  #allowed = 0
  #portion = 0
  #lastProgress = 0
  #progressedAt = 0

  /** @param patience milliseconds without any progress, after which it is given up */
  constructor(crew: Crew, patience: number) {
    this.crew = crew
    this.#patience = patience
  }

  async open(members: number): Promise<void> {
    for (let place = 0; place < members; place++) this.#places.push(await this.crew.add())
    this.crew.introduce()
  }

  at(place: number): Mate {
    const mate = this.#places[place]
    if (mate === undefined) throw new RangeError(`there is no place ${place}`)
    return mate
  }

  /** Kills who has the place, and gives it to another. */
  async replace(place: number): Promise<void> {
    await this.crew.kill(this.at(place))
    this.#places[place] = await this.crew.add()
    this.crew.introduce()
  }

  /** Requests that were made by members of their own accord. */
  get issued(): number {
    return this.crew.all.reduce((sum, { progress }) => sum + progress.issued, 0)
  }

  /** Whether all that lives has made its requests and got their answers, and no stream flows. */
  get isQuiet(): boolean {
    return this.crew.living.every(
      ({ until, progress: { issued, settled, sent, streaming } }) =>
        issued >= until && settled >= sent && streaming === 0,
    )
  }

  /** So many requests may be made until this is called again, counted from the beginning, in bursts of `portion`. */
  allow(total: number, portion: number): void {
    this.#allowed = total
    this.#portion = Math.max(1, Math.ceil(portion))
  }

  /** Lets some requests out, half of them to the member in focus. */
  burst(place: number, { large = 0, all = false, ...some }: Burst = {}): void {
    const { most = Number.POSITIVE_INFINITY, only } = some
    const living = only === undefined ? this.crew.living : [this.at(only)]
    // What the dead were granted and have not used is granted anew.
    const granted = this.crew.all.reduce(
      (sum, { lives, until, progress }) => sum + (lives ? until : progress.issued),
      0,
    )
    const left = Math.max(0, this.#allowed - granted)
    const count = all ? left : Math.min(left, this.#portion, most)
    living.forEach((mate, i) => {
      mate.until += Math.floor((count + i) / living.length)
      const { number: member, host, until } = mate
      host.tell({ kind: 'budget', member, until, focus: this.at(place).number, large })
    })
  }

  /** Waits until `count` more have settled, but not for long: where everything waits, that is no reason to. */
  async flowed(count: number, limit: number): Promise<void> {
    const before = this.#settled()
    await this.brief(() => this.#settled() >= before + count, limit)
  }

  /** Resolves when it is so, or after `limit` milliseconds. */
  async brief(condition: () => boolean, limit: number): Promise<void> {
    for await (const _ of turns(limit)) if (condition()) return
  }

  /** @throws HarnessError `ERR_NOT_IN_TIME` if it is not so and nothing progresses: then nothing will any more */
  async until(condition: () => boolean): Promise<void> {
    // What was done until now, such as starting processes, is no time in which something was to progress.
    this.#progressedAt = systemClock.now()
    while (!condition()) {
      await this.brief(() => condition() || this.#isStuck(), LOOK_LIMIT)
      if (condition() || !this.#isStuck()) continue
      const timeoutMs = this.#patience
      throw new HarnessError('ERR_NOT_IN_TIME', `nothing has progressed for ${timeoutMs} ms`, { timeoutMs })
    }
  }

  #settled(): number {
    return this.crew.all.reduce((sum, { progress }) => sum + progress.settled, 0)
  }

  #isStuck(): boolean {
    const now = systemClock.now()
    const progress = this.#settled() + this.issued
    if (progress > this.#lastProgress) {
      this.#lastProgress = progress
      this.#progressedAt = now
    }
    return now - this.#progressedAt > this.#patience
  }
}
