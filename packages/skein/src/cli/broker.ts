import { Broker, type BrokerOptions } from '@skein/broker'
import { readConfig, readToken, relayText } from '@skein/broker/internal'
import { SkeinError } from '@skein/core'
import { stderrLogger } from '@skein/core/internal'
import { asTyped, TOKEN_VARIABLE } from './as-typed.js'
import { Interrupts } from './interrupts.js'

const NO_BROKER = 1
const USAGE = 2

export interface TokenFlags {
  readonly tokenFile?: string
}

export interface BrokerFlags extends TokenFlags {
  readonly config?: string
  readonly name?: string
  readonly address?: string
  readonly pubAddress?: string
  readonly subAddress?: string
  readonly monAddress?: string
  readonly insecure?: boolean
  /** Milliseconds. */
  readonly timeout?: number
  /** Milliseconds that what it has may take to end after SIGTERM. */
  readonly drain: number
}

export interface CheckFlags extends TokenFlags {
  /** Milliseconds. */
  readonly timeout: number
}

/** Runs a broker until a signal ends it, and resolves with the exit status. */
export async function serveBroker(flags: BrokerFlags): Promise<number> {
  return unlessWrong(flags, async () => {
    const broker = new Broker(optionsOf(flags))
    const interrupts = new Interrupts(() => void broker.destroy())
    try {
      await broker.start()
      console.log(`${broker.name} listens at ${broker.address}`)
      if (broker.endpoints !== undefined) console.log(relayText(broker.endpoints))
      const ended = broker.wait().then(() => ({ status: 0, drains: false }))
      const { status, drains } = await Promise.race([interrupts.first, ended])
      await broker.stop({ drain: drains ? flags.drain : 0 })
      return status
    } finally {
      interrupts.close()
    }
  })
}

/** Says whether a broker answers at an address, and resolves with the exit status. */
export async function checkBroker(address: string, flags: CheckFlags): Promise<number> {
  return unlessWrong(flags, async () => {
    const token = tokenOf(flags)
    const answers = await Broker.check({ address, timeout: flags.timeout, token })
    // One with another token is silent: that it isn't there can't be known.
    console.log(
      answers ? `a broker answers at ${address}` : `no broker answers at ${address} with this token`,
    )
    return answers ? 0 : NO_BROKER
  })
}

function optionsOf({ config, tokenFile, drain: _, ...flags }: BrokerFlags): BrokerOptions {
  const withoutToken = tokenFile !== undefined
  const given = config === undefined ? {} : readConfig(config, { withoutToken })
  // What is in the configuration counts where nothing nearer does.
  return { ...given, ...flags, token: given.token ?? tokenOf({ tokenFile }), logger: stderrLogger }
}

/** @throws ERR_INVALID_OPTION if there is none */
function tokenOf({ tokenFile }: { readonly tokenFile?: string | undefined }): string {
  if (tokenFile !== undefined) return readToken(tokenFile)
  const token = process.env[TOKEN_VARIABLE]
  if (token !== undefined) return token
  const text = `there is no token: set ${TOKEN_VARIABLE}, or name a file with --token-file`
  throw new SkeinError('ERR_INVALID_OPTION', text, { option: 'token' })
}

const WRONG: ReadonlySet<string> = new Set([
  'ERR_INVALID_OPTION',
  'ERR_INVALID_ADDRESS',
  'ERR_INVALID_UID',
  'ERR_INSECURE',
])

/** What Skein has to say against it is said in a line. */
async function unlessWrong(flags: BrokerFlags | CheckFlags, work: () => Promise<number>): Promise<number> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof SkeinError)) throw error
    console.error(`skein: ${asTyped(error, flags)}`)
    return WRONG.has(error.code) ? USAGE : 1
  }
}
