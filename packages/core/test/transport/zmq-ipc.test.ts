import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readdir, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { ZmqTransport } from '../../src/transport/zmq/zmq-transport.js'
import { dialled, listening, text } from './observed.js'
import { type Started, started } from './processes.js'

const schemes = ['ipc' as const]

describe('ipc endpoints', () => {
  let base: string
  let directory: string
  let transport: ZmqTransport
  let processes: Started[]

  /** A process that listens there with ZeroMQ. */
  async function listenerAt(path: string): Promise<Started> {
    const process = await started('listener.mjs', `ipc://${path}`)
    processes.push(process)
    return process
  }

  beforeEach(async () => {
    base = await mkdtemp(join(tmpdir(), 'skein-test-'))
    directory = join(base, `skein-${process.getuid?.()}`)
    transport = new ZmqTransport({ ipcBase: base })
    processes = []
  })

  afterEach(async () => {
    await transport.close()
    await Promise.all(processes.map((each) => each.end()))
    await rm(base, { recursive: true })
  })

  test('lie in a directory that nobody else can enter, and are removed on close', async () => {
    const { inbound, endpoint } = await listening(transport, { schemes })
    expect((await stat(directory)).mode & 0o777).toBe(0o700)
    expect(endpoint).toMatch(`ipc://${directory}/`)
    expect(await readdir(directory)).toHaveLength(1)
    await inbound.close()
    expect(await readdir(directory)).toEqual([])
  })

  test('are removed in a way that lets an import find its module behind a symbolic link', async () => {
    await mkdir(join(base, 'real'))
    await writeFile(join(base, 'real', 'module.mjs'), 'export const { url } = import.meta')
    await symlink('real', join(base, 'linked'))
    const removing = await started('removing.mjs', base)
    processes.push(removing)
    expect(removing.said).toBe(pathToFileURL(join(base, 'real', 'module.mjs')).href)
  })

  test('are removed when the transport closes', async () => {
    await listening(transport, { schemes })
    await transport.close()
    expect(await readdir(directory)).toEqual([])
  })

  test.each([
    ['can be entered by others', () => mkdir(directory).then(() => chmod(directory, 0o755))],
    ['is a file', () => writeFile(directory, '')],
    [
      'is a symbolic link',
      () => mkdir(join(base, 'real'), { mode: 0o700 }).then(() => symlink('real', directory)),
    ],
  ])('are refused in a directory that %s', async (_, prepare) => {
    await prepare()
    await expect(listening(transport, { schemes })).rejects.toMatchObject({
      code: 'ERR_ADDRESS_UNAVAILABLE',
      address: directory,
    })
  })

  test('move to a shorter path where theirs would be too long for the system', async () => {
    const deep = new ZmqTransport({ ipcBase: join(base, 'd'.repeat(100)) })
    const { inbox, endpoint } = await listening(deep, { schemes })
    expect(endpoint).toMatch(/^ipc:\/\/\/tmp\/skein-\d+\//)
    await dialled(deep, endpoint).outbound.send(text('x'))
    await inbox.has(1)
    await deep.close()
  })

  test('are refused for an instance whose name is too long for any path', async () => {
    const instance = 'i'.repeat(120)
    await expect(listening(transport, { schemes, instance })).rejects.toMatchObject({
      code: 'ERR_INVALID_ADDRESS',
    })
  })

  test('sweep what dead processes left, once it is a minute old, and nothing else', async () => {
    await mkdir(directory, { mode: 0o700 })
    const path = (name: string) => join(directory, name)
    for (const name of ['stale.sock', 'fresh.sock']) await (await listenerAt(path(name))).end()
    await listenerAt(path('alive.sock'))
    await writeFile(path('no-socket'), '')
    const old = new Date(Date.now() - 61_000)
    for (const name of ['stale.sock', 'alive.sock', 'no-socket']) await utimes(path(name), old, old)

    const { inbound } = await listening(transport, { schemes })
    await inbound.close()
    expect((await readdir(directory)).sort()).toEqual(['alive.sock', 'fresh.sock', 'no-socket'])
  })

  test('take the place of a socket file that a dead process left', async () => {
    const instance = randomUUID()
    await mkdir(directory, { mode: 0o700 })
    await (await listenerAt(join(directory, `${instance}.sock`))).end()
    expect(existsSync(join(directory, `${instance}.sock`))).toBe(true)
    const { endpoint, inbox } = await listening(transport, { schemes, instance })
    await dialled(transport, endpoint).outbound.send(text('x'))
    await inbox.has(1)
  })
})
