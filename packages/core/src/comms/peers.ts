import { abortReason } from '../abort-watch.js'
import { invalidOption, SkeinError } from '../errors.js'
import type { Links } from '../link/links.js'
import { type CommsSettings, checkTimeout, checkUid } from '../settings.js'
import { schemeOf, type Transport } from '../transport/transport.js'
import { type DirectoryEntry, Kind } from '../wire/message.js'
import { isGone, type PeerChange } from './peer-change.js'
import { type PeerReport, report } from './report.js'
import { noSuchPeer } from './requests.js'
import type { Traffic } from './traffic.js'

export interface PeersParts {
  readonly settings: CommsSettings
  readonly traffic: Traffic
  readonly transport: Pick<Transport, 'checkEndpoint'>
  /** Undefined before the start. */
  readonly links: () => Links | undefined
  /** The links of a runtime that is running; throws ERR_CLOSED otherwise. */
  readonly running: () => Links
}

/** What this runtime knows of the others, and how it comes to be linked to them. `CommsManager` documents each method. */
export class Peers {
  readonly #parts: PeersParts

  constructor(parts: PeersParts) {
    this.#parts = parts
  }

  async connect(address: string, given: number | undefined): Promise<string> {
    const { settings, traffic, transport, running } = this.#parts
    const links = running()
    if (typeof address !== 'string' || schemeOf(address) === undefined) throw invalidAddress(address)
    transport.checkEndpoint?.(address)
    const timeout = checkTimeout('timeout', given, settings.handshake.timeout)
    return traffic.dials.wait(links.dial(address, timeout), address, timeout)
  }

  async waitFor(uid: string, given: number | undefined): Promise<void> {
    const { settings, traffic, running } = this.#parts
    const links = running()
    const timeout = checkTimeout('timeout', given, settings.timeout)
    if (checkUid(uid) === settings.uid || this.shaken(uid)) return
    const message = `${uid} was not there within ${timeout} ms`
    const facts = { uid, timeoutMs: timeout }
    const timedOut = () => new SkeinError('ERR_TIMEOUT', message, facts)
    const waited = traffic.waiters.wait(uid, { timeout, timedOut })
    if (links.to(uid) === undefined)
      void traffic.requests.lookUps.ask(uid).then(() => this.#parts.links()?.to(uid))
    await waited
  }

  async watch(uid: string, signal: AbortSignal | undefined): Promise<PeerChange> {
    const { traffic, running } = this.#parts
    const links = running()
    const known = this.entryOf(checkUid(uid))
    const told = traffic.introductions?.standings.get(uid)?.change
    const cancelled = (aborted: AbortSignal): SkeinError => notWatched(uid, aborted)
    if (signal?.aborted === true) throw cancelled(signal)
    if (told !== undefined && isGone(told) && links.get(uid) === undefined) return told
    const instance = known?.instance ?? told?.instance
    if (instance === undefined) throw noSuchPeer(uid)
    const ended = traffic.ends.wait(instance, { signal, cancelled })
    return ended.catch((error: unknown) => {
      throw error instanceof SkeinError && error.code === 'ERR_CLOSED' ? stoppedFirst(uid, error) : error
    })
  }

  connected(uid: string): boolean {
    const kind = this.#parts.links()?.get(uid)?.state.kind
    return kind === 'alive' || kind === 'stalled'
  }

  hasRoom(uid: string): boolean {
    return this.#parts.links()?.get(uid)?.outbox.hasRoom ?? true
  }

  shaken(uid: string): boolean {
    return this.#parts.links()?.get(uid)?.isShaken ?? false
  }

  entryOf(uid: string): DirectoryEntry | undefined {
    const links = this.#parts.links()
    return links?.get(uid)?.entry ?? links?.directory.get(uid)
  }

  reports(): PeerReport[] {
    const { settings, traffic } = this.#parts
    const links = this.#parts.links()
    const { introductions, requests } = traffic
    if (links === undefined || introductions === undefined) return []
    const { standings } = introductions
    return report({ links, replies: requests.replies, standings, clock: settings.clock })
  }

  disconnect(uid: string, notify: boolean): void {
    const { traffic, running } = this.#parts
    const link = running().get(checkUid(uid))
    if (link?.instance === undefined) return
    const { instance } = link
    const reason = 'disconnected'
    link.leave(reason)
    if (notify) traffic.introductions?.tellAll({ kind: Kind.disconnect, uid, instance, reason })
  }
}

function invalidAddress(address: unknown): SkeinError {
  const allowed = 'tcp://host:port, ipc://path or inproc://name'
  const { message, given = '' } = invalidOption('address', address, allowed)
  return new SkeinError('ERR_INVALID_ADDRESS', message, { option: 'address', given, allowed })
}

function notWatched(uid: string, aborted: AbortSignal): SkeinError {
  const { text: reason, cause } = abortReason(aborted)
  return new SkeinError('ERR_CANCELLED', `${uid} is not watched any more: ${reason}`, { uid, reason, cause })
}

/** Whoever has forgotten to catch it is to see which promise it was. */
function stoppedFirst(uid: string, { message }: SkeinError): SkeinError {
  return new SkeinError('ERR_CLOSED', `${uid} is not watched any more: ${message} before it was gone`, {
    uid,
  })
}
