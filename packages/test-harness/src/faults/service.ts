import type { Clock } from '@skein/core/internal'
import type { RemoteObject } from '@skein/runtime'
import type { Journal } from '../audit/journal.js'
import { weigh } from '../audit/payloads.js'

/** The name of the service. */
export const SERVICE = 'faults'

/** What the resident object of every member offers to the others. */
export interface Resident {
  /** Answers with the number of the request. */
  echo(caller: number, seq: number, payload: Uint8Array): number
}

export interface FaultsService extends Resident {
  /** Answers after a while. */
  linger(caller: number, seq: number, payload: Uint8Array): Promise<number>
  /** Yields the numbers from 0 up, `count` of them, and returns the number of the request. */
  count(caller: number, seq: number, payload: Uint8Array, count: number): AsyncGenerator<number, number>
  /** A resident object, for `cmd`. Not part of what is examined. */
  resident(): RemoteObject<Resident>
}

/** Milliseconds that `linger` takes. */
const WHILE = 30

/** What a member does for others. Each request is in the journal before anything else of it happens. */
export function serviceOf(
  journal: Journal,
  clock: Clock,
  share: (object: Resident) => RemoteObject<Resident>,
): FaultsService {
  const echo = (caller: number, seq: number, payload: Uint8Array) => {
    journal.testify({ kind: 'executed', peer: caller, seq, bytes: weigh(seq, payload) })
    return seq
  }
  return {
    echo,
    linger(caller, seq, payload) {
      echo(caller, seq, payload)
      return new Promise((resolve) => {
        clock.after(WHILE, () => resolve(seq))
      })
    },
    count(caller, seq, payload, count) {
      echo(caller, seq, payload)
      return upTo(count, seq)
    },
    resident: () => share({ echo }),
  }
}

async function* upTo(count: number, last: number): AsyncGenerator<number, number> {
  for (let n = 0; n < count; n++) yield n
  return last
}
