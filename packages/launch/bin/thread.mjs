import { startRole, threadMain } from '../dist/internal.js'

await threadMain(startRole)
