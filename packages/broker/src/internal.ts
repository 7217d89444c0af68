export { runBrokerProcess, runBrokerThread } from './broker-job.js'
export { readConfig, readToken } from './config.js'
export { BROKER, WORKER } from './contract.js'
export { relayText } from './status-text.js'
