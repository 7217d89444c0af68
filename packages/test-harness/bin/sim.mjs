// What `npm run sim` runs.
import { main } from '../dist/sim/command.js'

process.exitCode = await main(process.argv.slice(2))
