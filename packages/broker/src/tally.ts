import type { BrokerCounts } from './contract.js'

/** What a broker has done, as it goes. */
export class Tally implements BrokerCounts {
  asked = 0
  answered = 0
  failed = 0
  redone = 0
  broadcast = 0

  read(): BrokerCounts {
    return { ...this }
  }
}
