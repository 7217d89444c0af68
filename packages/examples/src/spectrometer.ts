// A spectrometer, its control panel and a viewer of its log: three programs, joined by channels. All at once:
//
//   node packages/examples/dist/spectrometer.js
//
// Or in three terminals; type `move 589` or `measure` into the panel's:
//
//   node packages/examples/dist/spectrometer.js instrument localhost:spectrometer
//   node packages/examples/dist/spectrometer.js panel localhost:spectrometer
//   node packages/examples/dist/spectrometer.js viewer localhost:spectrometer
//
// On several machines, give all of them the same SKEIN_TOKEN; the instrument's address is publichost:spectrometer, and
// that of the others is what it says then.
import { ChannelContext } from '@skein/channels'
import { SkeinError } from 'skein'
import { instrument } from './spectrometer/instrument.js'
import { panel } from './spectrometer/panel.js'
import { runAll } from './spectrometer/run-all.js'
import { viewer } from './spectrometer/viewer.js'
import { UsageError, withUsage } from './usage-error.js'

const USAGE = 'usage: spectrometer [instrument ADDRESS | panel ADDRESS | viewer ADDRESS]'
const ROLES = new Map(Object.entries({ instrument, panel, viewer }))

const [role, address, ...more] = process.argv.slice(2)

process.exitCode = await withUsage('spectrometer', USAGE, async () => {
  if (role === undefined) return runAll(new URL(import.meta.url))
  const run = ROLES.get(role)
  if (run === undefined) throw new UsageError(`there is no role '${role}'`)
  if (address === undefined) throw new UsageError('the address is missing')
  if (more.length > 0) throw new UsageError(`there is more than one address: ${more.join(' ')}`)
  // Who gives a token wants to be reached by other machines, too.
  const token = process.env.SKEIN_TOKEN
  const context = new ChannelContext({ token, insecure: token !== undefined })
  // What a program waits for ends with its context. One that `runAll` has started ends with that, too: `disconnect`.
  for (const event of ['SIGINT', 'SIGTERM', 'disconnect'] as const)
    process.once(event, () => void context.close())
  try {
    // Whoever has started it may be gone already.
    if (process.connected !== false) await run(context, address)
  } catch (error) {
    if (!(error instanceof SkeinError)) throw error
    if (error.code !== 'ERR_CLOSED') throw new UsageError(error.message)
  } finally {
    await context.close()
    if (process.connected) process.disconnect?.()
  }
})
