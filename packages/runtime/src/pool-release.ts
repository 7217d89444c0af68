import type { PeerChange, PeerKind } from '@skein/core'
import type { Member } from './pool-crew.js'
import { release } from './proxy.js'
import type { Runtime } from './runtime.js'

/**
 * Lets go of a pool's object on a worker. Resolves once the worker knows, or is gone; of one that is stalled, or that can't
 * be reached from here, nobody can say when it will look, so the release is left on its way.
 */
export function releaseAt<T extends object>(
  runtime: Pick<Runtime, 'on' | 'off' | 'peers'>,
  { uid, remote }: Member<T>,
): Promise<void> {
  const released = release(remote)
  if (runtime.peers().some((peer) => peer.uid === uid && isDeaf(peer.state))) return Promise.resolve()
  return new Promise((resolve) => {
    const end = (): void => {
      runtime.off('peer', look)
      resolve()
    }
    const look = (change: PeerChange): void => {
      if (change.uid === uid && isDeaf(change.is)) end()
    }
    runtime.on('peer', look)
    void released.then(end)
  })
}

/** Whether one in this state may not look for as long as it likes. One that is suspect is another thing soon. */
function isDeaf(state: PeerKind): boolean {
  return state === 'stalled' || state === 'unreachable'
}
