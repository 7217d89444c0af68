import { isRecord } from '@skein/core/internal'
import type { BrokerConfig } from './config.js'
import type { RelayEndpoints } from './contract.js'

// What a broker in a thread or process and whoever has started it say to each other.

export interface JobSpec {
  readonly config: BrokerConfig
  /** Whether the relay is opened by whoever has started it. */
  readonly relaysElsewhere: boolean
}

/** It listens. */
export interface Ready {
  readonly name: string
  readonly address: string
  readonly token: string
  readonly endpoints?: RelayEndpoints | undefined
}

/** It has bound its address, and waits for the endpoints of the relay, which are sent to it. */
export const RELAY_WANTED = 'relay'

/** What is in the configuration is checked by whoever reads it. @throws TypeError */
export function parseJobSpec(given: unknown): JobSpec {
  if (!isRecord(given) || !isRecord(given.config)) throw new TypeError('a broker is started with a config')
  return { config: given.config, relaysElsewhere: given.relaysElsewhere === true }
}

/** @throws TypeError */
export function parseReady(given: unknown): Ready {
  const { name, address, token, endpoints } = isRecord(given) ? given : {}
  if (typeof name !== 'string' || typeof address !== 'string' || typeof token !== 'string')
    throw new TypeError('a broker says its name, address and token when it is ready')
  return {
    name,
    address,
    token,
    ...(endpoints !== undefined && { endpoints: parseRelayEndpoints(endpoints) }),
  }
}

/** @throws TypeError */
export function parseRelayEndpoints(given: unknown): RelayEndpoints {
  const { publish, subscribe } = isRecord(given) ? given : {}
  if (typeof publish !== 'string' || typeof subscribe !== 'string')
    throw new TypeError('the endpoints of a relay are two addresses')
  return { publish, subscribe }
}
