import { type PeerChange, SkeinError } from '@skein/core'
import { isGone } from '@skein/core/internal'
import type { Runtime } from '@skein/runtime/internal'
import { ROLES } from './contract.js'

/** Whether a change is that a broker answers. */
export function isBrokerBack({ uid, is }: PeerChange, runtime: Runtime): boolean {
  return is === 'alive' && runtime.comms.entryOf(uid)?.roles.includes(ROLES.broker) === true
}

/** Whether a change is the end of the broker that a runtime is linked to. */
export function isBrokerGone(change: PeerChange, broker: string | undefined): boolean {
  return change.uid === broker && isGone(change)
}

/** The broker's uid. @throws ERR_CLOSED before it was reached */
export function brokerOf(runtime: Runtime): string {
  if (runtime.monitor !== undefined) return runtime.monitor
  throw new SkeinError('ERR_CLOSED', `${runtime.uid} is not started`, { uid: runtime.uid, executed: 'no' })
}

/** Codes with which a broker turns out to be gone, or to be going. */
const GONE: ReadonlySet<string> = new Set(['ERR_PEER_LOST', 'ERR_NO_SUCH_PEER', 'ERR_CLOSED'])

/** Whether an error says that the broker is not there. */
export function isAway(error: unknown, broker: string): boolean {
  return error instanceof SkeinError && GONE.has(error.code) && error.uid === broker
}

/**
 * Resolves with its uid when a broker is there that wasn't.
 *
 * @throws the signal's reason, ERR_CLOSED if the runtime ends first
 */
export function brokerBack(runtime: Runtime, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const changed = (change: PeerChange): void => {
      if (isBrokerBack(change, runtime)) settle(() => resolve(change.uid))
    }
    const aborted = (): void => settle(() => reject(signal.reason))
    const closed = (): void => {
      const text = `${runtime.uid} was stopped while it waited for the broker`
      settle(() => reject(new SkeinError('ERR_CLOSED', text, { uid: runtime.uid, executed: 'no' })))
    }
    const settle = (then: () => void): void => {
      runtime.off('peer', changed)
      runtime.off('close', closed)
      signal.removeEventListener('abort', aborted)
      then()
    }
    if (signal.aborted) return reject(signal.reason)
    runtime.on('peer', changed)
    runtime.on('close', closed)
    signal.addEventListener('abort', aborted)
  })
}
