import type { Transport } from '@skein/core/internal'
import type { StallableClock } from './stallable-clock.js'

export interface StallableOptions {
  readonly clock: StallableClock
  /** The name at which it listens, where that is to outlive the instance, as a port does. */
  readonly name?: string | undefined
}

/**
 * A transport of the memory network whose runtime's event loop can be blocked: what the runtime posts in the turn that
 * blocks it leaves when that turn is over.
 */
export function stallable(transport: Transport, { clock, name }: StallableOptions): Transport {
  return {
    listen: (options, onBatch) => {
      const instance = name ?? options.instance
      return transport.listen({ ...options, instance, schemes: ['mem'] }, onBatch)
    },
    dial(endpoint, options, on) {
      const outbound = transport.dial(endpoint, options, on)
      return {
        scheme: outbound.scheme,
        endpoint: outbound.endpoint,
        send(frames) {
          if (!clock.stalled) return outbound.send(frames)
          return new Promise((resolve, reject) => {
            clock.whenFree(() => outbound.send(frames).then(resolve, reject))
          })
        },
        close: () => outbound.close(),
      }
    },
    probe: (...asked) => transport.probe(...asked),
    close: () => transport.close(),
  }
}
