import { runBrokerThread } from '../dist/internal.js'

await runBrokerThread()
