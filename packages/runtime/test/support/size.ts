/** How much a test does: `usual`, or with `SKEIN_TEST_SIZE=full` in the environment `full`. */
export function sized(usual: number, full: number): number {
  return process.env.SKEIN_TEST_SIZE === 'full' ? full : usual
}
