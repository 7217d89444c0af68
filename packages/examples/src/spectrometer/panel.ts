import { createInterface } from 'node:readline'
import { type ChannelContext, PubChannel, ReqChannel } from '@skein/channels'
import { join } from './join.js'

/** Asks the instrument what is typed, `move 589`, and logs how that went, until the input ends or the instrument does. */
export async function panel(context: ChannelContext, address: string): Promise<void> {
  const log = new PubChannel(context, 'log')
  const spectrometer = new ReqChannel(context, 'spectrometer')
  const connection = await join(context, address)
  const lines = createInterface({ input: process.stdin })
  connection.once('closed', () => lines.close())
  for await (const line of lines) {
    const [method = '', ...args] = line.trim().split(/\s+/)
    if (method === '') continue
    try {
      console.log(`${line}:`, await spectrometer.ask(method, args.map(Number)))
      await log.send(`info panel: ${line}`)
    } catch (error) {
      console.log(`${line}: ${error}`)
      if (!log.isClosed) await log.send(`warn panel: ${line}: refused`)
    }
  }
}
