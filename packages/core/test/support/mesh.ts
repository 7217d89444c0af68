import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { afterAll } from '@jest/globals'
import type { PeerChange } from '../../src/comms/peer-change.js'
import type { Dispatch } from '../../src/comms/serving.js'
import { CommsManager, type CommsParts } from '../../src/comms-manager.js'
import type { Logger } from '../../src/logger.js'
import type { CommsOptions } from '../../src/options.js'

export type Lane = 'tcp' | 'ipc' | 'inproc'
export const lanes: readonly Lane[] = ['tcp', 'ipc', 'inproc']

export const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} }

/** Requests run the method of their name. */
export function methods(table: Record<string, (...args: never[]) => unknown>): Dispatch {
  return ({ message }) => {
    const method = table[message.method]
    if (method === undefined) throw new Error(`the test has no method ${message.method}`)
    return method(...(message.args as never[]))
  }
}

export function call(method: string, ...args: unknown[]) {
  return { service: 'test', method, args }
}

const FIXTURE = fileURLToPath(new URL('../fixtures/peer.mjs', import.meta.url))

interface Told {
  readonly kind: 'done' | 'failed' | 'peer'
  readonly id?: number
  readonly value?: unknown
  readonly code?: string
  readonly message?: string
}

/** A runtime outside the test's own: in a process, or, for inproc, in a thread. */
export class Peer {
  readonly #child: ChildProcess | Worker
  readonly #orders = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>()
  uid = ''
  changes: PeerChange[] = []
  readonly ended: Promise<void>
  #hasEnded = false
  #lastId = 0

  constructor(readonly kind: 'thread' | 'process') {
    this.#child = kind === 'thread' ? new Worker(FIXTURE) : fork(FIXTURE, { execArgv: [] })
    const child = this.#child
    child.on('message', (told: Told) => {
      if (told.kind === 'peer') this.changes.push(told as unknown as PeerChange)
      else this.#settle(told)
    })
    this.ended = new Promise((resolve) => child.once('exit', () => resolve()))
    void this.ended.then(() => {
      this.#hasEnded = true
      for (const { reject } of this.#orders.values()) reject(new Error(`${this.uid} has ended`))
    })
  }

  /** Is another from now on, and knows nothing of what it was. */
  async begin(uid: string, where: { meshToken: string; transports: Lane[] }): Promise<void> {
    this.uid = uid
    await this.do('begin', where)
    this.changes = []
  }

  get pid(): number {
    if (this.#child instanceof Worker) throw new Error('a thread has no pid of its own')
    return this.#child.pid ?? 0
  }

  do(order: string, args: object = {}): Promise<unknown> {
    if (this.#hasEnded) return Promise.reject(new Error(`${this.uid} has ended`))
    const id = ++this.#lastId
    const done = new Promise((resolve, reject) => this.#orders.set(id, { resolve, reject }))
    const message = { order, id, args }
    if (this.#child instanceof Worker) this.#child.postMessage(message)
    else this.#child.send(message, () => {}) // one that has just died is reported by its end
    return done
  }

  signal(signal: NodeJS.Signals): void {
    process.kill(this.pid, signal)
  }

  /** Death without a farewell: SIGKILL, or a thread that drops its sockets and ends. */
  async die(): Promise<void> {
    if (this.#child instanceof Worker) {
      await this.do('destroy')
      await this.do('end').catch(() => {})
    } else {
      this.signal('SIGKILL')
    }
    await this.ended
  }

  /** Has it close what it holds, and says whether it can be another then. */
  async rest(): Promise<boolean> {
    if (this.#hasEnded) return false
    const rests = this.do('stop').then(() => true)
    return Promise.race([rests, this.ended.then(() => false)])
  }

  /** Lets it end by itself. */
  async end(): Promise<void> {
    await this.do('end').catch(() => {})
    await this.ended
  }

  #settle({ kind, id, value, code, message }: Told): void {
    const order = this.#orders.get(id ?? 0)
    this.#orders.delete(id ?? 0)
    if (kind === 'done') order?.resolve(value)
    else order?.reject(Object.assign(new Error(message), { code }))
  }
}

/** Those that rest between two tests of a file: to start a process or a thread takes longer than most tests. */
const resting: Peer[] = []
afterAll(async () => {
  await Promise.all(resting.splice(0).map((peer) => peer.end()))
})

function anyPeer(kind: Peer['kind']): Peer {
  const index = resting.findIndex((peer) => peer.kind === kind)
  return resting.splice(index, index < 0 ? 0 : 1)[0] ?? new Peer(kind)
}

/** The runtimes of one test, all of which are closed at its end. */
export class TestMesh {
  readonly meshToken = 'token of the tests'
  readonly #managers: CommsManager[] = []
  readonly #peers: Peer[] = []

  constructor(readonly lane: Lane = 'tcp') {}

  /** A runtime in the test's own process. */
  async local(
    uid: string,
    options: Partial<CommsOptions> = {},
    parts: CommsParts = {},
  ): Promise<CommsManager> {
    const { meshToken, lane } = this
    const comms = new CommsManager({ uid, meshToken, transports: [lane], logger: silent, ...options }, parts)
    this.#managers.push(comms)
    await comms.start()
    return comms
  }

  /** A runtime in a process or thread of its own, linked to whoever is at `monitor`. */
  async remote(uid: string, monitor?: string, options: Partial<CommsOptions> = {}): Promise<Peer> {
    const peer = await this.process(uid)
    await peer.do('open', { uid, monitor, options })
    return peer
  }

  /** A process or thread that waits for orders. */
  async process(uid: string): Promise<Peer> {
    const { meshToken, lane } = this
    const peer = anyPeer(lane === 'inproc' ? 'thread' : 'process')
    this.#peers.push(peer)
    await peer.begin(uid, { meshToken, transports: [lane] })
    return peer
  }

  async close(): Promise<void> {
    await Promise.all(
      this.#peers.map(async (peer) => {
        if (await peer.rest()) resting.push(peer)
      }),
    )
    await Promise.all(this.#managers.map((comms) => comms.destroy()))
  }
}

/** A tcp port that nobody holds at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  return address.port
}

/** The address of a runtime that has started. */
export function addressOf(comms: CommsManager): string {
  if (comms.address === undefined) throw new Error(`${comms.uid} has not started`)
  return comms.address
}

/** Resolves at the first change of a peer that is as asked for; those that came before don't count. */
export function change(comms: CommsManager, uid: string, is: PeerChange['is']): Promise<PeerChange> {
  return new Promise((resolve) => {
    const listener = (change: PeerChange): void => {
      if (change.uid !== uid || change.is !== is) return
      comms.off('peer', listener)
      resolve(change)
    }
    comms.on('peer', listener)
  })
}
