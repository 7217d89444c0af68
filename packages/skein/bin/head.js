// What the head's process runs: the user's program. Started by `skein run`.
import { processMain } from '@skein/launch/internal'
import { startProgram } from '../dist/program/start-program.js'

await processMain(startProgram)
