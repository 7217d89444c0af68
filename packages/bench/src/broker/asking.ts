import { SkeinError } from 'skein'
import type { Client } from 'skein/broker'
import { during } from '../mesh/idle.js'
import { type Answer, keywordOf, SERVICE, SHARES } from './keywords.js'
import type { Account } from './orders.js'

/** Deadline of each request, in milliseconds: what has not settled some seconds later never will. */
const DEADLINE = 15_000
const SETTLING = 5000

/** Each client asks for a keyword, waits for what becomes of it, pauses and asks again. */
export async function askFor(clients: readonly Client[], seconds: number, pauseMs: number): Promise<Account> {
  const tally = new Tally()
  const until = performance.now() + seconds * 1000
  const asking = clients.map((client) => askUntil(client, until, pauseMs, tally))
  await Promise.race([Promise.all(asking), during(seconds + (DEADLINE + SETTLING) / 1000)])
  return tally.account()
}

async function askUntil(client: Client, until: number, pauseMs: number, tally: Tally): Promise<void> {
  for (let n = 0; performance.now() < until; n++) {
    const request = `${client.name} ${n}`
    const keyword = `share${Math.floor(Math.random() * SHARES)}`
    const from = performance.now()
    tally.asked += 1
    try {
      const answer = await client.ask<Answer>(SERVICE, keyword, request, { timeout: DEADLINE })
      tally.answered += 1
      if (answer.request !== request || keywordOf(answer.worker) !== keyword) tally.wrong += 1
    } catch (error) {
      tally.fail(error)
    }
    tally.longestMs = Math.max(tally.longestMs, performance.now() - from)
    // Around the pause, so that clients don't fall into step.
    await during((pauseMs * (0.5 + Math.random())) / 1000)
  }
}

class Tally {
  asked = 0
  answered = 0
  wrong = 0
  longestMs = 0
  readonly #failed = new Map<string, number>()

  fail(error: unknown): void {
    const what = error instanceof SkeinError ? `${error.code} ${error.executed}` : String(error)
    this.#failed.set(what, (this.#failed.get(what) ?? 0) + 1)
  }

  account(): Account {
    const { asked, answered, wrong, longestMs } = this
    const failures = [...this.#failed.values()].reduce((sum, n) => sum + n, 0)
    const unsettled = asked - answered - failures
    return { asked, answered, failed: Object.fromEntries(this.#failed), wrong, unsettled, longestMs }
  }
}
