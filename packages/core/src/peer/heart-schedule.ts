import type { Instant } from '../clock.js'
import type { LivenessOptions } from '../options.js'

/** What the schedule depends on: when a peer was last heard, and last asked. */
export interface Asked {
  readonly heard: Instant
  readonly asked: Instant
}

type Schedule = Pick<LivenessOptions, 'heartInterval' | 'heartTries'>

/** After how many intervals a peer is asked although it is heard: only beats tell its lag and the way there and back. */
const ASK_ANYWAY = 5

/** A heart is at most so large a share of its interval late. */
const SLACK_SHARE = 4

/** Milliseconds by which a try may be early, and still be the one that was due: instants are sums of fractions. */
const TOLERANCE = 1

/** When a peer that goes on saying nothing is asked next, or found to have been asked in vain. */
export function nextTry({ heard, asked }: Asked, schedule: Schedule): Instant {
  const { heartInterval, heartTries } = schedule
  if (heartTries === Number.POSITIVE_INFINITY) {
    return Math.min(Math.max(heard, asked) + heartInterval, asked + ASK_ANYWAY * heartInterval)
  }
  for (const after of tries(schedule)) if (heard + after > asked + TOLERANCE) return heard + after
  return lastTry(heard, schedule)
}

/** When to wake for a heart: those of all links in a process that fall due within `heartSlack` leave together. */
export function heartWithOthers(state: Asked, options: LivenessOptions): Instant {
  const due = nextTry(state, options)
  const slack = heartSlack(options)
  return slack === 0 ? due : Math.ceil(due / slack) * slack
}

/**
 * For the one of two that asks only if the other doesn't: the same options, with a longer `heartInterval`. Where tries are
 * counted, both ask: when a peer is given up depends on the interval.
 */
export function asksSecond(options: Readonly<LivenessOptions>): Readonly<LivenessOptions> {
  if (options.heartTries !== Number.POSITIVE_INFINITY) return options
  return { ...options, heartInterval: options.heartInterval + heartSlack(options) }
}

function heartSlack(options: LivenessOptions): number {
  return Math.min(options.heartSlack, options.heartInterval / SLACK_SHARE)
}

/** When a peer that has said nothing since `heard` has been asked often enough. */
export function lastTry(heard: Instant, schedule: Schedule): Instant {
  if (schedule.heartTries === Number.POSITIVE_INFINITY) return Number.POSITIVE_INFINITY
  return heard + (tries(schedule).at(-1) ?? 0)
}

/** Of each try, the milliseconds of silence after which it is due. (The formula is that of mosaic's CommsManager.) */
function tries({ heartInterval, heartTries }: Schedule): number[] {
  const after = [heartInterval]
  for (let left = heartTries - 1; left > 0; left--)
    after.push((after.at(-1) ?? 0) + (heartInterval * (heartTries - 1)) / left)
  return after
}
