// What bin/skein.js runs.
import { main } from './cli/command.js'

process.exitCode = await main(process.argv.slice(2))
