/** What is read of a channel, whatever its type: a `SubChannel` is one. */
export interface Readable<M> {
  readonly name: string
  readonly isClosed: boolean
  /** @internal The number of the arrival of the next message, if there is one. */
  readonly arrival: number | undefined
  /** @internal */
  take(): { readonly message: M } | undefined
  /** @internal Calls back when a message waits, or the channel was closed. */
  watch(fn: () => void): () => void
}

/** A message, and the channel that it came on. */
export interface Merged<M> {
  readonly channel: Readable<M>
  readonly message: M
}

/**
 * Of several channels, of whatever contexts of this thread, the one whose next message came first: reading from the one
 * that is chosen each time gives all messages in the order of their arrival. Undefined if no message waits.
 */
export function selectSubChannel<C extends Readable<unknown>>(...channels: readonly C[]): C | undefined {
  let first: C | undefined
  for (const channel of channels) {
    if (channel.arrival === undefined) continue
    if (first?.arrival === undefined || channel.arrival < first.arrival) first = channel
  }
  return first
}

/**
 * The messages of several channels in the order of their arrival, those that wait first, until all are closed and no more
 * wait. Where their types differ, say what comes: `mergeSubChannels<string | Uint8Array>(log, spectra)`.
 *
 * ```ts
 * for await (const { channel, message } of mergeSubChannels(log, warnings)) console.log(channel.name, message)
 * ```
 */
export async function* mergeSubChannels<M>(
  ...channels: readonly Readable<M>[]
): AsyncGenerator<Merged<M>, void, undefined> {
  for (;;) {
    const channel = selectSubChannel(...channels)
    const next = channel?.take()
    if (channel !== undefined && next !== undefined) yield { channel, message: next.message }
    else if (channels.every(({ isClosed }) => isClosed)) return
    else await anyReady(channels)
  }
}

function anyReady(channels: readonly Readable<unknown>[]): Promise<void> {
  return new Promise((resolve) => {
    const unwatch = channels.map((channel) =>
      channel.watch(() => {
        for (const stop of unwatch) stop()
        resolve()
      }),
    )
  })
}
