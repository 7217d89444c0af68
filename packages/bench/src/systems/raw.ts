import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Echo, measured } from '../load.js'
import type { System } from './system.js'

/** The floor: nothing but sockets and an encoder, one message for each call. */
export const raw: System = {
  name: 'raw',
  packages: ['zeromq', '@msgpack/msgpack'],
  programs: [],
  lanes: ['tcp', 'ipc', 'inproc'],
  settings:
    'a ROUTER and a DEALER of zeromq.js without high-water marks, @msgpack/msgpack, a message for each call',

  async serve(lane) {
    const { Router } = await import('zeromq')
    const { decode, encode } = await import('@msgpack/msgpack')
    const router = new Router({ linger: 0, sendHighWaterMark: 0, receiveHighWaterMark: 0 })
    await router.bind(ADDRESSES[lane])
    const serving = (async () => {
      for await (const [caller = EMPTY, message = EMPTY] of router)
        await router.send([caller, encode(decode(message))])
    })()
    return {
      endpoint: router.lastEndpoint ?? '',
      async close() {
        router.close()
        await serving.catch(() => {})
        if (lane === 'ipc') await rm(SOCKET, { force: true }) // libzmq leaves it
      },
    }
  },

  async call(_lane, [endpoint]) {
    const { echo, close } = await dialled(endpoint)
    return { measure: (load) => measured(echo, load), close }
  },
}

/** Many who serve, called by one: a DEALER for each. */
export const rawMany: System = {
  ...raw,
  name: 'raw 16 workers',
  settings: 'as raw; 16 processes, each with a sixteenth of the calls',
  servers: 16,

  async call(_lane, endpoints) {
    const lines = await Promise.all(endpoints.map(dialled))
    const echoes = lines.map(({ echo }) => echo)
    return {
      measure: (load) => measured(echoes, load),
      close: async () => void (await Promise.all(lines.map(({ close }) => close()))),
    }
  },
}

async function dialled(endpoint: string): Promise<{ echo: Echo; close: () => Promise<void> }> {
  const { Dealer } = await import('zeromq')
  const { decode, encode } = await import('@msgpack/msgpack')
  const dealer = new Dealer({ linger: 0, sendHighWaterMark: 0, receiveHighWaterMark: 0 })
  dealer.connect(endpoint)
  // Answers come in the order of the calls.
  const waiting: ((value: unknown) => void)[] = []
  const unsent: Uint8Array[] = []
  let isSending = false

  async function send(): Promise<void> {
    isSending = true
    for (let next = unsent.shift(); next !== undefined; next = unsent.shift()) await dealer.send(next)
    isSending = false
  }

  /** What is closed in the midst of a measurement has nobody left who waits. */
  function ignoreIfClosed(error: unknown): void {
    if (!dealer.closed) throw error
  }

  const reading = (async () => {
    for await (const [message = EMPTY] of dealer) waiting.shift()?.(decode(message))
  })()

  return {
    echo(value) {
      return new Promise((resolve) => {
        waiting.push(resolve)
        unsent.push(encode(value))
        if (!isSending) void send().catch(ignoreIfClosed)
      })
    },
    async close() {
      dealer.close()
      await reading.catch(() => {})
    },
  }
}

const EMPTY = Buffer.alloc(0)

const SOCKET = join(tmpdir(), `skein-bench-${process.pid}`)

const ADDRESSES = {
  tcp: 'tcp://127.0.0.1:*',
  ipc: `ipc://${SOCKET}`,
  inproc: `inproc://skein-bench`,
}
