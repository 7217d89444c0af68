import { inspect, isDeepStrictEqual } from 'node:util'

/** What is to be done. Each caller asks again as soon as it has been answered. */
export interface Load {
  /** Calls that are under way at a time. */
  readonly window: number
  readonly milliseconds: number
  /** Bytes of the buffer that is echoed. @default undefined: the small object */
  readonly payload?: number | undefined
  /** Milliseconds of the round that does not count, where it is to be longer than the others. @default as they */
  readonly warmUp?: number | undefined
  /**
   * Turns that a round of it has, each of them a part of the time: in each, those beside it under the same load have
   * theirs too.
   * @default 1
   */
  readonly turns?: number | undefined
}

export interface Figures {
  /** Calls; of a stream, items. */
  readonly perSecond: number
  /** Of the time from a call to its answer, in microseconds. Items of a stream have none. */
  readonly p50us?: number | undefined
  readonly p99us?: number | undefined
}

/** Gives back what it is given. */
export type Echo = (value: unknown) => Promise<unknown>

/** Calls of which the time is kept; later ones take the places of the first. */
const KEPT = 2 ** 20

/** Items of a stream between two looks at the clock. */
const LOOK = 64

/** What everybody echoes who has to echo something small. */
export const SMALL = { a: 1, b: 'hello', c: [1, 2, 3] } as const

/**
 * Echoes for as long as it is told, and once at least. Of several who echo, each caller keeps to one, as a pool gives a
 * worker its next item when it has done one.
 *
 * @throws Error if what comes back is not what was sent
 */
export async function measured(
  echo: Echo | readonly Echo[],
  { window, milliseconds, payload }: Load,
): Promise<Figures> {
  const echoes = [echo].flat()
  const value = payload === undefined ? SMALL : Buffer.alloc(payload, 0x5a)
  for (const echo of echoes) checkEqual(value, await echo(value))
  const times = new Float64Array(KEPT)
  let calls = 0
  const begun = performance.now()
  const end = begun + milliseconds

  async function caller(echo: Echo): Promise<void> {
    let last = performance.now()
    do {
      await echo(value)
      const now = performance.now()
      times[calls % KEPT] = now - last
      calls += 1
      last = now
    } while (last < end)
  }

  const callers = Array.from({ length: window }, (_, i) => echoes[i % echoes.length])
  await Promise.all(callers.map((echo) => echo && caller(echo)))
  const seconds = (performance.now() - begun) / 1000
  const sorted = times.subarray(0, Math.min(calls, KEPT)).sort()
  const at = (share: number): number => (sorted[Math.floor(share * sorted.length)] ?? 0) * 1000
  return { perSecond: calls / seconds, p50us: at(0.5), p99us: at(0.99) }
}

/** Reads a stream of the small object that does not end for as long as it is told. */
export async function measuredItems(items: AsyncIterable<unknown>, { milliseconds }: Load): Promise<Figures> {
  let count = 0
  let begun = Number.NaN
  for await (const item of items) {
    if (count === 0) {
      checkEqual(SMALL, item)
      begun = performance.now()
    }
    count += 1
    if (count % LOOK === 0 && performance.now() - begun >= milliseconds) break
  }
  return { perSecond: (count - 1) / ((performance.now() - begun) / 1000) }
}

/** Not by node:assert, which every process would load: V8 goes through all that one has. */
function checkEqual(sent: unknown, got: unknown): void {
  // What was sent as a Buffer may come back as another kind of Uint8Array.
  const isEqual =
    sent instanceof Uint8Array
      ? got instanceof Uint8Array && Buffer.compare(sent, got) === 0
      : isDeepStrictEqual(got, sent)
  if (!isEqual)
    throw new Error(`what was echoed came back as something else: ${inspect(got)} for ${inspect(sent)}`)
}
