import { type ChannelContext, PubChannel, RepChannel, StateChannel } from '@skein/channels'
import { Spectrometer } from './spectrometer.js'

/** Does what it is asked to, until its context is closed. Panel and viewer connect to it, and reach each other through it. */
export async function instrument(context: ChannelContext, address: string): Promise<void> {
  const spectrometer = new Spectrometer()
  const log = new PubChannel(context, 'log')
  const spectra = new PubChannel(context, 'spectra', { type: 'binary' })
  const settings = new StateChannel(context, 'settings', { type: 'object' })
  settings.send(spectrometer.settings)

  const changed = async () => {
    settings.send(spectrometer.settings)
    await log.send('info instrument: settings have changed')
    return 'done'
  }
  // What throws here is thrown where it was asked for.
  new RepChannel(context, 'spectrometer', {
    move(centre: unknown) {
      spectrometer.move(centre)
      return changed()
    },
    expose(exposure: unknown) {
      spectrometer.expose(exposure)
      return changed()
    },
    async measure() {
      const { counts, peak, isSaturated } = spectrometer.measure()
      await spectra.send(new Uint8Array(counts.buffer))
      await log.send(isSaturated ? 'warn instrument: saturated' : 'info instrument: measured')
      return peak
    },
  })

  const host = await context.bind(address, { maxTries: 100 })
  console.log('bound to', host.endpoint)
  await new Promise<void>((resolve) => host.once('closed', () => resolve()))
}
