import { processMain, startRole } from '../dist/internal.js'

await processMain(startRole)
