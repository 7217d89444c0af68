import { Reply, SkeinError } from '@skein/core'
import { BROKER } from './contract.js'

/** What a client has asked for, as its errors name it. */
export interface AskedFor {
  readonly service?: string | undefined
  readonly keyword?: string | undefined
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
  const { uid, reason, executed, timeoutMs } = error
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

function textFor(
  { code, method: failed, reason, timeoutMs = 0 }: SkeinError,
  method: string,
  asked: AskedFor,
): string | undefined {
  const what = whatOf(method, asked)
  if (code === 'ERR_NO_SUCH_PEER')
    return `the broker at ${asked.at} is away, and ${what} was not asked; it is looked for: ask again, or wait with client.waitFor`
  if (failed !== method) return undefined
  if (code === 'ERR_TIMEOUT') return `${what} was not answered within ${Math.round(timeoutMs)} ms`
  if (code === 'ERR_CANCELLED') return `${what} was given up: ${reason}`
  return undefined
}

function whatOf(method: string, { service, keyword }: AskedFor): string {
  if (service === undefined) return `${BROKER}.${method}`
  return keyword === undefined ? `${method} of '${service}'` : `'${keyword}' of '${service}'`
}
