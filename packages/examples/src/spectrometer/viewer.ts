import { type ChannelContext, SubChannel } from '@skein/channels'
import { join } from './join.js'

/** Shows what instrument and panel log, and what is measured, until the instrument is gone. */
export async function viewer(context: ChannelContext, address: string): Promise<void> {
  const log = new SubChannel(context, 'log')
  const spectra = new SubChannel(context, 'spectra', { type: 'binary' })
  const connection = await join(context, address)
  // Each is shown in its own order, and goes on until its channel is closed.
  await Promise.all([showLog(log), showSpectra(spectra)])
  console.log(`the connection is over: ${connection.reason}`)
}

async function showLog(log: SubChannel): Promise<void> {
  for await (const line of log) console.log(line)
}

async function showSpectra(spectra: SubChannel<'binary'>): Promise<void> {
  for await (const bytes of spectra) {
    // Copied, since what has come need not begin where a Float64Array may.
    const counts = new Float64Array(new Uint8Array(bytes).buffer)
    const most = Math.max(...counts)
    console.log(`spectrum ${Array.from(counts, (count) => BARS[Math.round((7 * count) / most)]).join('')}`)
  }
}

const BARS = '▁▂▃▄▅▆▇█'
