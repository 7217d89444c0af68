import { randomBytes } from 'node:crypto'
import { link, readFile, unlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { ipcPath } from '@skein/core/internal'

/**
 * The token of contexts that are given none: a secret that the processes of this user on this machine share. It lies in
 * the directory of the user's sockets, which nobody else can enter; whoever may read it could as well read the memory of
 * these processes. Anybody can reach a port of the loopback interface, so that a token that can be guessed would let
 * other users of the machine in.
 */
export async function localToken(): Promise<string> {
  const path = join(dirname(await ipcPath(tmpdir(), 'channels')), 'channels.token')
  const known = await read(path)
  if (known !== undefined) return known
  // Written aside and linked into place: of two that do so at once, both use what the first one wrote.
  const secret = randomBytes(24).toString('base64url')
  const aside = `${path}.${randomBytes(8).toString('hex')}`
  await writeFile(aside, secret, { mode: 0o600, flag: 'wx' })
  await link(aside, path).catch((error: unknown) => {
    if (!hasCode(error, 'EEXIST')) throw error
  })
  await unlink(aside)
  return (await read(path)) ?? secret
}

async function read(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined
    throw error
  }
}

function hasCode(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code
}
