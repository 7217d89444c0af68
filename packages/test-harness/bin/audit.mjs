// What `npm run audit` runs.
import { main } from '../dist/audit/command.js'

process.exitCode = await main(process.argv.slice(2))
