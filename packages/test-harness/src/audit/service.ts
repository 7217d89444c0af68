import type { Clock } from '@skein/core/internal'
import type { RemoteObject } from '@skein/runtime'
import type { Random } from '../random.js'
import type { Journal } from './journal.js'
import type { Audited, AuditService } from './operations.js'
import { weigh } from './payloads.js'
import { itemsOf } from './stream-plan.js'
import { readItems, type Streaming } from './streaming.js'

/** What the service needs of its member. */
export interface ServiceParts {
  readonly journal: Journal
  readonly clock: Clock
  readonly random: Random
  readonly streaming: Streaming
  share(object: Audited): RemoteObject<Audited>
  /** Asks another member something, and resolves when that has settled. */
  ask(member: number): Promise<void>
}

/** The longest that `linger` takes, in milliseconds. */
const LONGEST = 40

/** What a member does for others. Each request is in the journal before anything else of it happens. */
export function auditService({ journal, clock, random, streaming, share, ask }: ServiceParts): AuditService {
  const echo = (caller: number, seq: number, payload: Uint8Array) => {
    journal.testify({ kind: 'executed', peer: caller, seq, bytes: weigh(seq, payload) })
    return seq
  }
  return {
    echo,
    async relay(caller, seq, payload, through) {
      echo(caller, seq, payload)
      await ask(through)
      return seq
    },
    linger(caller, seq, payload) {
      echo(caller, seq, payload)
      return new Promise((resolve) => {
        clock.after(1 + random() * LONGEST, () => resolve(seq))
      })
    },
    produce(peer, seq, payload, plan) {
      echo(peer, seq, payload)
      return streaming.produce({ peer, seq, part: 'answer' }, plan, itemsOf(seq, plan))
    },
    async sum(peer, seq, payload, plan, items) {
      echo(peer, seq, payload)
      const followed = streaming.follow({ peer, seq, part: 'argument' }, plan, items[Symbol.asyncIterator]())
      return (await readItems(followed)).sum
    },
    pass(peer, seq, payload, plan, items) {
      echo(peer, seq, payload)
      const followed = streaming.follow({ peer, seq, part: 'argument' }, plan, items[Symbol.asyncIterator]())
      return streaming.produce({ peer, seq, part: 'answer' }, plan, followed)
    },
    resident: () => share({ echo }),
  }
}
