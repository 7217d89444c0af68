import type { DialOptions, Frames, OutboundEvents, Transport } from '../../src/transport/transport.js'

/** A transport that tells what leaves on its control connections, or else on those for data. */
export function noting(
  transport: Transport,
  note: (frames: Frames) => void,
  lane: 'control' | 'data' = 'control',
): Transport {
  return {
    listen: (options, on) => transport.listen(options, on),
    close: () => transport.close(),
    probe: (...asked) => transport.probe(...asked),
    dial(endpoint: string, options: DialOptions, on: OutboundEvents) {
      const outbound = transport.dial(endpoint, options, on)
      if (options.watch !== (lane === 'control')) return outbound
      return {
        endpoint,
        scheme: outbound.scheme,
        close: () => outbound.close(),
        send(frames: Frames) {
          note(frames)
          return outbound.send(frames)
        },
      }
    },
  }
}
