import { OrderedProcess, type Signed } from '@skein/test-harness'
import { unlessAborted } from './interruption.js'

/** A process that the bench tells what to do. */
export type BenchProcess<Order extends object, Asked extends { readonly kind: string }> = OrderedProcess<
  Order,
  Asked,
  Signed
>

/**
 * So many processes that run a script, for as long as `work` takes, unless all is to end before: none is left then, whatever
 * happens.
 */
export async function withProcessesOf<Order extends object, Asked extends { readonly kind: string }, Value>(
  main: string,
  stop: Asked,
  count: number,
  signal: AbortSignal,
  work: (processes: readonly BenchProcess<Order, Asked>[]) => Promise<Value>,
): Promise<Value> {
  const processes = Array.from({ length: count }, (): BenchProcess<Order, Asked> => {
    return new OrderedProcess({ main, of: 'the bench', stop }, () => {})
  })
  try {
    await unlessAborted(signal, Promise.all(processes.map(({ ready }) => ready)))
    return await unlessAborted(signal, work(processes))
  } finally {
    await Promise.all(processes.map((one) => one.end()))
  }
}
