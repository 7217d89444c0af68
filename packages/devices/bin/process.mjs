import module from 'node:module'

// From Node 22 on: what V8 has compiled is kept in the temporary folder, for the next time.
module.enableCompileCache?.()
const { runRelayProcess } = await import('../dist/internal.js')

await runRelayProcess()
