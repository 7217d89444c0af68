import { Program } from './program.js'

/** Runs an instrument, a panel and a viewer that comes late, types at the panel, and ends them all. */
export async function runAll(main: URL): Promise<void> {
  const programs: Program[] = []
  const start = (role: string, address: string): Program => {
    const program = new Program(main, role, address)
    programs.push(program)
    return program
  }
  const endAll = () => Promise.all(programs.map((program) => program.end()))
  let isInterrupted = false
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => {
      isInterrupted = true
      void endAll()
    })
  try {
    const instrument = start('instrument', 'localhost:spectrometer')
    const address = await instrument.says(/^bound to (.+)/)
    const panel = start('panel', address)
    panel.type('move 589')
    await panel.says(/^move 589: (.+)/)
    const viewer = start('viewer', address)
    await viewer.says(/^settings: (.+)/)
    panel.type('measure', 'move 900', 'expose 50', 'measure')
    const statuses = [await panel.typed(), await instrument.end(), await viewer.ended]
    if (statuses.some((status) => status !== 0)) throw new Error('a program has failed')
  } catch (error) {
    if (!isInterrupted) throw error
  } finally {
    await endAll()
  }
}
