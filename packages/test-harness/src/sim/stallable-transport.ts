import type { Transport } from '@skein/core/internal'
import type { StallableClock } from './stallable-clock.js'

export interface StallableOptions {
  readonly clock: StallableClock
  /** The name at which it listens, where that is to outlive the instance, as a port does. */
  readonly name?: string | undefined
  /** Which instance listens at such an address, or listened there last: who probes it is told whether it is another's. */
  readonly holders: Map<string, string>
}

/**
 * A transport of the memory network whose runtime's event loop can be blocked: what the runtime posts in the turn that
 * blocks it leaves when that turn is over.
 */
export function stallable(transport: Transport, { clock, name, holders }: StallableOptions): Transport {
  return {
    async listen(options, on) {
      const instance = name ?? options.instance
      const inbound = await transport.listen({ ...options, instance, schemes: ['mem'] }, on)
      for (const endpoint of inbound.endpoints) holders.set(endpoint, options.instance)
      return inbound
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
    async probe(endpoint, timeoutMs, instance) {
      const verdict = await transport.probe(endpoint, timeoutMs)
      const isAnothers = instance !== undefined && holders.get(endpoint) !== instance
      return verdict === 'accepted' && isAnothers ? 'refused' : verdict
    },
    close: () => transport.close(),
  }
}
