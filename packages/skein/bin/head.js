// What the head's process runs: the user's program. Started by `skein run`.
import { processMain } from '@skein/launch/internal'
import { startProgram } from '../dist/internal.js'

await processMain(startProgram)
