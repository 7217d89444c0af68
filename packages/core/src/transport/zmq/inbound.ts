import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Router } from 'zeromq'
import { invalidOption } from '../../errors.js'
import { endOfTurn } from '../../turn.js'
import { guarded } from '../guarded.js'
import type { Inbound, InboundEvents, ListenOptions, Scheme } from '../transport.js'
import { isV6, resolveHost } from './addresses.js'
import { bind, bindTcp } from './bind.js'
import { errnoOf } from './errno.js'
import { decode, isInproc } from './inproc.js'
import { ipcPath, removeSocket } from './ipc-directory.js'
import type { Sockets } from './sockets.js'

/**
 * Batches read in one turn of the event loop. libzmq has a flood ready at once; timers and other sockets must not wait
 * for its end.
 */
const BATCHES_PER_TURN = 64

/** The schemes that ZeroMQ offers, cheapest first. */
const SCHEMES: readonly Scheme[] = ['inproc', 'ipc', 'tcp']

/** Binds one Router to every scheme asked for, or to none, and reads it until it is closed. */
export async function listen(
  sockets: Sockets,
  options: ListenOptions,
  ipcBase: string,
  on: InboundEvents,
): Promise<Inbound> {
  const { schemes, instance, frameBytes, port } = options
  if (schemes.length === 0 || !schemes.every((scheme) => SCHEMES.includes(scheme))) {
    throw invalidOption('transports', schemes.join(', '), `one or more of ${SCHEMES.join(', ')}`)
  }
  if (!/^[\w.-]+$/.test(instance)) throw invalidOption('instance', instance, 'letters, digits, _, - and .')

  const host = schemes.includes('tcp') ? await resolveHost(options.host) : undefined
  const path = schemes.includes('ipc') ? await ipcPath(ipcBase, instance) : undefined
  const removeFile = async () => {
    if (path !== undefined) await removeSocket(path) // libzmq leaves it
  }
  const router = sockets.router(
    { frameBytes, ipv6: host !== undefined && isV6(host), routingId: instance },
    removeFile,
  )
  try {
    const endpoints: string[] = []
    if (schemes.includes('inproc')) endpoints.push(bind(router, `inproc://skein-${instance}`))
    if (path !== undefined) endpoints.push(bind(router, `ipc://${path}`))
    if (host !== undefined) endpoints.push(bindTcp(router, host, port))
    return new ZmqInbound(sockets, router, endpoints, on)
  } catch (error) {
    await sockets.close(router)
    throw error
  }
}

class ZmqInbound implements Inbound {
  readonly endpoints: readonly string[]
  readonly #sockets: Sockets
  readonly #router: Router

  constructor(sockets: Sockets, router: Router, endpoints: readonly string[], on: InboundEvents) {
    this.#sockets = sockets
    this.#router = router
    this.endpoints = endpoints
    void this.#read({ batch: guarded((frames) => on.batch(frames)), settled: guarded(() => on.settled()) })
  }

  close(): Promise<void> {
    return this.#sockets.close(this.#router)
  }

  async #read(on: InboundEvents): Promise<void> {
    for (let batches = 1; ; batches++) {
      let message: Buffer[]
      try {
        message = await this.#router.receive()
      } catch (error) {
        if (this.#router.closed) return
        if (errnoOf(error) === 'EAGAIN') continue // What was announced is gone again, and its connection with it.
        throw error
      }
      this.#sockets.scavenges.received(message)
      const routingId = message.shift()
      on.batch(routingId !== undefined && isInproc(routingId) ? decode(message) : message)
      // What the batch has brought about leaves before the socket is asked for another, which takes as long as a send.
      await (batches % BATCHES_PER_TURN === 0 ? nextTurn() : endOfTurn())
      on.settled()
      this.#sockets.scavenges.hasten()
    }
  }
}
