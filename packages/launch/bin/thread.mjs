import { startRole } from '../dist/roles.js'
import { main } from '../dist/thread-main.js'

await main(startRole)
