import { type ChannelContext, mergeSubChannels, SubChannel } from '@skein/channels'
import { join } from './join.js'

/** Shows what instrument and panel log, and what is measured, as it comes, until the instrument is gone. */
export async function viewer(context: ChannelContext, address: string): Promise<void> {
  const log = new SubChannel(context, 'log')
  const spectra = new SubChannel(context, 'spectra', { type: 'binary' })
  const connection = await join(context, address)
  for await (const { message } of mergeSubChannels<string | Uint8Array>(log, spectra))
    console.log(typeof message === 'string' ? message : `spectrum ${drawn(message)}`)
  console.log(`the connection is over: ${connection.reason}`)
}

const BARS = '▁▂▃▄▅▆▇█'

function drawn(bytes: Uint8Array): string {
  // Copied, since what has come need not begin where a Float64Array may.
  const counts = new Float64Array(bytes.slice().buffer)
  const most = Math.max(...counts)
  return Array.from(counts, (count) => BARS[Math.round((7 * count) / most)]).join('')
}
