import { expect, test } from '@jest/globals'
import { Cluster } from '../src/clusters.js'
import { eventually } from '../src/eventually.js'

/** The class that the workers load, by its compiled module. */
class Squares {
  async square(n: number): Promise<{ n: number; pid: number }> {
    return { n: n * n, pid: process.pid }
  }
}
const FROM = new URL('fixtures/squares.mjs', import.meta.url).href

test('mosaic 20: a killed worker is found, told to all, and no longer scheduled', async () => {
  await using cluster = await Cluster.processes({ workers: 3 })
  const lost = cluster.worker(1)
  const told: string[] = []
  cluster.head.on('peer', ({ uid, is }) => told.push(`${uid} ${is}`))
  const pool = await cluster.mesh.pool(Squares, { from: FROM })
  const redone: string[] = []
  pool.on('redo', ({ worker }) => redone.push(worker))
  const pids = new Set<number>()
  const answers: number[] = []
  for await (const { n, pid } of pool.map(numbers(300), (squares, n) => squares.square(n))) {
    answers.push(n)
    if (answers.length === 100) await cluster.kill(lost)
    if (answers.length > 200) pids.add(pid)
  }
  expect(answers).toEqual(numbers(300).map((n) => n * n))
  await eventually(() => told.includes(`${lost} dead`))
  expect(pids.size).toBe(2)
  expect(cluster.mesh.workers).not.toContain(lost)
  expect(new Set(redone).size).toBeLessThanOrEqual(1)
  await pool.close()
})

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, n) => n)
}
