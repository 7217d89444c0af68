/** How much a test does: `usual`, or with `SKEIN_TEST_SIZE=full` in the environment `full`. */
export function sized<T>(usual: T, full: T): T {
  return process.env.SKEIN_TEST_SIZE === 'full' ? full : usual
}

/** The seeds from 1 to `last`, or those that `SKEIN_TEST_SEEDS=51-100` in the environment names. */
export function seedsTo(last: number): number[] {
  const [from = 1, to = from] = (process.env.SKEIN_TEST_SEEDS ?? `1-${last}`).split('-').map(Number)
  return Array.from({ length: to - from + 1 }, (_, n) => from + n)
}
