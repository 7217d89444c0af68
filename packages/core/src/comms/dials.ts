import { type ErrorCode, SkeinError } from '../errors.js'
import type { Link } from '../link/link.js'

interface Dial {
  readonly address: string
  /** Milliseconds. */
  readonly timeout: number
  readonly resolve: (uid: string) => void
  readonly reject: (error: SkeinError) => void
}

/** The addresses that are being dialled for somebody who waits to learn who is there. */
export class Dials {
  readonly #dials = new Map<Link, Dial[]>()

  /** Resolves with the uid of whoever answers. */
  wait(link: Link, address: string, timeout: number): Promise<string> {
    return new Promise((resolve, reject) => this.#add(link, { address, timeout, resolve, reject }))
  }

  /** The link has been shaken, or is over. */
  changed(link: Link): void {
    const dials = this.#dials.get(link)
    if (dials === undefined) return
    if (link.uid !== undefined && link.isShaken) {
      this.#dials.delete(link)
      for (const dial of dials) dial.resolve(link.uid)
    } else if (link.isOver) {
      this.#dials.delete(link)
      for (const dial of dials) dial.reject(failure(link, dial))
    }
  }

  /** The link is needless: there is another one to the same runtime. */
  merged(link: Link, into: Link): void {
    for (const dial of this.#dials.get(link) ?? []) this.#add(into, dial)
    this.#dials.delete(link)
    this.changed(into)
  }

  close(error: SkeinError): void {
    for (const dials of this.#dials.values()) for (const dial of dials) dial.reject(error)
    this.#dials.clear()
  }

  #add(link: Link, dial: Dial): void {
    this.#dials.set(link, [...(this.#dials.get(link) ?? []), dial])
  }
}

const REFUSALS: readonly ErrorCode[] = ['ERR_UID_TAKEN', 'ERR_NO_SUCH_PEER', 'ERR_INVALID_ADDRESS']

function failure(link: Link, { address, timeout }: Dial): SkeinError {
  const { refusal } = link
  if (refusal !== null) {
    const code = REFUSALS.find((known) => known === refusal.code) ?? 'ERR_HANDSHAKE_REFUSED'
    return new SkeinError(code, `${address} refused the handshake: ${refusal.message}`, { address })
  }
  return new SkeinError(
    'ERR_HANDSHAKE_TIMEOUT',
    `${address} did not complete the handshake within ${timeout} ms (${link.lastFailure ?? 'no answer'}); ` +
      'is a runtime listening there, with the same mesh token, and can it dial back?',
    { address, timeoutMs: timeout },
  )
}
