import { SkeinError } from '../errors.js'
import { fitting, ID, integer, list, NAME, quantity, string, TEXT } from './field.js'
import { entryToArray, handToArray, parseEntry, parseHand, parseShake, shakeToArray } from './greeting.js'
import { malformed } from './malformed.js'
import { Kind, type Message, type Verdict } from './message.js'
import { Unreadable } from './unreadable.js'

/** A message as it travels: its kind, then its fields in the order of `message.ts`. */
export function toArray(message: Message): unknown[] {
  switch (message.kind) {
    case Kind.hand:
      return handToArray(message)
    case Kind.shake:
      return shakeToArray(message)
    case Kind.heart:
      return [message.kind, message.n]
    case Kind.beat: {
      const { kind, n, lag, running, queued, sent, taken } = message
      return [kind, n, lag, running, queued, sent, taken]
    }
    case Kind.connect:
      return [message.kind, entryToArray(message.entry)]
    case Kind.disconnect:
      return [message.kind, message.uid, message.instance, message.reason.slice(0, TEXT)]
    case Kind.stop:
      return [message.kind]
    case Kind.call: {
      const { kind, id, service, method, args, timeLeft } = message
      return [kind, id, fitting(service, 'service', NAME), fitting(method, 'method', NAME), args, timeLeft]
    }
    case Kind.cmd: {
      const { kind, id, type, object, method, args, timeLeft } = message
      return [
        kind,
        id,
        fitting(type, 'type', NAME),
        fitting(object, 'object', NAME),
        fitting(method, 'method', NAME),
        args,
        timeLeft,
      ]
    }
    case Kind.reply:
      return [message.kind, message.id, message.value]
    case Kind.raise:
      return [message.kind, message.id, message.error]
    case Kind.cancel:
      return [message.kind, message.id, message.reason.slice(0, TEXT)]
    case Kind.next:
      return [message.kind, message.stream, message.encoded ?? message.items]
    case Kind.credit:
      return [message.kind, message.stream, message.n]
    case Kind.end:
      return [message.kind, message.stream, message.value]
    case Kind.close:
      return [message.kind, message.stream, message.reason.slice(0, TEXT)]
    case Kind.fail:
      return [message.kind, message.stream, message.error]
    case Kind.ask:
      return [message.kind, message.n, message.uid, message.instance]
    case Kind.tell:
      return [message.kind, message.n, message.uid, message.instance, message.verdict]
  }
}

/**
 * The message of an array that has arrived, or undefined if its kind is of a later version. Fields beyond the known
 * ones are of a later version, too, and ignored.
 *
 * @throws ERR_PROTOCOL, naming the field.
 */
export function parse(value: unknown): Message | undefined {
  if (value instanceof Unreadable) return failing(parse(value.message), value.cause)
  if (!Array.isArray(value)) throw malformed('a message is not an array')
  const raw: readonly unknown[] = value
  switch (integer(raw[0], 'the kind of a message')) {
    case Kind.hand:
      return parseHand(raw)
    case Kind.shake:
      return parseShake(raw)
    case Kind.heart:
      return { kind: Kind.heart, n: integer(raw[1], 'heart.n') }
    case Kind.beat:
      return {
        kind: Kind.beat,
        n: integer(raw[1], 'beat.n'),
        lag: quantity(raw[2], 'beat.lag'),
        running: integer(raw[3], 'beat.running'),
        queued: integer(raw[4], 'beat.queued'),
        sent: integer(raw[5], 'beat.sent'),
        taken: integer(raw[6], 'beat.taken'),
      }
    case Kind.connect:
      return { kind: Kind.connect, entry: parseEntry(raw[1], 'connect.entry') }
    case Kind.disconnect:
      return {
        kind: Kind.disconnect,
        uid: string(raw[1], 'disconnect.uid', ID),
        instance: string(raw[2], 'disconnect.instance', ID),
        reason: string(raw[3], 'disconnect.reason', TEXT),
      }
    case Kind.stop:
      return { kind: Kind.stop }
    case Kind.call:
      return {
        kind: Kind.call,
        id: integer(raw[1], 'call.id'),
        service: string(raw[2], 'call.service', NAME),
        method: string(raw[3], 'call.method', NAME),
        args: list(raw[4], 'call.args'),
        timeLeft: raw[5] === null ? null : quantity(raw[5], 'call.timeLeft'),
      }
    case Kind.cmd:
      return {
        kind: Kind.cmd,
        id: integer(raw[1], 'cmd.id'),
        type: string(raw[2], 'cmd.type', NAME),
        object: string(raw[3], 'cmd.object', NAME),
        method: string(raw[4], 'cmd.method', NAME),
        args: list(raw[5], 'cmd.args'),
        timeLeft: raw[6] === null ? null : quantity(raw[6], 'cmd.timeLeft'),
      }
    case Kind.reply:
      return { kind: Kind.reply, id: integer(raw[1], 'reply.id'), value: present(raw, 2, 'reply.value') }
    case Kind.raise:
      return { kind: Kind.raise, id: integer(raw[1], 'raise.id'), error: present(raw, 2, 'raise.error') }
    case Kind.cancel:
      return {
        kind: Kind.cancel,
        id: integer(raw[1], 'cancel.id'),
        reason: string(raw[2], 'cancel.reason', TEXT),
      }
    case Kind.next:
      return { kind: Kind.next, stream: integer(raw[1], 'next.stream'), items: list(raw[2], 'next.items') }
    case Kind.credit:
      return { kind: Kind.credit, stream: integer(raw[1], 'credit.stream'), n: integer(raw[2], 'credit.n') }
    case Kind.end:
      return { kind: Kind.end, stream: integer(raw[1], 'end.stream'), value: present(raw, 2, 'end.value') }
    case Kind.close:
      return {
        kind: Kind.close,
        stream: integer(raw[1], 'close.stream'),
        reason: string(raw[2], 'close.reason', TEXT),
      }
    case Kind.fail:
      return { kind: Kind.fail, stream: integer(raw[1], 'fail.stream'), error: present(raw, 2, 'fail.error') }
    case Kind.ask:
      return {
        kind: Kind.ask,
        n: integer(raw[1], 'ask.n'),
        uid: string(raw[2], 'ask.uid', ID),
        instance: string(raw[3], 'ask.instance', ID),
      }
    case Kind.tell:
      return {
        kind: Kind.tell,
        n: integer(raw[1], 'tell.n'),
        uid: string(raw[2], 'tell.uid', ID),
        instance: string(raw[3], 'tell.instance', ID),
        verdict: verdict(raw[4]),
      }
    default:
      return undefined
  }
}

