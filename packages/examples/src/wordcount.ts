import type { Mesh } from 'skein'
import { UsageError, withUsage } from './usage-error.js'
import { chunksOf } from './wordcount/chunks.js'
import { textFiles } from './wordcount/text-files.js'
import { WordCounter } from './wordcount/word-counter.js'
import { addAll, type Counts, mostFrequent } from './wordcount/words.js'

const USAGE = 'usage: wordcount FILE-OR-FOLDER…'

/** Bytes that a worker is given at once: some milliseconds of work. */
const CHUNK = 256 * 1024
const SHOWN = 20

/** `skein run wordcount.js -- docs README.md`: the words of text files, counted by all workers. */
export default function main(mesh: Mesh, args: readonly string[]): Promise<number> {
  return withUsage('wordcount', USAGE, async () => {
    if (args.length === 0) throw new UsageError('there is nothing to count: no file or folder is given')
    const files = await textFiles(args)
    const chunks = files.flatMap(({ path, size }) => [...chunksOf(path, size, CHUNK)])

    const counts: Counts = new Map()
    const pool = await mesh.pool(WordCounter, {
      from: new URL('./wordcount/word-counter.js', import.meta.url),
    })
    let done = 0
    for await (const more of pool.map(chunks, (counter, chunk) => counter.count(chunk), { ordered: false })) {
      addAll(counts, more)
      mesh.progress(++done, chunks.length, 'chunks')
    }
    show(counts, files.length)
  })
}

function show(counts: Counts, files: number): void {
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0)
  const rows = mostFrequent(counts, SHOWN)
  const width = Math.max(0, ...rows.map(([word]) => word.length))
  const digits = String(rows[0]?.[1] ?? 0).length
  for (const [word, count] of rows) console.log(`${word.padEnd(width)}  ${String(count).padStart(digits)}`)
  console.log(
    `\n${total} words, ${counts.size} different ones, in ${files} ${files === 1 ? 'file' : 'files'}`,
  )
}
