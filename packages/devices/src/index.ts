export type {
  PlainSocket,
  SocketKind,
  SocketOption,
  SocketOptions,
  SocketSpaceOptions,
} from '@skein/core/internal'
export { SocketSpace } from '@skein/core/internal'
export { Device } from './device.js'
export type { DeviceOptions, DeviceType, RunnerKind } from './device-options.js'
export { MonitoredQueue, type MonitoredQueueOptions } from './monitored-queue.js'
export type { Endpoints } from './open-relay.js'
export type { PortRange } from './plan.js'
export { ProxyDevice as Proxy, type ProxyOptions } from './proxy-device.js'
export type { RelayStatistics, Traffic } from './relay.js'
export { SteerableProxy, type SteerableProxyOptions } from './steerable-proxy.js'
