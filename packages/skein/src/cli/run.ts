import { SkeinError } from '@skein/core'
import { nearby } from '../nearby.js'
import { Crew } from './crew.js'
import { Interrupts } from './interrupts.js'
import { MeshRun } from './mesh-run.js'
import type { RunOptions } from './options.js'
import { Screen } from './screen.js'

/** Runs a program on a mesh of its own, and resolves with the exit status when nothing of the mesh is left. */
export async function run(options: RunOptions): Promise<number> {
  const screen = await Screen.open(process.stdout, process.stderr, options)
  const crew = new Crew()
  const interrupts = new Interrupts(() => crew.kill())
  const mesh = new MeshRun(options, crew, screen)
  try {
    const played = mesh.play().then((status) => ({ status, drains: false }))
    const { status, drains } = await Promise.race([interrupts.first, played])
    await mesh.end(drains ? options.drain : 0)
    return status
  } catch (error) {
    await mesh.end(0)
    if (!(error instanceof SkeinError)) throw error
    // Its message holds the last lines of what could not be started. Where it was raised here tells nothing.
    screen.say(nearby(error.message))
    return 1
  } finally {
    interrupts.close()
  }
}
