import { lstat, mkdir, readdir, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { SkeinError } from '../../errors.js'
import { addressInUse, invalidAddress, MAX_IPC_PATH } from './addresses.js'
import { errnoOf } from './errno.js'
import { probeStream } from './probe.js'

/** Where sockets go if the directory asked for makes their paths too long for the system. */
const SHORT_BASE = '/tmp'

/** Younger files are left alone: their owner may be between binding and listening. */
const STALE_AFTER_MS = 60_000

const PROBE_TIMEOUT_MS = 1_000

/** Once is enough for a thread: the next process looks again. */
const swept = new Set<string>()

/**
 * A path for the socket of this instance, in a directory that only this user can enter: whoever reaches a socket can
 * try to join the mesh. Files that dead processes left there are swept. Rejects with ERR_ADDRESS_IN_USE if somebody
 * listens at the path, which libzmq would take over without a word.
 */
export async function ipcPath(base: string, instance: string): Promise<string> {
  const path = [base, SHORT_BASE]
    .map((each) => join(each, `skein-${ownUid()}`, `${instance}.sock`))
    .find((each) => Buffer.byteLength(each) <= MAX_IPC_PATH)
  if (path === undefined) {
    throw invalidAddress(
      `ipc://${instance}`,
      `its path would exceed ${MAX_IPC_PATH} bytes even in ${SHORT_BASE}`,
    )
  }
  const directory = dirname(path)
  await ensurePrivate(directory)
  if (!swept.has(directory)) {
    swept.add(directory)
    await sweep(directory)
  }
  await checkFree(path)
  return path
}

/** Rejects with ERR_ADDRESS_IN_USE if somebody listens at a path. */
export async function checkFree(path: string): Promise<void> {
  if ((await probeStream({ path }, PROBE_TIMEOUT_MS)) === 'accepted') throw addressInUse(`ipc://${path}`)
}

async function ensurePrivate(directory: string): Promise<void> {
  try {
    await mkdir(directory, { mode: 0o700 })
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw unavailable(directory, 'it cannot be made', error)
  }
  // lstat: a symbolic link is somebody's attempt to have us bind elsewhere.
  const found = await lstat(directory)
  if (!found.isDirectory()) throw unavailable(directory, 'it is not a directory')
  if (found.uid !== ownUid()) throw unavailable(directory, 'it belongs to another user')
  if ((found.mode & 0o077) !== 0) throw unavailable(directory, 'other users can enter it; make its mode 0700')
}

/**
 * Removes a socket's file if there is one. Not by `rm`, which looks first what it is to remove: an import that is under
 * way then may leave a symbolic link in its path unresolved, and load a module twice or not at all. (Node 20: its
 * `realpathSync` breaks off at what it has seen before if the file that was looked at last, by whoever, is a socket.)
 */
export async function removeSocket(path: string): Promise<void> {
  try {
    await unlink(path)
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error
  }
}

/** Removes socket files which nobody listens on any more. What fails is left for the next time. */
async function sweep(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    const path = join(directory, name)
    const found = await lstat(path).catch(() => undefined)
    if (!found?.isSocket() || Date.now() - found.mtimeMs < STALE_AFTER_MS) continue
    if ((await probeStream({ path }, PROBE_TIMEOUT_MS)) === 'refused')
      await removeSocket(path).catch(() => {})
  }
}

/** Not from `os.userInfo()`, which throws where the user has no entry in the password file: in containers. */
function ownUid(): number {
  return process.getuid?.() ?? 0
}

function unavailable(directory: string, why: string, cause?: unknown): SkeinError {
  const message = `${directory} can't hold sockets: ${why}`
  return new SkeinError('ERR_ADDRESS_UNAVAILABLE', message, { address: directory, cause })
}
