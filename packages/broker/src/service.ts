import type { ServiceStatus, WorkerStatus } from './contract.js'
import type { Desk } from './desk.js'
import type { Registration } from './registration.js'

/** A service as its broker sees it: each look at it shows what is there then. It has no workers once the last has gone. */
export class Service {
  readonly name: string
  readonly #find: () => Desk | undefined

  /** @internal */
  constructor(name: string, find: () => Desk | undefined) {
    this.name = name
    this.#find = find
  }

  /** In the order in which they have come. */
  get workers(): readonly WorkerStatus[] {
    return [...(this.#find()?.workers.values() ?? [])].map((worker) => worker.status())
  }

  /** What can be asked of any of them. */
  get keywords(): readonly string[] {
    return [...(this.#find()?.keywords ?? [])]
  }

  /** How many requests wait for a slot. */
  get queued(): number {
    return this.#find()?.queued ?? 0
  }

  /** The workers that have a keyword, beginning with the one that is asked next. */
  owners(keyword: string): readonly WorkerStatus[] {
    const owners = this.#find()?.owners(keyword) ?? []
    return owners.sort(byPrecedence).map((worker) => worker.status())
  }

  /** The worker that is asked next for a keyword; undefined if nobody has it. */
  owner(keyword: string): WorkerStatus | undefined {
    return this.owners(keyword)[0]
  }

  /** All of it as it is now, as plain values. */
  status(): ServiceStatus {
    const { name, workers, queued } = this
    return { name, workers, queued }
  }
}

function byPrecedence(a: Registration, b: Registration): number {
  return a.rank - b.rank || Number(b.isBefore(a)) - Number(a.isBefore(b))
}
