import { type Transport, ZmqTransport } from '@skein/core/internal'

/**
 * A transport whose data connections go another way than the control connections, so that the network can break one of
 * the two: where an endpoint has `from` they have `to`.
 */
export function detouring([from, to]: readonly [from: string, to: string]): Transport {
  const inner = new ZmqTransport()
  return {
    listen: (options, on) => inner.listen(options, on),
    // Only control connections are watched.
    dial: (endpoint, options, on) =>
      inner.dial(options.watch ? endpoint : endpoint.replace(from, to), options, on),
    probe: (endpoint, timeoutMs, instance) => inner.probe(endpoint, timeoutMs, instance),
    close: () => inner.close(),
  }
}
