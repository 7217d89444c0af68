// What `npm run faults` runs.
import { main } from '../dist/faults/command.js'

process.exitCode = await main(process.argv.slice(2))
