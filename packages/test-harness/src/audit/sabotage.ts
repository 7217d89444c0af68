import { type Link, type Safeguards, Secrets, Session, safeguards, type Taking } from '@skein/core/internal'

/**
 * Safeguards of which one is off. With any of them the audit must fail: that is how the auditor itself is tested. They
 * are here, and not in core, so that nobody can switch one off in a program.
 */
export const SABOTAGES = ['dedup', 'resume', 'token', 'order'] as const
export type Sabotage = (typeof SABOTAGES)[number]

export function safeguardsWithout(off: Sabotage | undefined): Safeguards {
  switch (off) {
    case undefined:
      return safeguards
    case 'dedup':
      return { ...safeguards, newSession: (...made) => new Forgetful(...made) }
    case 'resume':
      return { ...safeguards, newSession: (...made) => new Careless(...made) }
    case 'order':
      return { ...safeguards, newSession: (...made) => new Hasty(...made) }
    case 'token':
      return { ...safeguards, newSecrets: () => new KeptSecrets() }
  }
}

/** Takes what it has taken before. */
class Forgetful extends Session {
  override take(seq: number): Taking {
    const taking = super.take(seq)
    return taking === 'duplicate' ? 'new' : taking
  }
}

/** Takes what was lost with a connection for received. */
class Careless extends Session {
  override resume(taken: number): boolean {
    return super.resume(Math.max(taken, this.sent))
  }
}

/** Takes batches as they come: a gap is no reason to wait, and what was missing is taken later. */
class Hasty extends Session {
  readonly #missing = new Set<number>()

  override take(seq: number): Taking {
    if (this.#missing.delete(seq)) return 'new'
    while (this.taken + 1 < seq) {
      this.#missing.add(this.taken + 1)
      super.take(this.taken + 1)
    }
    return super.take(seq)
  }
}

/** A token that was given to a peer once stays good, for whichever session there is with it. */
class KeptSecrets extends Secrets<Link> {
  readonly #latest = new Map<string, Link>()

  override release(): void {}

  override whose(key: string): Link | undefined {
    const link = super.whose(key)
    if (link?.uid === undefined) return link
    if (!link.isOver) {
      this.#latest.set(link.uid, link)
      return link
    }
    return this.#latest.get(link.uid) ?? link
  }
}
