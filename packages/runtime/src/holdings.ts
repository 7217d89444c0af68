import type { CommsManager, Logger } from '@skein/core'
import { References } from './references.js'
import { ResidentObjects } from './resident-objects.js'

export interface HoldingsParts {
  readonly uid: string
  /** The connections below, which are made after this. */
  readonly comms: () => CommsManager
  readonly logger: Logger
  readonly makeId: () => string
}

/** What runtimes hold of each other: the objects that live here and their holders, and the objects of others held here. */
export class Holdings {
  readonly objects: ResidentObjects
  readonly references: References

  constructor({ uid, comms, logger, makeId }: HoldingsParts) {
    this.objects = new ResidentObjects(uid, makeId, logger)
    this.references = new References({ comms, objects: this.objects, makeId })
  }

  /** That instance is gone, and holds nothing any more. */
  lose(uid: string, instance: string): void {
    this.objects.lose(uid, instance)
    this.references.lose(uid, instance)
  }
}
