import type { PeerChange } from '@skein/core'
import { Runtime } from '@skein/runtime'
import { Journal } from '../audit/journal.js'
import { detouring } from './detour.js'
import { Load } from './load.js'
import type { MemberConfig, View } from './orders.js'
import { SERVICE, serviceOf } from './service.js'

const silent = (): void => {}
const SILENT = { debug: silent, info: silent, warn: silent, error: silent }

/** One runtime of a mesh that the rig disturbs: asks the others steadily, and writes down what it did. */
export class Member {
  readonly runtime: Runtime
  readonly load: Load
  readonly #journal: Journal

  /** @param changed a peer of its has changed */
  constructor(config: MemberConfig, changed: (change: PeerChange) => void) {
    const { uid, meshToken, monitor, transports, bind, port, advertise, dataDetour } = config
    this.#journal = new Journal(config.journal)
    this.runtime = new Runtime(
      {
        uid,
        meshToken,
        monitor,
        introduces: monitor === undefined,
        transports,
        bind,
        port,
        advertise,
        // A mesh of the rig is alone in its networks.
        insecure: true,
        timeout: Number.POSITIVE_INFINITY,
        logger: SILENT,
      },
      dataDetour === undefined ? {} : { transport: detouring(dataDetour) },
    )
    const load = new Load(config.number, this.runtime, this.#journal)
    this.load = load
    this.runtime.expose(
      SERVICE,
      serviceOf(this.#journal, this.runtime.clock, (object) => this.runtime.share(object)),
    )
    this.runtime.on('peer', (change) => {
      if (change.is === 'dead' || change.is === 'left') load.ended(change.uid)
      changed(change)
    })
  }

  get views(): readonly View[] {
    return this.runtime.peers().map(({ uid, instance, state }) => ({ uid, instance, state }))
  }

  start(): Promise<void> {
    return this.runtime.start()
  }

  /** What happens from here on is no part of what is examined. */
  seal(): void {
    this.#journal.close()
  }

  async stop(): Promise<void> {
    await this.runtime.stop()
    this.#journal.close()
  }
}
