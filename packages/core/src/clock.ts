// The global property has a getter, which would be called each time.
const { performance } = globalThis

/** Milliseconds on a monotonic clock with an arbitrary beginning. Never the time of day. */
export type Instant = number

export interface Timer {
  /** Does nothing if the timer has fired or was cancelled. */
  cancel(): void
}

/** Time as a collaborator: what waits for it is given one, so that a test can turn it. */
export interface Clock {
  now(): Instant
  /** Calls `fn` once, not before `ms` milliseconds have passed. */
  after(ms: number, fn: () => void): Timer
}

/** The longest delay that Node's timers take; a longer one would fire at once, and is waited for in parts. */
const MAX_DELAY = 2 ** 31 - 1

/** Resolves when `done` does, or when it has had so many milliseconds. */
export function inTime(clock: Clock, done: Promise<unknown>, timeout: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = clock.after(timeout, resolve)
    const end = (): void => {
      timer.cancel()
      resolve()
    }
    done.then(end, end)
  })
}

export const systemClock: Clock = {
  now: () => performance.now(),
  after(ms, fn) {
    const due = performance.now() + ms
    // Node counts in whole milliseconds of its own, and may call a fraction early.
    const fire = (): void => {
      const left = due - performance.now()
      if (left > 0) timer = setTimeout(fire, delayOf(left))
      else fn()
    }
    let timer = setTimeout(fire, delayOf(ms))
    return { cancel: () => clearTimeout(timer) }
  },
}

function delayOf(ms: number): number {
  return Math.min(Math.max(0, Math.ceil(ms)), MAX_DELAY)
}

interface Alarm extends Timer {
  readonly due: Instant
  readonly order: number
  readonly fn: () => void
}

/**
 * A clock that stands still until it is turned. Alarms fire in the order of their instants, and in the order of
 * their setting where those are equal.
 */
export class TurnedClock implements Clock {
  #now: Instant = 0
  #made = 0
  readonly #alarms = new Set<Alarm>()

  now(): Instant {
    return this.#now
  }

  after(ms: number, fn: () => void): Timer {
    const alarm: Alarm = {
      due: this.#now + Math.max(0, ms),
      order: this.#made++,
      fn,
      cancel: () => void this.#alarms.delete(alarm),
    }
    this.#alarms.add(alarm)
    return alarm
  }

  /** How many alarms are set: none may be left when what was tested is closed. */
  get pending(): number {
    return this.#alarms.size
  }

  /** The instant of the next alarm, if there is one. */
  get next(): Instant | undefined {
    return this.#first()?.due
  }

  /**
   * Turns the clock on by `ms`, firing what falls due on the way. After each alarm the promises that it settled run to
   * their end before the next fires, as they would in real life.
   */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms
    await settled()
    for (;;) {
      const alarm = this.#first()
      if (alarm === undefined || alarm.due > until) break
      this.#alarms.delete(alarm)
      this.#now = alarm.due
      alarm.fn()
      await settled()
    }
    this.#now = until
  }

  #first(): Alarm | undefined {
    let first: Alarm | undefined
    for (const alarm of this.#alarms) {
      if (
        first === undefined ||
        alarm.due < first.due ||
        (alarm.due === first.due && alarm.order < first.order)
      ) {
        first = alarm
      }
    }
    return first
  }
}

/** Resolves when every promise job and next-tick that is queued now, and those that they queue, have run. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
