export { readConfig, readToken } from './config.js'
export { BROKER, WORKER } from './contract.js'
