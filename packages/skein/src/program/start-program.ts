import { constants } from 'node:os'
import { type StartRole, startRole } from '@skein/launch/internal'
import { type SummaryReport, summarise } from './summary.js'

/** Of a program whose output nobody reads any more, as if SIGPIPE had ended it. */
const BROKEN_PIPE = 128 + constants.signals.SIGPIPE

/**
 * The head of `skein run`: launch's, which before it ends tells what the runtimes of the mesh did. It says in a sentence
 * what is wrong with a script that exports no program.
 */
export const startProgram: StartRole = async (spec, report, transport) => {
  const complaint = await complaintAbout(String(spec.roleOptions?.script))
  if (complaint !== undefined) {
    process.stderr.write(`skein: ${complaint}\n`)
    return { over: Promise.resolve(1), stop: async () => {}, destroy: async () => {} }
  }
  const role = await startRole(spec, report, transport)
  const summary = async (): Promise<SummaryReport> => ({
    kind: 'summary',
    runtimes: await summarise(role.runtime),
  })
  const over = role.over.then(async (status) => {
    // The program is over: that its runtimes are now asked is no business of its listeners.
    role.runtime.removeAllListeners('peer')
    report(await summary())
    return status
  })
  return { ...role, over: Promise.race([over, outputBroken()]) }
}

async function complaintAbout(script: string): Promise<string | undefined> {
  const { default: exported } = await import(script)
  // Twice, for CommonJS that a compiler has made of a module.
  if (typeof (exported?.default ?? exported) === 'function') return undefined
  return `${script} exports no function by default; it needs\n\n  export default async function main(mesh, args) { … }\n`
}

/** Nobody but the program itself would notice that its output is lost, and it may never look. */
function outputBroken(): Promise<number> {
  return new Promise((resolve) => {
    process.stdout.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') resolve(BROKEN_PIPE)
    })
  })
}
