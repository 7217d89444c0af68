import type { PeerKind } from '@skein/core'
import type { Registering, WorkerStatus } from './contract.js'

/** Whom to prefer: one that answers, then one that is busy, then one whose connection is lost. */
const RANKS: { readonly [Kind in PeerKind]?: number } = { alive: 0, stalled: 1 }
const WORST = 2

let uses = 0

/** A worker as its broker knows it, from when it registers until it goes. */
export class Registration {
  readonly name: string
  readonly service: string
  /** What it can be asked for. They may change; what it has been given before goes on. */
  keywords: ReadonlySet<string>
  readonly concurrency: number
  state: PeerKind = 'alive'
  #busy = 0
  /** When it was last given something, counted up: of two that are equally busy, the one that has waited longer is next. */
  #used = 0

  constructor(name: string, { service, keywords, concurrency }: Registering) {
    this.name = name
    this.service = service
    this.keywords = new Set(keywords)
    this.concurrency = concurrency
  }

  /** Slots that are taken. */
  get busy(): number {
    return this.#busy
  }

  get isFree(): boolean {
    return this.#busy < this.concurrency
  }

  /** Takes a slot. */
  take(): void {
    this.#busy += 1
    this.#used = ++uses
  }

  /** Gives a slot back. */
  free(): void {
    this.#busy -= 1
  }

  get rank(): number {
    return RANKS[this.state] ?? WORST
  }

  /** Whether to give something to this one rather than to the other; both are free. */
  isBefore(other: Registration): boolean {
    const [own, others] = [this.busy / this.concurrency, other.busy / other.concurrency]
    return own === others ? this.#used < other.#used : own < others
  }

  /** Whether that is what it has told of itself, but for its keywords. */
  isAs({ service, concurrency }: Registering): boolean {
    return service === this.service && concurrency === this.concurrency
  }

  /** Whether it has these keywords and no others. */
  hasAll(keywords: readonly string[]): boolean {
    const others = new Set(keywords)
    return others.size === this.keywords.size && keywords.every((keyword) => this.keywords.has(keyword))
  }

  status(): WorkerStatus {
    const { name, state, concurrency, busy } = this
    return { name, state, keywords: [...this.keywords], concurrency, busy }
  }
}
