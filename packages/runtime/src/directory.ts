import type { CommsManager, DirectoryEntry, PeerReport } from '@skein/core'
import { checkUid, isGone } from '@skein/core/internal'
import type { Handler, Service } from './dispatcher.js'

/** The built-in service of the monitor that knows everyone. */
export const DIRECTORY = 'skein.directory'

/** `skein.directory`, as seen through a proxy. */
export interface DirectoryService {
  /** What a runtime tells about itself, or undefined if the monitor doesn't know it. */
  lookup(uid: string): DirectoryEntry | undefined
  /** All live runtimes, the monitor included. */
  list(): readonly DirectoryEntry[]
}

/** Whether a peer is there, as far as is known: introduced, or linked and not gone. */
export function isLive({ state }: PeerReport): boolean {
  return !isGone({ is: state })
}

export function directoryService(comms: () => CommsManager): Service {
  const entry = (uid: string): DirectoryEntry | undefined =>
    uid === comms().uid ? comms().entry : comms().entryOf(uid)
  const lookup: Handler = ([uid]) => entry(checkUid(uid))
  const list: Handler = () => {
    const uids = [
      comms().uid,
      ...comms()
        .peers()
        .filter(isLive)
        .map(({ uid }) => uid),
    ]
    return uids.map(entry).filter((known) => known !== undefined)
  }
  return new Map(Object.entries({ lookup, list }))
}
