import type { DirectoryEntry } from '../../src/wire/message.js'

/** A runtime on this host, in a process of its own. */
export function entryOf(uid: string, more: Partial<DirectoryEntry> = {}): DirectoryEntry {
  return {
    uid,
    instance: `instance of ${uid}`,
    endpoints: [],
    roles: [],
    host: 'here',
    process: uid,
    ...more,
  }
}
