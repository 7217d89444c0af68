import { main } from '../dist/process-main.js'
import { startRole } from '../dist/roles.js'

await main(startRole)
