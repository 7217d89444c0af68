import { types } from 'node:util'
import { describe, type ErrorCode, type ErrorFacts, SkeinError } from '../errors.js'

/** One step from a container to a value in it. */
interface Step {
  readonly container: object
  /** As in source text: `.name`, `[2]`, `.get('key')`. */
  readonly text: string
}

/**
 * Why a value can't be sent. Thrown at the culprit, it gathers its path while it passes the containers on the way out,
 * so that a value that can be sent pays nothing for paths.
 */
export class Refusal {
  readonly #steps: Step[] = []

  constructor(
    readonly code: Extract<ErrorCode, 'ERR_NOT_SERIALISABLE' | 'ERR_TOO_LARGE'>,
    /** Follows the path in the error's message: `is a function: …`. */
    readonly why: string,
    readonly facts: ErrorFacts & { cause?: unknown } = {},
  ) {}

  /** The refusal of what a container holds, whatever was thrown: a getter can throw anything. */
  static within(container: object, text: string, thrown: unknown): Refusal {
    const refusal =
      thrown instanceof Refusal
        ? thrown
        : new Refusal('ERR_NOT_SERIALISABLE', 'threw when it was read', { cause: thrown })
    refusal.#steps.push({ container, text })
    return refusal
  }

  /** The error for the caller. Its message begins with the path, which is relative to the value that was encoded. */
  toError(): SkeinError {
    const steps = this.#steps.toReversed()
    const repeat = firstRepeat(steps)
    const path = textOf(repeat === -1 ? steps : steps.slice(0, repeat))
    const why = repeat === -1 ? this.why : "refers to what contains it: a cycle can't be sent"
    const { cause, ...facts } = this.facts
    return new SkeinError(
      repeat === -1 ? this.code : 'ERR_NOT_SERIALISABLE',
      `${path || 'the value'} ${why}`,
      {
        ...(repeat === -1 ? facts : {}),
        path,
        cause,
      },
    )
  }
}

export function tooLarge(what: string, size: number, limit: number): Refusal {
  return new Refusal('ERR_TOO_LARGE', `has ${size} ${what}, and ${limit} is the limit`, { size, limit })
}

/** The refusal of an object or function that can't be copied, with what to do instead. */
export function uncopyable(value: object): Refusal {
  return new Refusal('ERR_NOT_SERIALISABLE', whyNot(value))
}

function whyNot(value: object): string {
  if (typeof value === 'function') {
    return `is ${describe(value)}: functions stay where they are, send what it returns`
  }
  if (types.isSharedArrayBuffer(value))
    return 'is a SharedArrayBuffer: send a copy, `new Uint8Array(x).slice()`'
  if (types.isPromise(value)) return 'is a Promise: await it first'
  return `is ${describe(value)}: send a plain object of what the other side needs, or keep it where it is and call it`
}

/** A cycle shows as a refusal for depth, with one container twice on the way. */
function firstRepeat(steps: readonly Step[]): number {
  const seen = new Set<object>()
  return steps.findIndex(({ container }) => seen.size === seen.add(container).size)
}

function textOf(steps: readonly Step[]): string {
  return steps
    .map(({ text }) => text)
    .join('')
    .replace(/^\./, '')
}

/** The step to a property. */
export function property(key: string): string {
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`
}
