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
