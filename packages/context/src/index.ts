export { Context } from './context.js'
export type {
  ContextOptions,
  EndpointOptions,
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
