import { type ProbeVerdict, schemeOf, type Transport } from '../transport/transport.js'
import type { DirectoryEntry } from '../wire/message.js'

/**
 * Whether a runtime on this host is certainly gone: it answers nowhere, and the path that bears its instance is refused,
 * or every address of it that the operating system can be asked about is. A port that somebody else holds by now counts
 * as refused. inproc can't be asked about.
 */
export async function crashed(
  transport: Transport,
  { instance, endpoints }: Pick<DirectoryEntry, 'instance' | 'endpoints'>,
  timeoutMs: number,
): Promise<boolean> {
  const asked = askable(endpoints)
  const verdicts = await verdictsOn(asked, transport, timeoutMs, instance)
  if (verdicts.includes('accepted')) return false
  if (asked.some((endpoint, i) => bears(endpoint, instance) && verdicts[i] === 'refused')) return true
  return allRefused(verdicts)
}

/**
 * Whether a runtime on another host answers at none of its addresses that can be dialled from here, and connections to all
 * of them are refused. Paths and names of that host say nothing here.
 */
export async function refusedFromAfar(
  transport: Transport,
  { instance, endpoints }: Pick<DirectoryEntry, 'instance' | 'endpoints'>,
  timeoutMs: number,
): Promise<boolean> {
  return allRefused(await verdictsOn(dialable(endpoints), transport, timeoutMs, instance))
}

/** The addresses of a runtime on another host. */
export function dialable(endpoints: readonly string[]): readonly string[] {
  return askable(endpoints).filter((endpoint) => schemeOf(endpoint) !== 'ipc')
}

/** The addresses whose refusal is the proof that `crashed` found. */
export function refusedAt({
  instance,
  endpoints,
}: Pick<DirectoryEntry, 'instance' | 'endpoints'>): readonly string[] {
  const own = endpoints.filter((endpoint) => bears(endpoint, instance))
  return own.length > 0 ? own : askable(endpoints)
}

/** What the operating system says of each address. The addresses are the peer's word: one that can't be dialled says nothing. */
function verdictsOn(
  endpoints: readonly string[],
  transport: Transport,
  timeoutMs: number,
  instance: string,
): Promise<ProbeVerdict[]> {
  const verdictOn = (endpoint: string) =>
    transport.probe(endpoint, timeoutMs, instance).catch((): ProbeVerdict => 'unknown')
  return Promise.all(endpoints.map(verdictOn))
}

function allRefused(verdicts: readonly ProbeVerdict[]): boolean {
  return verdicts.length > 0 && verdicts.every((verdict) => verdict === 'refused')
}

function askable(endpoints: readonly string[]): readonly string[] {
  return endpoints.filter((endpoint) => {
    const scheme = schemeOf(endpoint)
    return scheme !== undefined && scheme !== 'inproc'
  })
}

function bears(endpoint: string, instance: string): boolean {
  return schemeOf(endpoint) === 'ipc' && endpoint.includes(instance)
}

/**
 * Whether it is still the peer who listens at one of its endpoints. One that was lost may be dead, and its port another's
 * by now, with whom it would seem to be busy for ever. Who can't be asked is believed: it may be frozen.
 */
export async function isTheirs(
  transport: Transport,
  { instance }: Pick<DirectoryEntry, 'instance'>,
  endpoint: string,
  timeoutMs: number,
): Promise<boolean> {
  if (endpoint.includes(instance)) return true // nobody else ever has it
  const [verdict] = await verdictsOn([endpoint], transport, timeoutMs, instance)
  return verdict !== 'refused'
}
