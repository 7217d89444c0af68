import { anything, type Checks, invalidOption, type SocketOption } from '@skein/core/internal'
import type { PortRange, RelayPlan } from './plan.js'
import { ProxyDevice, type ProxyOptions } from './proxy-device.js'
import { SocketDraft } from './socket-draft.js'

const CONTROLS = ['rep', 'pair', 'dealer', 'pull', 'sub'] as const

export interface SteerableProxyOptions extends ProxyOptions {
  /**
   * What the control socket is. A REP answers every command; PAIR and DEALER answer STATISTICS; PULL and SUB only hear.
   * @default 'rep'
   */
  readonly control?: (typeof CONTROLS)[number] | undefined
}

/**
 * A proxy that can be held and counted while it runs: by its methods, and by whoever reaches its control socket, which
 * takes the commands of libzmq's steerable proxy: `PAUSE`, `RESUME`, `TERMINATE` and `STATISTICS`.
 */
export class SteerableProxy extends ProxyDevice {
  /** @internal */
  static override readonly checks: Checks = { ...ProxyDevice.checks, control: anything }
  readonly #control: SocketDraft
  #isControlled = false

  /** @throws ERR_INVALID_OPTION */
  constructor(options: SteerableProxyOptions) {
    super(options)
    const { control = 'rep' } = options
    if (!CONTROLS.includes(control)) throw invalidOption('control', control, CONTROLS.join(', '))
    this.#control = new SocketDraft(control)
  }

  bindControl(address: string): void {
    this.#asked().bind(address)
  }

  bindControlToRandomPort(address: string, range: PortRange = {}): void {
    this.#asked().bindToRandomPort(address, range)
  }

  connectControl(address: string): void {
    this.#asked().connect(address)
  }

  setOptionControl(name: string, value: SocketOption): void {
    this.draft(this.#control).set(name, value)
  }

  /** Of a SUB. @throws ERR_INVALID_OPTION */
  subscribeControl(prefix: Uint8Array | string): void {
    this.draft(this.#control).subscribe(prefix)
  }

  /** Holds what comes in, which pushes back on whoever sends, until `resume`. @throws ERR_CLOSED unless it runs */
  async pause(): Promise<void> {
    await (await this.running()).pause()
  }

  /** @throws ERR_CLOSED unless it runs */
  async resume(): Promise<void> {
    await (await this.running()).resume()
  }

  protected override plan(): RelayPlan {
    return { ...super.plan(), control: this.#isControlled ? this.#control.plan : undefined }
  }

  #asked(): SocketDraft {
    const draft = this.draft(this.#control)
    this.#isControlled = true
    return draft
  }
}
