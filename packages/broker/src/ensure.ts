import { SkeinError } from '@skein/core'
import { invalidOption } from '@skein/core/internal'
import { check } from './check.js'
import { type BrokerOptions, parseAddress } from './options.js'

/** A broker that answers. */
export interface Found extends AsyncDisposable {
  readonly address: string
  /** Whether it was started for this; otherwise it was there, or somebody else has started it. */
  readonly started: boolean
  /** Ends it if it was started for this, and does nothing otherwise. May be called twice. */
  stop(): Promise<void>
}

/** What can be started where none answers. */
export interface Startable {
  start(): Promise<void>
  stop(): Promise<void>
}

/** Whoever has bound the address a moment ago answers soon. */
const STARTING = 10_000

/** Finds the broker at an address, or starts it: whoever can bind the address is the one. */
export async function ensure(
  options: BrokerOptions,
  make: (options: BrokerOptions) => Startable,
): Promise<Found> {
  const { address, token } = options
  if (address === undefined || parseAddress('address', address).port === 0)
    throw invalidOption('address', address, 'tcp://host:port, where it is looked for and started')
  if (token === undefined)
    throw invalidOption('token', token, "the mesh's token, to be known by all who look for it")
  const asking = { address, token }
  if (await check(asking)) return found(address)
  const broker = make(options)
  try {
    await broker.start()
    return found(address, broker)
  } catch (error) {
    const isHeld = error instanceof SkeinError && error.code === 'ERR_ADDRESS_IN_USE'
    if (isHeld && (await check({ ...asking, timeout: STARTING }))) return found(address)
    throw error
  }
}

function found(address: string, broker?: Startable): Found {
  const stop = async (): Promise<void> => broker?.stop()
  return { address, started: broker !== undefined, stop, [Symbol.asyncDispose]: stop }
}
