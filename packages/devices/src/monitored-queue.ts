import { type Checks, checkBytes } from '@skein/core/internal'
import type { RelayPlan } from './plan.js'
import { ProxyDevice, type ProxyOptions } from './proxy-device.js'

export interface MonitoredQueueOptions extends ProxyOptions {
  /** The first frame of the copy of what came in at `in`. @default 'in' */
  readonly inPrefix?: Uint8Array | string | undefined
  /** The same for `out`. @default 'out' */
  readonly outPrefix?: Uint8Array | string | undefined
}

/**
 * A proxy whose copies say which side a message came from, in a frame before it: so a monitor can subscribe to one of the
 * two. Between two ROUTERs the first two frames change places: what was sent to is then who it is from.
 */
export class MonitoredQueue extends ProxyDevice {
  /** @internal */
  static override readonly checks: Checks = {
    ...ProxyDevice.checks,
    inPrefix: checkBytes,
    outPrefix: checkBytes,
  }

  readonly #prefixes: { readonly in: string; readonly out: string }

  /** @throws ERR_INVALID_OPTION */
  constructor(options: MonitoredQueueOptions) {
    super(options)
    const { inPrefix = 'in', outPrefix = 'out' } = options
    this.#prefixes = { in: base64(inPrefix), out: base64(outPrefix) }
  }

  protected override plan(): RelayPlan {
    const plan = super.plan()
    const swaps = plan.in.kind === 'router' && plan.out?.kind === 'router'
    return { ...plan, prefixes: this.#prefixes, swaps }
  }
}

function base64(prefix: Uint8Array | string): string {
  return Buffer.from(prefix).toString('base64')
}
