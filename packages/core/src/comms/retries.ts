import { type Deadlines, Due } from '../deadlines.js'
import { SkeinError } from '../errors.js'
import type { Randomness } from '../random.js'

/** Milliseconds before the second try; before each further one twice as many. Half of it is left to chance. */
const FIRST_DELAY = 50

/** How many tries beyond the first a peer can be sent at once, and how many each request adds to them. */
const BUDGET = 10
const BUDGET_PER_REQUEST = 0.1

/** How many peers' budgets are remembered; a peer that is forgotten has its budget whole. */
const PEERS = 10_000

/** What may have passed by the next try: the peer was lost, has been replaced, or was about to stop. */
const PASSING: ReadonlySet<string> = new Set(['ERR_PEER_LOST', 'ERR_CLOSED', 'ERR_OVERLOADED'])

export interface Trying {
  readonly tries: number
  readonly idempotent: boolean
}

class Delay extends Due {
  constructor(override readonly expired: () => void) {
    super()
  }
}

/**
 * Decides whether a request that failed is tried again, and when. Each request to a peer earns a tenth of another try, so
 * that a peer in trouble gets at most a tenth more than it would anyway (as in gRPC's throttling of retries, gRFC A6).
 */
export class Retries {
  readonly #deadlines: Deadlines
  readonly #random: Randomness
  readonly #budgets = new Map<string, number>()

  constructor(deadlines: Deadlines, random: Randomness) {
    this.#deadlines = deadlines
    this.#random = random
  }

  /** A request that could be tried again is made. */
  earn(uid: string): void {
    const budget = this.#budgets.get(uid)
    if (budget !== undefined) this.#remember(uid, Math.min(BUDGET, budget + BUDGET_PER_REQUEST))
  }

  /**
   * Calls `again` when it is time for the next try.
   *
   * @param tried how often it has been tried
   * @returns false if there is to be none
   */
  schedule(uid: string, error: unknown, tried: number, trying: Trying, again: () => void): boolean {
    if (!(error instanceof SkeinError) || !PASSING.has(error.code) || tried >= trying.tries) return false
    if (error.executed !== 'no' && !trying.idempotent) return false
    const budget = this.#budgets.get(uid) ?? BUDGET
    if (budget < 1) return false
    this.#remember(uid, budget - 1)
    const [byte = 0] = this.#random.bytes(1)
    const delay = FIRST_DELAY * 2 ** (tried - 1) * (0.5 + byte / 512)
    this.#deadlines.add(new Delay(again), delay)
    return true
  }

  #remember(uid: string, budget: number): void {
    this.#budgets.delete(uid)
    if (budget >= BUDGET) return
    this.#budgets.set(uid, budget)
    if (this.#budgets.size <= PEERS) return
    const oldest = this.#budgets.keys().next()
    if (!oldest.done) this.#budgets.delete(oldest.value)
  }
}
