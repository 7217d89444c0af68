// What the head's process runs: the user's program. Started by `skein run`.
import module from 'node:module'

module.enableCompileCache?.() // as in skein.js
const { processMain } = await import('@skein/launch/internal')
const { startProgram } = await import('../dist/internal.js')

await processMain(startProgram)
