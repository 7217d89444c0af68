import { SkeinError } from '@skein/core'
import { invalidOption } from '@skein/core/internal'
import { check } from './check.js'
import { type BrokerOptions, parseAddress } from './options.js'

/** A broker that answers. */
export interface Found<Own extends Started = Started> extends AsyncDisposable {
  readonly address: string
  /** Whether it was started for this; otherwise it was there, or somebody else has started it. */
  readonly started: boolean
  /** What was started for this. */
  readonly broker?: Own | undefined
  /** Ends it if it was started for this, and does nothing otherwise. May be called twice. */
  stop(): Promise<void>
}

/** What was started where none answered. */
export interface Started {
  stop(): Promise<void>
}

/** Whoever has bound the address a moment ago answers soon. */
const STARTING = 10_000

/** Finds the broker at an address, or starts it: whoever can bind the address is the one. */
export async function ensure<Own extends Started>(
  options: BrokerOptions,
  start: (options: BrokerOptions) => Promise<Own>,
): Promise<Found<Own>> {
  const { address, token } = options
  if (address === undefined || parseAddress('address', address).port === 0)
    throw invalidOption('address', address, 'tcp://host:port, where it is looked for and started')
  if (token === undefined)
    throw invalidOption('token', token, "the mesh's token, to be known by all who look for it")
  const asking = { address, token }
  if (await check(asking)) return found(address)
  try {
    return found(address, await start(options))
  } catch (error) {
    const isHeld = error instanceof SkeinError && error.code === 'ERR_ADDRESS_IN_USE'
    if (isHeld && (await check({ ...asking, timeout: STARTING }))) return found(address)
    throw error
  }
}

function found<Own extends Started>(address: string, broker?: Own): Found<Own> {
  const stop = async (): Promise<void> => broker?.stop()
  return { address, started: broker !== undefined, broker, stop, [Symbol.asyncDispose]: stop }
}
