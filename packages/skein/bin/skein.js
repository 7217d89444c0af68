#!/usr/bin/env node
import module from 'node:module'

// From Node 22 on: what V8 has compiled is kept in the temporary folder, for the next time.
module.enableCompileCache?.()
await import('../dist/cli.js')
