// The side of a pair that serves, where both are threads of one process.
import { main } from '../dist/pair/thread-main.js'

await main()
