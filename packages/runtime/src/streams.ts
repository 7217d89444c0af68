import { types } from 'node:util'
import { type Incoming, type Reply, SkeinError } from '@skein/core'
import { Kind } from '@skein/core/internal'

/**
 * Hands on what a method has returned, unless it is to be iterated: neither a generator nor a stream can be sent.
 *
 * @throws ERR_NOT_SERIALISABLE; of a promise of one, the promise rejects with it
 */
export function refuseStream(result: unknown, uid: string, message: Incoming['message']): unknown {
  if (types.isPromise(result)) return result.then((value) => refuse(value, uid, message))
  return refuse(result, uid, message)
}

function refuse(result: unknown, uid: string, message: Incoming['message']): unknown {
  const kind = streamKind(result)
  if (kind === undefined) return result
  const { method } = message
  const text = `${method} returned ${kind}: streams are not supported yet; return an array`
  const asked =
    message.kind === Kind.call
      ? { service: message.service }
      : { object: `${message.type}#${message.object}` }
  throw new SkeinError('ERR_NOT_SERIALISABLE', text, { uid, ...asked, method, executed: 'maybe' })
}

function streamKind(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  if (types.isGeneratorObject(value)) return 'a generator'
  if (Symbol.asyncIterator in value) return 'an async iterable'
  return undefined
}

const NOT_ITERABLE: PropertyDescriptor = {
  value(this: Reply): never {
    // Whoever meant to iterate it won't await it: what becomes of it is told by this error.
    this.catch(() => {})
    throw new TypeError('a reply is awaited, and not iterated: streams are not supported yet')
  },
}

/** Makes `for await` over a reply fail with a TypeError, and with nothing else. */
export function notIterable(reply: Reply): Reply {
  return Object.defineProperty(reply, Symbol.asyncIterator, NOT_ITERABLE)
}
