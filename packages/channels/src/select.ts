import type { ChannelType } from './message-format.js'
import type { SubChannel } from './sub-channel.js'

/**
 * Of several channels, of whatever contexts of this thread, the one whose next message came first: reading from the one
 * that is chosen each time gives all messages in the order of their arrival. Undefined if no message waits.
 */
export function selectSubChannel<C extends SubChannel<ChannelType>>(
  ...channels: readonly C[]
): C | undefined {
  let first: C | undefined
  for (const channel of channels) {
    if (channel.arrival === undefined) continue
    if (first?.arrival === undefined || channel.arrival < first.arrival) first = channel
  }
  return first
}
