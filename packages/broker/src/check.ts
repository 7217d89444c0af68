import { SkeinError } from '@skein/core'
import { checkTimeout, randomId, systemRandomness, ZmqTransport } from '@skein/core/internal'
import { checkOptions, Runtime } from '@skein/runtime/internal'
import { BROKER, IDENTITY } from './contract.js'
import { brokerAddress, tokenGiven } from './options.js'

export interface CheckOptions {
  readonly address: string
  /** Milliseconds that it may take to answer. @default 2000 */
  readonly timeout?: number | undefined
  /** The mesh's token: a broker answers nobody who doesn't know it. */
  readonly token: string
  /** Address to bind for tcp: the broker connects to whoever asks. @default '127.0.0.1' */
  readonly bind?: string | undefined
  /** Allows a `bind` that other machines can reach, without encryption. @default false */
  readonly insecure?: boolean | undefined
}

const DEFAULT_TIMEOUT = 2000

/** Whoever does not answer in time is none; that is no fault of its own. */
const silent = (): void => {}
const NO_LOGGER = { debug: silent, info: silent, warn: silent, error: silent }

/**
 * Whether a broker answers at an address to whoever has this token: whether one with another is there can't be known.
 * False where nobody does, where somebody else does, and where nobody has in time.
 *
 * @throws ERR_INVALID_OPTION, ERR_INVALID_ADDRESS
 */
export async function check(options: CheckOptions): Promise<boolean> {
  const { address, token, bind, insecure } = checkOptions(options, CHECKS)
  brokerAddress('address', address)
  tokenGiven(token)
  const timeout = checkTimeout('timeout', options.timeout, DEFAULT_TIMEOUT)
  if (await isRefused(address, timeout)) return false
  const runtime = new Runtime({
    uid: `check:${randomId(systemRandomness)}`,
    meshToken: token,
    bind,
    insecure,
    port: 0,
    stats: false,
    logger: NO_LOGGER,
  })
  const until = performance.now() + timeout
  await runtime.start()
  try {
    const uid = await runtime.comms.connect(address, { timeout })
    const call = { service: BROKER, method: 'identify' }
    const left = Math.max(1, until - performance.now())
    return isIdentity(await runtime.comms.sendRecv(uid, call, { timeout: left }))
  } catch (error) {
    if (error instanceof SkeinError && !WRONG.has(error.code)) return false
    throw error
  } finally {
    await runtime.stop()
  }
}

const CHECKS = {
  address: brokerAddress,
  timeout: (option: string, given: unknown) => checkTimeout(option, given, DEFAULT_TIMEOUT),
  token: () => {}, // where it is seen that one is given at all
  bind: () => {},
  insecure: () => {},
}

/** What is wrong with the question, rather than the answer. */
const WRONG: ReadonlySet<string> = new Set(['ERR_INVALID_ADDRESS', 'ERR_INVALID_OPTION'])

/** Where the system says that nobody listens, nobody need be waited for. */
async function isRefused(address: string, timeout: number): Promise<boolean> {
  const transport = new ZmqTransport({})
  try {
    return (await transport.probe(address, timeout)) === 'refused'
  } finally {
    await transport.close()
  }
}

function isIdentity(given: unknown): boolean {
  return typeof given === 'object' && given !== null && 'identity' in given && given.identity === IDENTITY
}
