import { type Deadlines, Due } from '../deadlines.js'
import { type ErrorCode, SkeinError } from '../errors.js'
import type { Link } from '../link/link.js'

class Dial extends Due {
  constructor(
    /** The link that may lead there; another one once it turns out to be needless. */
    public link: Link,
    readonly address: string,
    /** Milliseconds. */
    readonly timeout: number,
    readonly resolve: (uid: string) => void,
    readonly reject: (error: SkeinError) => void,
    readonly forget: (dial: Dial) => void,
  ) {
    super()
  }

  override expired(): void {
    this.forget(this)
    this.reject(failure(this))
  }
}

/** The addresses that are being dialled for somebody who waits to learn who is there. Each has a deadline of its own. */
export class Dials {
  readonly #deadlines: Deadlines
  readonly #dials = new Set<Dial>()

  constructor(deadlines: Deadlines) {
    this.#deadlines = deadlines
  }

  /** Resolves with the uid of whoever answers, once both sides know each other. */
  wait(link: Link, address: string, timeout: number): Promise<string> {
    return new Promise((resolve, reject) => {
      const dial = new Dial(link, address, timeout, resolve, reject, (done) => this.#dials.delete(done))
      this.#dials.add(dial)
      this.#deadlines.add(dial, timeout)
    })
  }

  /** A handshake on the link is complete. */
  shaken(link: Link): void {
    const { uid } = link
    if (uid !== undefined) this.#settle(link, ({ resolve }) => resolve(uid))
  }

  /** The link is over. */
  ended(link: Link): void {
    this.#settle(link, (dial) => dial.reject(failure(dial)))
  }

  /** The link is needless: there is another one to the same runtime. */
  merged(link: Link, into: Link): void {
    for (const dial of this.#dials) if (dial.link === link) dial.link = into
    if (into.isShaken) this.shaken(into)
    else if (into.isOver) this.ended(into)
  }

  close(error: SkeinError): void {
    for (const dial of this.#dials) this.#deadlines.remove(dial)
    for (const dial of this.#dials) dial.reject(error)
    this.#dials.clear()
  }

  #settle(link: Link, how: (dial: Dial) => void): void {
    for (const dial of this.#dials) {
      if (dial.link !== link) continue
      this.#dials.delete(dial)
      this.#deadlines.remove(dial)
      how(dial)
    }
  }
}

const REFUSALS: readonly ErrorCode[] = ['ERR_UID_TAKEN', 'ERR_NO_SUCH_PEER', 'ERR_INVALID_ADDRESS']

function failure({ link, address, timeout }: Dial): SkeinError {
  const { refusal, state, uid } = link
  if (refusal !== null) {
    const code = REFUSALS.find((known) => known === refusal.code) ?? 'ERR_HANDSHAKE_REFUSED'
    return new SkeinError(code, `${address} refused the handshake: ${refusal.message}`, { address })
  }
  if ((state.kind === 'dead' && state.reason !== 'no-answer') || state.kind === 'left') {
    const { reason } = state
    const text = `${uid ?? 'whoever answered'} at ${address} was lost before the handshake was complete (${reason})`
    return new SkeinError('ERR_PEER_LOST', text, { address, reason, ...(uid !== undefined && { uid }) })
  }
  const reason = link.lastFailure ?? 'no answer'
  return new SkeinError(
    'ERR_HANDSHAKE_TIMEOUT',
    `${address} did not complete the handshake within ${timeout} ms (${reason}); ` +
      'is a runtime listening there, with the same mesh token, and can it dial back?',
    { address, timeoutMs: timeout, reason },
  )
}
