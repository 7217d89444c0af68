import {
  anything,
  checkAddress,
  checkBytes,
  checkOptions,
  invalidOption,
  type SocketKind,
  type SocketOption,
} from '@skein/core/internal'
import { defaultPorts } from './open-socket.js'
import { type Binding, isOption, type PortRange, type SocketPlan } from './plan.js'

const RANGE_CHECKS = { min: anything, max: anything, maxTries: anything }

/** What is asked for a socket before it is made. */
export class SocketDraft {
  readonly #kind: SocketKind
  readonly #options: [name: string, value: SocketOption][] = []
  readonly #binds: Binding[] = []
  readonly #connects: string[] = []
  readonly #subscriptions: string[] = []

  constructor(kind: SocketKind) {
    this.#kind = kind
  }

  get plan(): SocketPlan {
    return {
      kind: this.#kind,
      options: [...this.#options],
      binds: [...this.#binds],
      connects: [...this.#connects],
      subscriptions: [...this.#subscriptions],
    }
  }

  bind(address: string): void {
    checkAddress(address, 'bind')
    this.#binds.push({ address })
  }

  bindToRandomPort(address: string, range: PortRange): void {
    checkOptions(range, RANGE_CHECKS, 'range')
    if (/:\d+$/.test(address))
      throw invalidOption('address', address, 'one without a port, such as tcp://127.0.0.1')
    const ports = {
      min: range.min ?? defaultPorts.min,
      max: range.max ?? defaultPorts.max,
      maxTries: range.maxTries ?? defaultPorts.maxTries,
    }
    const { min, max, maxTries } = ports
    if (!Number.isInteger(min) || min < 1 || min > 65_535)
      throw invalidOption('min', min, 'a port, from 1 to 65535')
    if (!Number.isInteger(max) || max <= min || max > 65_536)
      throw invalidOption('max', max, 'the port after the last, above min, up to 65536')
    if (!Number.isInteger(maxTries) || maxTries < 1)
      throw invalidOption('maxTries', maxTries, 'an integer above 0')
    checkAddress(`${address}:${min}`, 'bind')
    this.#binds.push({ address, ports })
  }

  connect(address: string): void {
    checkAddress(address, 'connect')
    this.#connects.push(address)
  }

  set(name: string, value: SocketOption): void {
    if (typeof name !== 'string') throw invalidOption('name', name, 'one of zeromq.js, such as linger')
    if (!isOption(value)) throw invalidOption(name, value, 'a string, a number, true, false or null')
    this.#options.push([name, value])
  }

  subscribe(prefix: Uint8Array | string): void {
    if (this.#kind !== 'sub') throw invalidOption('subscribe', this.#kind, 'a sub socket')
    this.#subscriptions.push(Buffer.from(checkBytes('prefix', prefix)).toString('base64'))
  }
}
