import { randomUUID } from 'node:crypto'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseEndpoint, tcpEndpoint } from '../../src/transport/zmq/addresses.js'

/** A TCP or Unix socket proxy to an endpoint, which breaks all its connections when it is told to. */
export async function detourTo(
  endpoint: string,
): Promise<{ endpoint: string; cut(): void; close(): Promise<void> }> {
  const address = parseEndpoint(endpoint)
  if (address.scheme === 'inproc') throw new Error('inproc has no connections that a proxy could pass on')
  const target = address.scheme === 'tcp' ? address : { path: address.path }
  const sockets = new Set<Socket>()
  const server = createServer((near) => {
    const far = connect(target)
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.on('error', () => {}) // `close` follows
      socket.on('close', () => {
        sockets.delete(socket)
        near.destroy()
        far.destroy()
      })
    }
    near.pipe(far)
    far.pipe(near)
  })
  const path = join(tmpdir(), `detour-${randomUUID()}.sock`)
  await new Promise<void>((resolve) => {
    if (address.scheme === 'tcp') server.listen(0, '127.0.0.1', resolve)
    else server.listen(path, resolve)
  })
  const at = server.address()
  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    endpoint: at !== null && typeof at === 'object' ? tcpEndpoint('127.0.0.1', at.port) : `ipc://${path}`,
    cut,
    close: () => {
      cut()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}
