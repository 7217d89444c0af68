import type { Fault } from './plan.js'

/** Milliseconds in which a connection is made again: two obstructions that are closer count as one. */
const RECOVERY = 2000

/** How long an obstruction lasts before a runtime may take another for dead: a suspicion that all others confirm. */
const PATIENCE = 2000

/**
 * Milliseconds after its end for which an obstruction may be felt. Who was given up unheard takes the other for stalled
 * after 2.5 s of silence, greets it 5 s later, and learns of it; each trip takes 310 ms at most.
 */
export const AFTERMATH = 9000

interface Span {
  readonly from: number
  readonly to: number
}

/** Between whom there was no way, and when: who may have been taken for dead without being so. */
export class Obstructions {
  readonly #faults: readonly Fault[]

  constructor(faults: readonly Fault[]) {
    this.#faults = faults.filter(({ kind }) => OBSTRUCTING.has(kind))
  }

  /** Whether two runtimes, by their places, were apart for so long, up to `now`, that one may give the other up. */
  excuse(a: number, b: number, now: number): boolean {
    return joined(this.#between(a, b)).some(
      ({ from, to }) => Math.min(to, now) - from > PATIENCE && from <= now && to + AFTERMATH >= now,
    )
  }

  /** Whether anything was between them from one instant to another. */
  any(a: number, b: number, { from, to }: Span): boolean {
    return this.#between(a, b).some((span) => span.from <= to && span.to >= from)
  }

  #between(a: number, b: number): Span[] {
    return this.#faults
      .filter(({ kind, member, other }) =>
        kind === 'refused' || kind === 'half-open'
          ? member === a || member === b
          : (member === a && other === b) || (member === b && other === a),
      )
      .map(({ at, until }) => ({ from: at, to: until }))
  }
}

const OBSTRUCTING: ReadonlySet<string> = new Set<Fault['kind']>([
  'refused',
  'half-open',
  'one-way',
  'partition',
])

/** Spans in order, those that are close to each other as one. */
function joined(spans: readonly Span[]): Span[] {
  const all: Span[] = []
  for (const span of [...spans].sort((a, b) => a.from - b.from)) {
    const last = all.at(-1)
    if (last !== undefined && span.from - last.to <= RECOVERY)
      all[all.length - 1] = { from: last.from, to: Math.max(last.to, span.to) }
    else all.push(span)
  }
  return all
}
