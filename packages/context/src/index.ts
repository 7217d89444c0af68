export type { Broker, BrokerStatistics } from './broker/broker.js'
export { Context } from './context.js'
export type { LogLevel } from './log/levels.js'
export { LogBroker, type LogBrokerOptions } from './log/log-broker.js'
export { LogClient, type LogClientOptions } from './log/log-client.js'
export type { LogRecord } from './log/log-record.js'
export type { LogEntry, PubHandler } from './log/pub-handler.js'
export type {
  BrokerOptions,
  ContextOptions,
  EndpointOptions,
  FramesHook,
  PubHandlerOptions,
  PublisherOptions,
  ReplierOptions,
  RequesterOptions,
  SubscriberOptions,
} from './options.js'
export type { CodecChoice, PayloadCodec } from './payload/codec.js'
export type { Publisher, WaitOptions } from './publish/publisher.js'
export type { Message, Subscriber } from './publish/subscriber.js'
export type { Replier, RequestHandler, RequestInfo } from './request/replier.js'
export type { Requester, RequestOptions } from './request/requester.js'
