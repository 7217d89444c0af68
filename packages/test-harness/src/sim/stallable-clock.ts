import type { Clock, Instant, Timer } from '@skein/core/internal'

/** Milliseconds: more than what is lost by rounding. */
const TRIFLE = 0.001

/**
 * The clock of one runtime of a simulation, over the one that all of them share. Its event loop can be blocked: what
 * falls due meanwhile is called afterwards, in its order. And it can run fast or slow.
 */
export class StallableClock implements Clock {
  readonly #shared: Clock
  /** What waits for the event loop, in the order of falling due. */
  #late: (() => void)[] = []
  readonly #alarms = new Set<Timer>()
  #end: Timer | undefined
  #until: Instant = 0
  #rate = 1
  /** The instant here, and there, at which the rate became what it is. */
  #here: Instant
  #there: Instant
  #stopped = false

  constructor(shared: Clock) {
    this.#shared = shared
    this.#here = this.#there = shared.now()
  }

  /** Whether the event loop is blocked. */
  get stalled(): boolean {
    return this.#end !== undefined
  }

  now(): Instant {
    return this.#here + (this.#shared.now() - this.#there) * this.#rate
  }

  after(ms: number, fn: () => void): Timer {
    const due = this.now() + Math.max(0, ms)
    let isCancelled = false
    let alarm: Timer | undefined
    const run = (): void => {
      if (!isCancelled) fn()
    }
    const arm = (left: number): void => {
      const armed = this.#shared.after(left / this.#rate, () => {
        this.#alarms.delete(armed)
        // Reckoned back and forth, an instant may come out a trifle early: whoever waits for it would wait for ever.
        const missing = due - this.now()
        if (missing > 0 && missing < TRIFLE) arm(TRIFLE)
        else this.whenFree(run)
      })
      alarm = armed
      this.#alarms.add(armed)
    }
    if (!this.#stopped) arm(Math.max(0, ms))
    return {
      cancel: () => {
        isCancelled = true
        alarm?.cancel()
        if (alarm !== undefined) this.#alarms.delete(alarm)
      },
    }
  }

  /** The event loop is blocked for so many milliseconds from now, or until a stall that is under way ends later. */
  stall(ms: number): void {
    const until = this.#shared.now() + ms
    if (this.#stopped || until <= this.#until) return
    this.#until = until
    this.#end?.cancel()
    this.#end = this.#shared.after(ms, () => this.#resume())
  }

  /** Calls `fn` now, or when the event loop is no longer blocked, behind what has waited before. */
  whenFree(fn: () => void): void {
    if (this.stalled) this.#late.push(fn)
    else if (!this.#stopped) fn()
  }

  /** From now on a second here takes `1 / rate` seconds. What is set already falls due when it would have. */
  drift(rate: number): void {
    this.#here = this.now()
    this.#there = this.#shared.now()
    this.#rate = rate
  }

  /** Whose clock this was is gone: nothing is called any more. */
  stop(): void {
    this.#stopped = true
    this.#late = []
    this.#end?.cancel()
    this.#end = undefined
    for (const alarm of this.#alarms) alarm.cancel()
    this.#alarms.clear()
  }

  /** One turn for each, as an event loop has: what its promises do comes before the next. */
  #resume(): void {
    this.#end = undefined
    const late = this.#late
    this.#late = []
    for (const fn of late) {
      const alarm = this.#shared.after(0, () => {
        this.#alarms.delete(alarm)
        this.whenFree(fn)
      })
      this.#alarms.add(alarm)
    }
  }
}
