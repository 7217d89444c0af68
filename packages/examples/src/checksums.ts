import { MonitoredQueue, SocketSpace } from '@skein/devices'
import type { Mesh } from 'skein'
import { Asker } from './checksums/asker.js'
import { Counter } from './checksums/counter.js'
import { Summer } from './checksums/summer.js'
import { UsageError, withUsage } from './usage-error.js'

const USAGE = 'usage: checksums FILE…'

/** Clients to a worker: one whose question waits in the queue while that of another is answered. */
const CLIENTS = 2
const ANY = 'tcp://127.0.0.1:*'

/**
 * `skein run checksums.js -- FILES`: SHA-256 of files, by workers behind a queue. Clients know one address, workers
 * another, and neither how many there are of the others; both could as well be programs in another language. The queue is a
 * device in a thread, and what passes it is counted at its monitor.
 */
export default function main(mesh: Mesh, args: readonly string[]): Promise<number> {
  return withUsage('checksums', USAGE, async () => {
    if (args.length === 0) throw new UsageError('there is nothing to sum up: no file is given')
    const space = new SocketSpace()
    // A pull that is there first misses nothing, where a subscriber would have to subscribe in time.
    const queue = new MonitoredQueue({ type: 'queue', monitor: 'push' })
    try {
      const counter = new Counter(space)
      queue.bindIn(ANY)
      queue.bindOut(ANY)
      queue.connectMonitor(await counter.bind(ANY))
      const {
        in: [front = ''],
        out: [back = ''],
      } = await queue.start()

      const from = new URL('./checksums/summer.js', import.meta.url)
      const workers = await mesh.waitForWorkers(1)
      const summers = await Promise.all(workers.map((on) => mesh.create(Summer, { from, on })))
      await Promise.all(summers.map((summer) => summer.serve(back)))
      const sums = await ask(space, front, args, summers.length * CLIENTS)
      await Promise.all(summers.map((summer) => summer.close()))

      for (const [i, path] of args.entries()) console.log(`${sums[i]}  ${path}`)
      const { in: clients, out, unmonitored } = await queue.statistics()
      await counter.seen(clients.received.messages + out.received.messages - unmonitored)
      console.log(counter.describe())
    } finally {
      await queue.stop()
      await space.close()
    }
  })
}

/** Each client takes the next file when it has the answer for its last. */
async function ask(space: SocketSpace, front: string, paths: readonly string[], clients: number) {
  const sums: string[] = []
  const left = paths.entries()
  const client = async () => {
    const asker = await Asker.connect(space, front)
    for (const [i, path] of left) sums[i] = await asker.sumOf(path)
  }
  await Promise.all(Array.from({ length: clients }, client))
  return sums
}
