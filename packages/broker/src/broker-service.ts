import type { Incoming } from '@skein/core'
import { invalidOption } from '@skein/core/internal'
import type { Service } from '@skein/runtime/internal'
import { type BrokerStatus, IDENTITY, type Registering, type ServiceChange } from './contract.js'
import type { Exchange } from './exchange.js'
import { Feed } from './feed.js'
import { checkKeyword, checkService } from './names.js'
import type { Registry } from './registry.js'
import type { Relay } from './relay.js'

export interface BrokerServiceParts {
  readonly registry: Registry
  readonly exchange: Exchange
  /** Whoever watches is told through these. */
  readonly feeds: Set<Feed<ServiceChange>>
  readonly status: () => BrokerStatus
  readonly relay: Relay
  readonly name: string
}

/** What a broker answers to its workers and clients, by name. What comes in is checked here. */
export function brokerService(parts: BrokerServiceParts): Service {
  const { registry, exchange, relay, status, name } = parts
  return new Map<string, Handler>([
    [
      'identify',
      async () => {
        // It answers when all of it does.
        await relay.settled
        return { identity: IDENTITY, name }
      },
    ],
    ['register', ([given], { from }) => registry.register(from, checkRegistering(given))],
    ['unregister', (_, { from }) => registry.unregister(from, 'unregistered')],
    ['locate', ([service]) => registry.services.has(checkService(service))],
    [
      'ask',
      ([service, keyword, payload, idempotent], request) =>
        exchange.ask(checkAsking(service, keyword, payload), idempotent === true, request),
    ],
    [
      'scatter',
      ([service, keyword, payload], request) =>
        exchange.scatter(checkAsking(service, keyword, payload), request),
    ],
    [
      'broadcast',
      ([service, keyword, payload], { from }) =>
        exchange.broadcast(optionalService(service), checkKeyword(keyword), payload, from),
    ],
    ['watch', ([service], request) => watch(parts, optionalService(service), request)],
    ['lookup', () => relay.lookup()],
    ['status', () => status()],
  ])
}

type Handler = (args: readonly unknown[], request: Incoming) => unknown

/** The workers that there are, and then each that comes, changes or goes. */
async function* watch(
  { registry, feeds }: BrokerServiceParts,
  service: string | undefined,
  { signal }: Incoming,
): AsyncGenerator<ServiceChange, void, void> {
  const feed = new Feed<ServiceChange>()
  for (const change of registry.all()) feed.push(change)
  const close = (): void => feed.close()
  signal.addEventListener('abort', close)
  if (signal.aborted) close()
  feeds.add(feed)
  try {
    for await (const change of feed.read())
      if (service === undefined || change.service === service) yield change
  } finally {
    feeds.delete(feed)
    signal.removeEventListener('abort', close)
  }
}

function checkAsking(service: unknown, keyword: unknown, payload: unknown) {
  return { service: checkService(service), keyword: checkKeyword(keyword), payload }
}

/** None stands for all. */
function optionalService(given: unknown): string | undefined {
  return given === undefined ? undefined : checkService(given)
}

/** A worker has slots for what it runs at a time; whoever names more than this means something else. */
const MOST_CONCURRENT = 1_000_000

/** @throws ERR_INVALID_OPTION */
export function checkRegistering(given: unknown): Registering {
  if (typeof given !== 'object' || given === null)
    throw invalidOption('registration', given, 'an object with service, keywords and concurrency')
  const { service, keywords, concurrency }: { [Name in keyof Registering]?: unknown } = given
  if (!Array.isArray(keywords)) throw invalidOption('keywords', keywords, 'an array of strings')
  return {
    service: checkService(service),
    keywords: keywords.map(checkKeyword),
    concurrency: checkConcurrency(concurrency),
  }
}

/** @throws ERR_INVALID_OPTION */
export function checkConcurrency(given: unknown): number {
  const isCount = typeof given === 'number' && Number.isInteger(given)
  if (isCount && given >= 1 && given <= MOST_CONCURRENT) return given
  throw invalidOption('concurrency', given, `a whole number from 1 to ${MOST_CONCURRENT}`)
}
