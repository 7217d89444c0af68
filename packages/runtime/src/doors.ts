import { type CommsManager, Reply, type RequestOptions, SkeinError } from '@skein/core'
import type { Door } from './proxy.js'
import type { Claim } from './resident-objects.js'

/** A service, here or elsewhere. Nobody counts who uses it. */
export class ServiceDoor implements Door {
  readonly release = undefined
  readonly uid: string
  readonly service: string
  readonly #comms: CommsManager

  constructor(comms: CommsManager, uid: string, service: string) {
    this.#comms = comms
    this.uid = uid
    this.service = service
  }

  describe(): string {
    return `${this.uid} ${this.service}`
  }

  request(method: string, args: readonly unknown[], options: RequestOptions): Reply {
    return this.#comms.sendRecv(this.uid, { service: this.service, method, args }, options)
  }
}

/** The address of a resident object. */
export interface ObjectAddress {
  /** Its owner. */
  readonly uid: string
  readonly instance: string
  readonly type: string
  readonly object: string
}

/**
 * An object of this runtime's own that was shared: used through the mesh like any other. It is kept until it was handed
 * out, and from then on by those who got it.
 */
export class SharedDoor implements Door {
  readonly claim: Claim
  readonly release: () => Promise<void>
  readonly #comms: CommsManager

  /** @param release gives the claim up */
  constructor(comms: CommsManager, claim: Claim, release: (claim: Claim) => Promise<void>) {
    this.#comms = comms
    this.claim = claim
    this.release = () => release(claim)
  }

  describe(): string {
    const { type, id } = this.claim.resident
    return `${this.#comms.uid} ${type}#${id}`
  }

  request(method: string, args: readonly unknown[], options: RequestOptions): Reply {
    const { type, id } = this.claim.resident
    return this.#comms.cmdRecv(this.#comms.uid, { type, object: id, method, args }, options)
  }
}

/** A hold on a resident object: it lives at least until this is let go of. */
export class Hold implements Door {
  readonly address: ObjectAddress
  /** What the owner knows the hold by. */
  readonly ticket: string
  /** To how many it was passed on whom the owner doesn't know as holders yet. */
  lent = 0
  released = false
  readonly release: () => Promise<void>
  readonly #comms: CommsManager

  /** @param release gives the ticket back */
  constructor(
    comms: CommsManager,
    address: ObjectAddress,
    ticket: string,
    release: (hold: Hold) => Promise<void>,
  ) {
    this.#comms = comms
    this.address = address
    this.ticket = ticket
    this.release = () => release(this)
  }

  describe(): string {
    const { uid, type, object } = this.address
    return `${uid} ${type}#${object}`
  }

  request(method: string, args: readonly unknown[], options: RequestOptions): Reply {
    const { uid, type, object } = this.address
    if (!this.released) return this.#comms.cmdRecv(uid, { type, object, method, args }, options)
    return Reply.failed(letGo(this.address, method))
  }
}

/** The error for the use of an object that was let go of here. */
export function letGo({ uid, type, object }: ObjectAddress, method?: string): SkeinError {
  const facts = {
    uid,
    object: `${type}#${object}`,
    ...(method === undefined ? {} : { method }),
    executed: 'no',
  } as const
  return new SkeinError('ERR_NO_SUCH_OBJECT', `${type}#${object} at ${uid} was let go of here before`, facts)
}
