import { runBrokerProcess } from '../dist/internal.js'

await runBrokerProcess()
