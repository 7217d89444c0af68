import { type Logger, SkeinError, type StopOptions } from '@skein/core'
import { invalidOption, stderrLogger } from '@skein/core/internal'
import { type Run, runInProcess, runInThread } from '@skein/runner/internal'
import { anything, checkOptions, flag } from '@skein/runtime/internal'
import { type JobSpec, parseReady, RELAY_WANTED, type Ready } from './background-contract.js'
import type { RelayEndpoints } from './contract.js'
import { type BrokerOptions, type RelayAddresses, relayAddresses } from './options.js'
import { openRelay, Relay } from './relay.js'

export interface BackgroundOptions {
  /**
   * Whether it keeps nobody alive: once the thread that has started it has nothing else to do, it is ended in order. It
   * never outlives its process, whatever ends that. In a thread, with an inproc address, it keeps its process alive
   * nevertheless.
   * @default true
   */
  readonly daemon?: boolean | undefined
  /** Gets what it prints, by lines. @default standard error */
  readonly logger?: Logger | undefined
}

const MAINS = {
  thread: new URL('../bin/thread.mjs', import.meta.url),
  process: new URL('../bin/process.mjs', import.meta.url),
}

export type BackgroundKind = keyof typeof MAINS

/** A broker in a thread or a process of its own, which listens. */
export class BackgroundBroker implements AsyncDisposable {
  readonly name: string
  readonly address: string
  /** What workers and clients need to join. Keep it secret. */
  readonly token: string
  /** Where to publish and to subscribe; undefined where it relays nothing. */
  readonly endpoints: RelayEndpoints | undefined
  readonly #run: Run
  readonly #ended: Promise<void>

  /** Resolves when it listens. @throws as `Broker.start`, ERR_INVALID_OPTION, ERR_LAUNCH if it could not be started */
  static async start(
    kind: BackgroundKind,
    config: BrokerOptions,
    options: BackgroundOptions = {},
  ): Promise<BackgroundBroker> {
    const { daemon = true, logger = stderrLogger } = checkOptions(options, BACKGROUND_CHECKS)
    const inproc = inprocRelay(config)
    if (kind === 'process' && inproc !== undefined) {
      const allowed = 'an address that another process can reach, or a broker in a thread'
      throw invalidOption('pubAddress and subAddress', Object.values(inproc).join(', '), allowed)
    }
    // Opened here: what a thread has sent by inproc must not be gone with it.
    const relay = new Relay(inproc && (() => openRelay(inproc, logger)))
    let failure: unknown
    const openHere = async (): Promise<void> => {
      try {
        await relay.start()
        run.send(relay.endpoints)
      } catch (error) {
        failure = error
        run.stop()
      }
    }
    const spec: JobSpec = { config, relaysElsewhere: inproc !== undefined }
    const start = kind === 'thread' ? runInThread : runInProcess
    const run = start(
      { name: 'broker', main: MAINS[kind], spec },
      {
        line: (stream, text) => logger.warn({ stream }, `a broker has printed: ${text}`),
        report: (report) => void (report === RELAY_WANTED && openHere()),
      },
    )
    try {
      const ready = parseReady(await run.ready)
      if (daemon) run.unref()
      return new BackgroundBroker(run, ready, relay)
    } catch (error) {
      run.stop()
      await run.ended
      await relay.stop()
      throw failure ?? error
    }
  }

  private constructor(run: Run, { name, address, token, endpoints }: Ready, relay: Relay) {
    this.name = name
    this.address = address
    this.token = token
    this.endpoints = endpoints
    this.#run = run
    this.#ended = this.#end(relay)
    // Whoever waits for it, or stops it, has its failure.
    this.#ended.catch(() => {})
  }

  /** Of one in a process, its id. */
  get pid(): number | undefined {
    return this.#run.pid
  }

  /**
   * Ends it, and resolves when it has ended. May be called twice.
   *
   * @param options.drain milliseconds that what it has may take @default 0: it is abandoned
   * @throws ERR_LAUNCH if something else has ended it before
   */
  async stop(options: StopOptions = {}): Promise<void> {
    this.#run.ref()
    this.#run.stop(options)
    await this.#ended
  }

  /** Resolves when it has ended. @throws ERR_LAUNCH if neither `stop` nor a member of its mesh has ended it */
  wait(): Promise<void> {
    return this.#ended
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  async #end(relay: Relay): Promise<void> {
    const { code, signal } = await this.#run.ended
    await relay.stop()
    if (code === 0) return
    const reason = signal ?? `exit code ${code}`
    const text = `${this.name} in ${this.#run.describe()} has ended: ${reason}`
    throw new SkeinError('ERR_LAUNCH', text, { uid: this.name, reason })
  }
}

export const BACKGROUND_CHECKS = { daemon: flag, logger: anything }

/** Where a broker runs that others than this process shall reach, as far as its addresses allow. */
export function kindFor(config: BrokerOptions): BackgroundKind {
  return inprocRelay(config) === undefined ? 'process' : 'thread'
}

/** The addresses of a relay that this process alone can reach in part. */
function inprocRelay(config: BrokerOptions): RelayAddresses | undefined {
  const addresses = relayAddresses(config)
  const isInproc = Object.values(addresses ?? {}).some((address) => String(address).startsWith('inproc:'))
  return isInproc ? addresses : undefined
}
