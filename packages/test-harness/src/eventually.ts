import { clearTimeout, setTimeout } from 'node:timers'
import { inspect } from 'node:util'
import { HarnessError } from './errors.js'
import { turns } from './turns.js'

export interface EventuallyOptions {
  /**
   * Milliseconds until it gives up.
   * @default 30_000: under jest's own limit for a test, so that this error is the one that is read.
   */
  timeout?: number
  /**
   * What is waited for, for the error: `'worker:0:1 to be alive'`.
   * @default 'the condition'
   */
  message?: string
}

export type Truthy<T> = Exclude<T, false | 0 | 0n | '' | null | undefined>

type Outcome<T> =
  | { kind: 'held'; value: T }
  | { kind: 'returned'; value: unknown }
  | { kind: 'threw'; error: unknown }
  | { kind: 'pending' }

/**
 * Waits until `condition` returns something truthy, or a promise of it, and resolves with that. Throwing counts as not
 * yet. The condition is never called again before its last promise has settled.
 *
 * Returning nothing is not yet, too, so that a lookup that finds nothing is waited for; to wait for assertions,
 * which return nothing when they pass, see {@link eventuallyPasses}.
 *
 * @throws HarnessError `ERR_NOT_IN_TIME` at the deadline, with the last value or error in its message, the last error
 *   as its `cause`, and a stack that begins at the caller.
 */
export function eventually<T>(
  condition: () => T | Promise<T>,
  options: EventuallyOptions = {},
): Promise<Truthy<T>> {
  return repeat(condition, isTruthy, options, callSite(eventually))
}

/** Waits until `assertions` run without throwing or rejecting. Otherwise as {@link eventually}. */
export async function eventuallyPasses(
  assertions: () => unknown,
  options: EventuallyOptions = {},
): Promise<void> {
  await repeat(assertions, isAnything, options, callSite(eventuallyPasses))
}

async function repeat<T, U extends T>(
  condition: () => T | Promise<T>,
  holds: (value: T) => value is U,
  { timeout = 30_000, message = 'the condition' }: EventuallyOptions,
  site: CallSite,
): Promise<U> {
  let last: Outcome<U> = { kind: 'pending' }
  let tries = 0
  for await (const left of turns(timeout)) {
    tries++
    last = await within(left, attempt(condition, holds))
    if (last.kind === 'held') return last.value
    if (last.kind === 'pending') break
  }
  const error = new HarnessError(
    'ERR_NOT_IN_TIME',
    `waited ${timeout} ms for ${message}, in vain: ${account(tries, last)}`,
    { timeoutMs: timeout, cause: last.kind === 'threw' ? last.error : undefined },
  )
  error.stack = `${error.name}: ${error.message}\n${framesOf(site)}`
  throw error
}

async function attempt<T, U extends T>(
  condition: () => T | Promise<T>,
  holds: (value: T) => value is U,
): Promise<Outcome<U>> {
  try {
    const value = await condition()
    return holds(value) ? { kind: 'held', value } : { kind: 'returned', value }
  } catch (error) {
    return { kind: 'threw', error }
  }
}

/** The outcome, or `pending` if there is none after `ms` milliseconds. A condition that awaits nothing always gets one. */
async function within<T>(ms: number, outcome: Promise<Outcome<T>>): Promise<Outcome<T>> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const expiry = new Promise<Outcome<T>>((resolve) => {
    timer = setTimeout(resolve, ms, { kind: 'pending' })
  })
  try {
    return await Promise.race([outcome, expiry])
  } finally {
    clearTimeout(timer)
  }
}

function account(tries: number, last: Outcome<unknown>): string {
  const which = tries === 1 ? 'the only try' : `the last of ${tries} tries`
  switch (last.kind) {
    case 'pending':
      return `${which} has not settled`
    case 'threw':
      return `${which} threw ${text(last.error)}`
    default:
      if (last.value !== undefined) return `${which} returned ${inspect(last.value)}`
      return `${which} returned undefined (assertions, which return nothing, belong in eventuallyPasses)`
  }
}

function text(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : inspect(error)
}

interface CallSite {
  readonly stack: string
}

/** Where `callee` was called from. Written out when it is read, which takes long and is seldom needed. */
function callSite(callee: (...args: never[]) => unknown): CallSite {
  const site = { stack: '' }
  Error.captureStackTrace(site, callee)
  return site
}

/** The stack without its first line, which names an error. */
function framesOf(site: CallSite): string {
  return site.stack.slice(site.stack.indexOf('\n') + 1)
}

function isTruthy<T>(value: T): value is T & Truthy<T> {
  return Boolean(value)
}

function isAnything(value: unknown): value is unknown {
  return true
}
