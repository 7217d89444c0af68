import { AsyncLocalStorage } from 'node:async_hooks'
import type { Clock } from '../clock.js'
import type { Deadlines } from '../deadlines.js'
import type { Link } from '../link/link.js'
import type { StreamPorts } from '../stream/ports.js'
import type { Limits } from '../wire/limits.js'
import type { StreamMessage } from '../wire/message.js'

export interface StreamPortsParts {
  readonly uid: string
  readonly clock: Clock
  readonly deadlines: Deadlines
  readonly limits: Readonly<Limits>
  readonly linkTo: (uid: string) => Link | undefined
  /** Sends a message to this runtime itself, and gives the bytes that it takes. */
  readonly toSelf: (message: StreamMessage) => number
  readonly defer: (fn: () => void) => void
  /** Whether an iterator runs within the request in which its stream was offered. */
  readonly requestContext: boolean
}

/** What streams need of the links: their messages go with the answers, which never wait for requests. */
export function streamPorts(parts: StreamPortsParts): StreamPorts {
  const { uid, clock, deadlines, limits, linkTo, toSelf, defer, requestContext } = parts
  const open = (peer: string): Link | undefined => {
    const link = linkTo(peer)
    return link?.isOver === false ? link : undefined
  }
  return {
    post(peer, message) {
      if (peer === uid) return toSelf(message)
      const link = open(peer)
      if (link === undefined) return 0
      const before = link.session.bytes
      link.post(message)
      return link.session.bytes - before
    },
    hasRoom: (peer) => open(peer)?.session.hasRoomForAnswers ?? true,
    whenRoom: (peer, fn) => open(peer)?.outbox.whenRoomForAnswers(fn),
    defer,
    clock,
    deadlines,
    limits,
    ...(requestContext && { bind: AsyncLocalStorage.snapshot, outside: AsyncLocalStorage.snapshot() }),
  }
}
