export type { BackgroundBroker, BackgroundOptions } from './background.js'
export { Broker, type BrokerEvents, type EnsureOptions, type ServeOptions } from './broker.js'
export type { CheckOptions } from './check.js'
export { type AskOptions, Client, type ClientEvents, type ClientOptions } from './client.js'
export type { BrokerConfig, BrokerConfigSource } from './config.js'
export type {
  BrokerCounts,
  BrokerStatus,
  Gathered,
  RelayEndpoints,
  ServiceChange,
  ServiceStatus,
  WorkerStatus,
} from './contract.js'
export type { Handler, WorkContext } from './duties.js'
export type { Found } from './ensure.js'
export type { BrokerOptions, MemberOptions, SharedOptions } from './options.js'
export { Service } from './service.js'
export { statusText } from './status-text.js'
export { Worker, type WorkerEvents, type WorkerOptions } from './worker.js'
