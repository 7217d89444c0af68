import type { DialOptions, Frames, OutboundEvents, Transport } from '../../src/transport/transport.js'

/** A transport that tells when something leaves on a control connection. */
export function noting(transport: Transport, note: () => void): Transport {
  return {
    listen: (options, onBatch) => transport.listen(options, onBatch),
    close: () => transport.close(),
    probe: (...asked) => transport.probe(...asked),
    dial(endpoint: string, options: DialOptions, on: OutboundEvents) {
      const outbound = transport.dial(endpoint, options, on)
      if (!options.watch) return outbound
      return {
        endpoint,
        scheme: outbound.scheme,
        close: () => outbound.close(),
        send(frames: Frames) {
          note()
          return outbound.send(frames)
        },
      }
    },
  }
}
