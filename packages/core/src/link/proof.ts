import { schemeOf, type Transport } from '../transport/transport.js'

/**
 * Whether a runtime on this host is certainly gone: every address of it that the operating system can be asked about is
 * refused. inproc can't be asked about.
 */
export async function crashed(
  transport: Transport,
  endpoints: readonly string[],
  timeoutMs: number,
): Promise<boolean> {
  const askable = endpoints.filter((endpoint) => {
    const scheme = schemeOf(endpoint)
    return scheme !== undefined && scheme !== 'inproc'
  })
  const verdicts = await Promise.all(
    // The endpoints are the peer's word: one that can't be dialled is no reason to fail.
    askable.map((endpoint) => transport.probe(endpoint, timeoutMs).catch(() => 'unknown')),
  )
  return verdicts.length > 0 && verdicts.every((verdict) => verdict === 'refused')
}
