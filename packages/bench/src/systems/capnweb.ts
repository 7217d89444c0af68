import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { type Echo, measured } from '../load.js'
import type { System } from './system.js'

/** Cap'n Web over WebSockets of ws. */
export const capnweb: System = {
  name: 'capnweb',
  packages: ['capnweb', 'ws'],
  programs: [],
  lanes: ['tcp'],
  settings: 'an RpcTarget over a WebSocket of ws, without compression',

  async serve() {
    const { newWebSocketRpcSession, RpcTarget } = await import('capnweb')
    const { WebSocketServer } = await websockets()
    class Service extends RpcTarget {
      echo(value: unknown): unknown {
        return value
      }
    }
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
    server.on('connection', (socket) => newWebSocketRpcSession(asOfBrowsers(socket), new Service()))
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    return {
      endpoint: `ws://127.0.0.1:${port}`,
      async close() {
        for (const socket of server.clients) socket.terminate()
        server.close()
        await once(server, 'close')
      },
    }
  },

  async call(_lane, [endpoint]) {
    const { newWebSocketRpcSession } = await import('capnweb')
    const { WebSocket } = await websockets()
    const socket = new WebSocket(endpoint)
    const service = newWebSocketRpcSession<{ echo: Echo }>(asOfBrowsers(socket))
    return {
      measure: (load) => measured(async (value) => service.echo(value), load),
      async close() {
        socket.terminate()
        await once(socket, 'close')
      },
    }
  },
}

/** A socket of ws has what Cap'n Web uses of those that browsers have; its documentation passes it in the same way. */
function asOfBrowsers(socket: object): WebSocket {
  return socket as WebSocket
}

/** Cap'n Web reads its constants from the global class, which Node has from its version 22 on. */
async function websockets(): Promise<typeof import('ws')> {
  const ws = await import('ws')
  Object.assign(globalThis, { WebSocket: ws.WebSocket })
  return ws
}
