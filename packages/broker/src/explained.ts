import { Reply, SkeinError } from '@skein/core'
import { BROKER } from './contract.js'

/** What a client has asked for, as its errors name it. */
export interface AskedFor {
  readonly service?: string | undefined
  readonly keyword?: string | undefined
  /** Milliseconds that it had. */
  readonly timeoutMs: number
  /** The address of the broker. */
  readonly at: string
}

/** A reply whose errors are in the terms of a client: of services and keywords, and not of what the mesh does for them. */
export function explained<T>(reply: Reply<T>, method: string, asked: AskedFor): Reply<T> {
  const own = Reply.make<T>({ cancel: (reason) => reply.cancel(reason) })
  reply.then(
    (value) => Reply.settle(own, value),
    (error: unknown) => Reply.fail(own, explain(error, method, asked)),
  )
  return own
}

/** What comes from a worker, or is about one, stays as it is. */
function explain(error: unknown, method: string, asked: AskedFor): unknown {
  if (!(error instanceof SkeinError)) return error
  const text = textFor(error, method, asked)
  if (text === undefined) return error
  const { service, keyword } = asked
  const { uid, reason, executed } = error
  const timeoutMs = error.code === 'ERR_TIMEOUT' ? (error.timeoutMs ?? asked.timeoutMs) : undefined
  const facts = {
    ...(uid !== undefined && { uid }),
    ...(reason !== undefined && { reason }),
    ...(executed !== undefined && { executed }),
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...(service !== undefined && { service }),
    ...(keyword !== undefined && { method: keyword }),
  }
  return new SkeinError(error.code, text, { ...facts, cause: error })
}

function textFor(error: SkeinError, method: string, asked: AskedFor): string | undefined {
  const { code, reason, timeoutMs = asked.timeoutMs } = error
  const what = whatOf(method, asked)
  if (code === 'ERR_NO_SUCH_PEER')
    return `the broker at ${asked.at} is away, and ${what} was not asked; it is looked for: ask again, or wait with client.waitFor`
  if (!isOfRequest(error, method)) return undefined
  if (code === 'ERR_TIMEOUT') return `${what} was not answered within ${Math.round(timeoutMs)} ms`
  if (code === 'ERR_CANCELLED') return `${what} was given up${reason === undefined ? '' : `: ${reason}`}`
  return undefined
}

/**
 * Whether an error ends the request itself. Where the broker's clock is a moment ahead, it is the first to say so: of what
 * waits for a slot, or is in the hands of a worker.
 */
function isOfRequest({ method: failed, service, executed }: SkeinError, method: string): boolean {
  if (failed === method) return true
  return service === undefined && (failed === 'run' || (failed === undefined && executed === 'no'))
}

function whatOf(method: string, { service, keyword }: AskedFor): string {
  if (service === undefined) return `${BROKER}.${method}`
  return keyword === undefined ? `${method} of '${service}'` : `'${keyword}' of '${service}'`
}