/** A verdict of a later version says nothing that we could use. */
function verdict(raw: unknown): Verdict {
  const word = string(raw, 'tell.verdict', ID)
  return word === 'reached' || word === 'lost' ? word : 'unknown'
}

/** The request has run, although its answer can't be read. */
function unreadAnswer({ code, message, cause }: SkeinError): SkeinError {
  return new SkeinError(code, message, { executed: 'maybe', cause })
}

/** A message with a value that can't be made here: what it would have brought fails, and the link stays. */
function failing(message: Message | undefined, cause: unknown): Message | undefined {
  const why = cause instanceof Error ? `: ${cause.message}` : ''
  const error = malformed(`a value of the message can't be made here${why}`, cause)
  switch (message?.kind) {
    case Kind.call:
    case Kind.cmd:
      return { ...message, args: [], unreadable: error }
    case Kind.reply:
    case Kind.raise:
      return { kind: Kind.raise, id: message.id, error: unreadAnswer(error) }
    case Kind.next:
      return { ...message, items: [], unreadable: error }
    case Kind.end:
    case Kind.fail:
      return { kind: Kind.fail, stream: message.stream, error }
    default:
      return message
  }
}

/** The field that holds the user's values, for the paths of errors. */
const userField: Partial<Record<Kind, string>> = {
  [Kind.call]: 'args',
  [Kind.cmd]: 'args',
  [Kind.reply]: 'value',
  [Kind.raise]: 'error',
  [Kind.next]: 'items',
  [Kind.end]: 'value',
  [Kind.fail]: 'error',
}

/**
 * Whether whoever gives the values of a message may write over its binaries at once: a method over those of its result, a
 * generator over those of its items, and who expects no answer over all. Only who waits for an answer knows when they have
 * arrived.
 */
export function isGivenAway(message: Message): boolean {
  switch (message.kind) {
    case Kind.reply:
    case Kind.raise:
    case Kind.next:
    case Kind.end:
    case Kind.fail:
      return true
    case Kind.call:
    case Kind.cmd:
      return message.id === 0 && message.uncopied !== true
    default:
      return false
  }
}

/** What a codec threw for the array of a message, with the path as the message's sender knows it: `args[0].user`. */
export function nameField(thrown: unknown, kind: Kind): unknown {
  const name = userField[kind]
  if (!(thrown instanceof SkeinError) || thrown.path === undefined || name === undefined) return thrown
  const path = thrown.path.replace(/^\[\d+\]/, name)
  if (path === thrown.path || !thrown.message.startsWith(thrown.path)) return thrown
  const { code, message, limit, size, cause } = thrown
  return new SkeinError(code, path + message.slice(thrown.path.length), {
    path,
    ...(limit !== undefined && { limit }),
    ...(size !== undefined && { size }),
    cause,
  })
}

/** A field that may hold anything, but must be there. */
function present(raw: readonly unknown[], index: number, name: string): unknown {
  if (index >= raw.length) throw malformed(`${name} is missing`)
  return raw[index]
}
