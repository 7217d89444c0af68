import { type Logger, SkeinError } from '@skein/core'
import { Device } from '@skein/devices'
import { deferred } from '@skein/runner/internal'
import type { RelayEndpoints } from './contract.js'
import type { RelayAddresses } from './options.js'

/** A relay that runs, wherever it does. */
export interface RunningRelay {
  readonly endpoints: RelayEndpoints
  /** Resolves when it has ended, however it did. */
  readonly ended: Promise<void>
  /** Resolves when its sockets are gone. May be called twice. */
  stop(): Promise<void>
}

/** @throws ERR_INVALID_ADDRESS, ERR_ADDRESS_IN_USE, ERR_ADDRESS_UNAVAILABLE; nothing is left bound then */
export type OpenRelay = () => Promise<RunningRelay>

/**
 * Opens XSUB where publishers connect, and XPUB where subscribers do. In a thread of its own: it goes on while the event
 * loop of the broker is busy, and unlike a process it can be reached by inproc, and is there as long as the broker is.
 */
export async function openRelay(addresses: RelayAddresses, logger: Logger): Promise<RunningRelay> {
  const { pubAddress, subAddress, monAddress } = addresses
  const device = new Device({ type: 'forwarder', runner: 'thread', logger })
  device.bindIn(pubAddress)
  device.bindOut(subAddress)
  const { in: bound, out } = await device.start()
  return {
    endpoints: { publish: bound[0] ?? pubAddress, subscribe: monAddress ?? out[0] ?? subAddress },
    // What has ended it by itself the device has logged.
    ended: device.join().then(
      () => {},
      () => {},
    ),
    stop: () => device.stop(),
  }
}

/** The relay of a broker: opened and stopped with it. */
export class Relay {
  readonly #open: OpenRelay | undefined
  readonly #settled = deferred<void>()
  #opening: Promise<void> | undefined
  #running: RunningRelay | undefined
  #isStopped = false

  /** @param open undefined for a broker that relays nothing */
  constructor(open: OpenRelay | undefined) {
    this.#open = open
  }

  /** Undefined where there is none, or it does not run. */
  get endpoints(): RelayEndpoints | undefined {
    return this.#running?.endpoints
  }

  /** Resolves when it runs; at once where there is none, and never where it could not be opened. */
  get settled(): Promise<void> {
    return this.#open === undefined ? Promise.resolve() : this.#settled.promise
  }

  /** @throws as `OpenRelay` */
  async start(): Promise<void> {
    if (this.#open === undefined || this.#isStopped) return
    this.#opening = this.#start(this.#open)
    await this.#opening
    this.#settled.resolve()
  }

  /** Resolves when its sockets are gone. May be called at any time, and more than once. */
  async stop(): Promise<void> {
    this.#isStopped = true
    await this.#opening?.catch(() => {})
    await this.#running?.stop()
  }

  /** Where to publish and to subscribe, once it runs. @throws ERR_NO_SUCH_SERVICE */
  async lookup(): Promise<RelayEndpoints> {
    await this.settled
    if (this.#running !== undefined) return this.#running.endpoints
    const why =
      this.#open === undefined
        ? 'this broker relays nothing: it was given no pubAddress and subAddress'
        : 'the relay of this broker has ended'
    throw new SkeinError('ERR_NO_SUCH_SERVICE', why, { service: 'relay' })
  }

  async #start(open: OpenRelay): Promise<void> {
    const running = await open()
    this.#running = running
    void running.ended.then(() => {
      this.#running = undefined
    })
  }
}
