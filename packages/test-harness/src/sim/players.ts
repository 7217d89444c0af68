import { fileURLToPath } from 'node:url'
import { OrderedProcess } from '../ordered-process.js'
import { makePlan } from './plan.js'
import { type Played, type PlayOptions, play } from './play.js'
import type { PlayerAsked, PlayerNews, PlayerOrder } from './player-orders.js'
import type { Flaws } from './stage.js'

/** A seed, and what became of its plan. */
export interface PlayedSeed {
  readonly seed: number
  readonly played: Played
}

const MAIN = fileURLToPath(new URL('../../bin/sim-player.mjs', import.meta.url))

type Player = OrderedProcess<PlayerOrder, PlayerAsked, PlayerNews>

/** Seeds that a process has before it, so that it need not wait for those that the others still play. */
const AHEAD = 8

/** How long a seed and those before it may take, in milliseconds: far more than they do, so that nothing hangs. */
const LIMIT = 300_000

/** Plays seeds from one on, here. */
export async function* playHere(
  from: number,
  count: number,
  options: PlayOptions,
): AsyncGenerator<PlayedSeed> {
  for (let seed = from; seed < from + count; seed++)
    yield { seed, played: await play(makePlan(seed), options) }
}

/** Plays seeds from one on, in so many processes, and gives them in their order. */
export async function* playSpread(
  from: number,
  count: number,
  jobs: number,
  flaws: Flaws,
): AsyncGenerator<PlayedSeed> {
  const players = Array.from({ length: jobs }, () => start())
  const waiting: Promise<PlayedSeed>[] = []
  try {
    for (let seed = from; seed < from + count; seed++) {
      const player = players[seed % jobs]
      if (player !== undefined) waiting.push(asked(player, seed, flaws))
      const first = waiting.length < jobs * AHEAD ? undefined : waiting.shift()
      if (first !== undefined) yield await first
    }
    for (const next of waiting) yield await next
  } finally {
    await Promise.all(players.map((player) => player.end()))
  }
}

function start(): Player {
  return new OrderedProcess({ main: MAIN, of: 'the simulation', stop: { kind: 'stop' } }, () => {})
}

function asked(player: Player, seed: number, flaws: Flaws): Promise<PlayedSeed> {
  const answer = player.ask<Played>({ kind: 'play', seed, flaws }, LIMIT).then((played) => ({ seed, played }))
  // Whoever awaits it learns of it, and that may be later.
  answer.catch(() => {})
  return answer
}
