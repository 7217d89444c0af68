/** Milliseconds on the machine's monotonic clock: the same in all its processes, whenever they began. */
export function instant(): number {
  return Number(process.hrtime.bigint()) / 1e6
}
