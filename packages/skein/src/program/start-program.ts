import { constants } from 'node:os'
import { fileURLToPath } from 'node:url'
import { type StartRole, startRole } from '@skein/launch/internal'
import { nearby } from '../nearby.js'
import { type SummaryReport, summarise } from './summary.js'

/** Of a program whose output nobody reads any more, as if SIGPIPE had ended it. */
const BROKEN_PIPE = 128 + constants.signals.SIGPIPE

/** The head of `skein run`: launch's, which before it ends tells what the runtimes of the mesh did. */
export const startProgram: StartRole = async (spec, report, transport) => {
  await checkProgram(String(spec.roleOptions?.script))
  const role = await startRole(spec, report, transport)
  const over = role.over.then(async (status) => {
    // The program is over: that its runtimes are now asked is no business of its listeners.
    role.runtime.removeAllListeners('peer')
    const runtimes = await summarise(role.runtime)
    if (runtimes !== undefined) report({ kind: 'summary', runtimes } satisfies SummaryReport)
    return status
  })
  return { ...role, over: Promise.race([over, outputBroken()]) }
}

/** Ends this process where a script is no program, before it has opened anything. */
async function checkProgram(script: string): Promise<void> {
  const { default: exported } = await import(script).catch(onImportError)
  // Twice, for CommonJS that a compiler has made of a module.
  if (typeof (exported?.default ?? exported) === 'function') return
  console.error(
    `skein: ${nearby(fileURLToPath(script))} exports no function by default; it needs\n${EXAMPLE}`,
  )
  process.exit(1)
}

const EXAMPLE = '\n  export default async function main(mesh, args) { … }\n'

/** Lets node itself report what is wrong in a script's syntax: such an error doesn't tell the place. */
function onImportError(error: unknown): Promise<never> {
  if (!(error instanceof SyntaxError)) throw error
  process.nextTick(() => {
    throw error
  })
  return new Promise(() => {})
}

/** Nobody but the program itself would notice that its output is lost, and it may never look. */
function outputBroken(): Promise<number> {
  return new Promise((resolve) => {
    process.stdout.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') resolve(BROKEN_PIPE)
    })
  })
}
