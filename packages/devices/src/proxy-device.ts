import type { SocketKind, SocketOption } from '@skein/core/internal'
import {
  anything,
  type Checks,
  canSend,
  invalidOption,
  isSocketKind,
  SOCKET_KINDS,
} from '@skein/core/internal'
import { Device } from './device.js'
import type { DeviceOptions } from './device-options.js'
import type { PortRange, RelayPlan } from './plan.js'
import { SocketDraft } from './socket-draft.js'

export interface ProxyOptions extends DeviceOptions {
  /**
   * What the monitor socket is: copies are sent to it.
   * @default 'pub': whoever wants to look may come and go
   */
  readonly monitor?: SocketKind | undefined
}

/**
 * A device that copies what passes to a monitor socket, which is opened last, and where it was bound or connected. It
 * holds nobody up: what it can't take at once it does not get, and `unmonitored` counts that.
 */
export class ProxyDevice extends Device {
  /** @internal */
  static override readonly checks: Checks = { ...Device.checks, monitor: anything }
  readonly #monitor: SocketDraft
  #isMonitored = false

  /** @throws ERR_INVALID_OPTION */
  constructor(options: ProxyOptions) {
    super(options)
    const { monitor = 'pub' } = options
    if (!isSocketKind(monitor) || !canSend(monitor))
      throw invalidOption('monitor', monitor, SOCKET_KINDS.filter(canSend).join(', '))
    this.#monitor = new SocketDraft(monitor)
  }

  bindMonitor(address: string): void {
    this.#asked().bind(address)
  }

  bindMonitorToRandomPort(address: string, range: PortRange = {}): void {
    this.#asked().bindToRandomPort(address, range)
  }

  connectMonitor(address: string): void {
    this.#asked().connect(address)
  }

  setOptionMonitor(name: string, value: SocketOption): void {
    this.draft(this.#monitor).set(name, value)
  }

  protected override plan(): RelayPlan {
    return { ...super.plan(), monitor: this.#isMonitored ? this.#monitor.plan : undefined }
  }

  #asked(): SocketDraft {
    const draft = this.draft(this.#monitor)
    this.#isMonitored = true
    return draft
  }
}
