import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { PNG } from 'pngjs'
import { PLACE } from '../src/mandelbrot/place.js'
import { render } from '../src/mandelbrot/render.js'
import { textFiles } from '../src/wordcount/text-files.js'
import { addAll, type Counts, countWords, mostFrequent } from '../src/wordcount/words.js'
import { examplesTogether, type Outcome } from './support/example.js'

const DOCS = fileURLToPath(new URL('../../../docs', import.meta.url))
const NAMES = ['guide.md', 'devices.md', 'protocol.md', 'guide.md', 'mosaic.md', 'audit.md', 'faults.md']
const SUMMED = NAMES.map((name) => join(DOCS, name))
const MISSING = join(DOCS, 'nowhere.md')

const SIZE = { width: 150, height: 110 }
const PICTURE = ['--size', '150x110', '--iterations', '300', '--tile', '16']
const expected = hashOf(render({ ...PLACE, ...SIZE, iterations: 300 }, { x: 0, y: 0, ...SIZE }))

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skein-'))
})
afterAll(() => rm(folder, { recursive: true }))

describe('in a mesh of two processes', () => {
  let outcomes: Map<string, Outcome>
  beforeAll(async () => {
    outcomes = await examplesTogether({
      picture: ['mandelbrot', [...PICTURE, '--out', join(folder, 'both.png')]],
      words: ['wordcount', [DOCS]],
      'no words': ['wordcount', [DOCS, 'nowhere.txt']],
      sums: ['checksums', SUMMED],
      'no sums': ['checksums', [MISSING]],
      // Last: one is not there any more then.
      killing: ['mandelbrot', [...PICTURE, '--out', join(folder, 'one.png'), '--kill-one']],
      'nobody to spare': ['mandelbrot', [...PICTURE, '--out', join(folder, 'no.png'), '--kill-one']],
    })
  })

  test('the picture is the one that is computed here', async () => {
    expect(outcomes.get('picture')).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/both\.png: 150x110, 70 tiles by 2 workers in \d+\.\d s\n$/),
    })
    expect(await hashOfPicture(join(folder, 'both.png'))).toBe(expected)
  })

  test('the words of these docs are counted as one process counts them', async () => {
    const counts: Counts = new Map()
    const files = await textFiles([DOCS])
    for (const { path } of files) addAll(counts, countWords(await readFile(path, 'utf8')))
    const total = [...counts.values()].reduce((sum, count) => sum + count, 0)

    const { status, stdout = '' } = outcomes.get('words') ?? {}
    const [table = '', summary] = stdout.split('\n\n')
    expect(table.split('\n').map((row) => row.split(/ +/))).toEqual(
      mostFrequent(counts, 20).map(([word, count]) => [word, String(count)]),
    )
    expect(new Set(table.split('\n').map((row) => row.length)).size).toBe(1)
    expect(summary).toBe(`${total} words, ${counts.size} different ones, in ${files.length} files\n`)
    expect(status).toBe(0)
  })

  test('a file whose words are to be counted, and that is not there, is said without a stack, and the status is 1', () => {
    expect(outcomes.get('no words')).toEqual({
      status: 1,
      stdout: '',
      stderr: "wordcount: 'nowhere.txt' is not there\n\nusage: wordcount FILE-OR-FOLDER…\n",
    })
  })

  test('workers behind a queue sum up files in the order given, and the monitor has seen all', async () => {
    const expected = SUMMED.map(async (path) => {
      const hash = createHash('sha256').update(await readFile(path))
      return `${hash.digest('hex')}  ${path}`
    })
    const { status, stdout = '' } = outcomes.get('sums') ?? {}
    const [lines = '', summary = ''] = stdout.split('\n\n')
    expect(lines.split('\n')).toEqual(await Promise.all(expected))
    // Two clients to a worker.
    expect(summary).toMatch(/^7 requests, 7 answers, at most [1-4] under way\n$/)
    expect(status).toBe(0)
  })

  test('a file that is to be summed up, and is not there, is said without a stack, and the status is 1', () => {
    expect(outcomes.get('no sums')).toEqual({
      status: 1,
      stdout: '',
      stderr: `checksums: '${MISSING}' can't be read (ENOENT)\n\nusage: checksums FILE…\n`,
    })
  })

  test('the picture is the same when one is killed', async () => {
    const { status, stdout } = outcomes.get('killing') ?? {}
    expect(stdout).toMatch(
      /^killed worker:0:1 \(process \d+\) after 35 tiles; the mesh knew \d+\.\d ms later\n\d tiles? (was|were) lost with it/,
    )
    expect(status).toBe(0)
    expect(await hashOfPicture(join(folder, 'one.png'))).toBe(expected)
  })

  test('the last one is not killed, and it is said why', () => {
    expect(outcomes.get('nobody to spare')).toMatchObject({
      status: 1,
      stdout: '',
      stderr: expect.stringContaining('--kill-one needs two workers at least'),
    })
  })
})

async function hashOfPicture(path: string): Promise<string> {
  const { data, width, height } = PNG.sync.read(await readFile(path))
  expect({ width, height }).toEqual(SIZE)
  return hashOf(data.filter((_, index) => index % 4 !== 3))
}

function hashOf(pixels: Uint8Array): string {
  return createHash('sha256').update(pixels).digest('hex')
}
