import { SkeinError } from '@skein/core'

/** How a proxy travels: the payload of the reference extension, `docs/protocol.md`. */
export type Reference = ServiceReference | ObjectReference

export interface ServiceReference {
  readonly uid: string
  readonly service: string
}

export interface ObjectReference {
  /** Its owner. */
  readonly uid: string
  readonly instance: string
  readonly type: string
  readonly object: string
  /** The hold that the receiver gets; null if the receiver is the owner. */
  readonly ticket: string | null
}

/** @throws ERR_PROTOCOL */
export function parseReference(value: unknown): Reference {
  const uid = text(value, 'uid')
  const service = field(value, 'service')
  if (typeof service === 'string') return { uid, service }
  const ticket = field(value, 'ticket')
  if (ticket !== null && typeof ticket !== 'string') throw malformed('ticket')
  const [instance, type, object] = [text(value, 'instance'), text(value, 'type'), text(value, 'object')]
  return { uid, instance, type, object, ticket }
}

function text(value: unknown, key: string): string {
  const given = field(value, key)
  if (typeof given !== 'string') throw malformed(key)
  return given
}

function field(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
  return Reflect.get(value, key)
}

function malformed(key: string): SkeinError {
  return new SkeinError('ERR_PROTOCOL', `a reference has no ${key}, or one of the wrong type`)
}
