import { SkeinError } from '@skein/core'
import { Hold } from './doors.js'
import { doorOf } from './proxy.js'

/** Whether an error says that a peer is gone or going, and not that something that it asked is. */
export function isLossOf(uid: string, error: unknown): error is SkeinError {
  if (!(error instanceof SkeinError) || error.uid !== uid) return false
  switch (error.code) {
    case 'ERR_PEER_LOST':
    case 'ERR_NO_SUCH_PEER':
      return true
    case 'ERR_CLOSED':
      return error.executed === 'no' // it drains, and has refused the request
    default:
      return false
  }
}

/** Whether an error says that the object itself is gone: its worker is ending, or has given us up. */
export function isGone(remote: object, error: unknown): error is SkeinError {
  const door = doorOf(remote)
  if (!(door instanceof Hold) || !(error instanceof SkeinError)) return false
  const { type, object } = door.address
  return error.code === 'ERR_NO_SUCH_OBJECT' && error.object === `${type}#${object}`
}
