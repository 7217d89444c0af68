import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { measured } from '../load.js'
import { freePort } from './free-port.js'
import type { System } from './system.js'

/**
 * Runs the server until its own standard input ends, so that it never outlives the process that has started it, however
 * that ends. What interrupts all that run in a terminal must not end the shell before.
 */
const WHILE_WANTED = 'trap "" HUP INT TERM; nats-server "$@" & cat; kill $!; wait $!'

/** NATS request and reply, through a server of its own. */
export const nats: System = {
  name: 'nats',
  packages: ['@nats-io/transport-node'],
  programs: [{ name: 'nats-server', version: ['--version'] }],
  lanes: ['tcp'],
  settings: 'request and respond through nats-server, JSON on both sides, timeout 30 s',

  async serve() {
    const { connect } = await import('@nats-io/transport-node')
    const port = await freePort()
    const server = spawn('sh', ['-c', WHILE_WANTED, 'sh', '-a', '127.0.0.1', '-p', String(port)], {
      stdio: ['pipe', 'ignore', 'ignore'],
    })
    const ended = once(server, 'exit')
    const endpoint = `127.0.0.1:${port}`
    const connection = await connect({ servers: endpoint, waitOnFirstConnect: true, reconnectTimeWait: 50 })
    connection.subscribe('echo', {
      callback: (error, message) => {
        if (error === null) message.respond(JSON.stringify(message.json()))
      },
    })
    await connection.flush()
    return {
      endpoint,
      async close() {
        await connection.close()
        server.stdin.end()
        await ended
      },
    }
  },

  async call(_lane, [endpoint]) {
    const { connect } = await import('@nats-io/transport-node')
    const connection = await connect({ servers: endpoint })
    const echo = async (value: unknown) =>
      (await connection.request('echo', JSON.stringify(value), { timeout: 30_000 })).json()
    return { measure: (load) => measured(echo, load), close: () => connection.close() }
  },
}
