import { Broker, type BrokerOptions } from '@skein/broker'
import { readConfig, readToken, relayText } from '@skein/broker/internal'
import { SkeinError } from '@skein/core'
import { stderrLogger } from '@skein/core/internal'
import { Interrupts } from './interrupts.js'

/** Where the token is looked for that no file gives: an argument could be read by everybody on the machine. */
const TOKEN_VARIABLE = 'SKEIN_TOKEN'

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
  return unlessWrong(async () => {
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
  return unlessWrong(async () => {
    const token = tokenOf(flags)
    const answers = await Broker.check({ address, timeout: flags.timeout, token })
    console.log(`${answers ? 'a' : 'no'} broker answers at ${address}`)
    return answers ? 0 : NO_BROKER
  })
}

function optionsOf({ config, tokenFile, drain: _, ...flags }: BrokerFlags): BrokerOptions {
  const given = config === undefined ? {} : readConfig(config)
  // What is in the configuration counts where nothing nearer does.
  const token = given.token !== undefined && tokenFile === undefined ? given.token : tokenOf({ tokenFile })
  return { ...given, ...flags, token, logger: stderrLogger }
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
async function unlessWrong(work: () => Promise<number>): Promise<number> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof SkeinError)) throw error
    console.error(`skein: ${error.message}`)
    return WRONG.has(error.code) ? USAGE : 1
  }
}
