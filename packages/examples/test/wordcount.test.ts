import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { chunksOf, readChunk } from '../src/wordcount/chunks.js'
import { textFiles } from '../src/wordcount/text-files.js'
import { addAll, type Counts, countWords } from '../src/wordcount/words.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skein-'))
})
afterAll(() => rm(folder, { recursive: true }))

test('a word is letters of any script with their marks, and apostrophes inside', () => {
  const text = "Don't DON’T stop: l’été 'quoted' naïve 42 x2 слово 言葉 rock-and-roll"
  expect(Object.fromEntries(countWords(text))).toEqual({
    "don't": 2,
    stop: 1,
    "l'été": 1,
    quoted: 1,
    naïve: 1,
    x: 1,
    слово: 1,
    言葉: 1,
    rock: 1,
    and: 1,
    roll: 1,
  })
})

test('chunks of any size have the words of the whole file, none cut', async () => {
  const path = join(folder, 'chunks.txt')
  const text = fc.array(fc.constantFrom('a', 'être', '言葉', '😀', "isn't", ' ', '\n', '  '), {
    maxLength: 60,
  })
  await fc.assert(
    fc.asyncProperty(text, fc.integer({ min: 1, max: 40 }), async (parts, size) => {
      await writeFile(path, parts.join(''))
      const counts: Counts = new Map()
      for (const chunk of chunksOf(path, Buffer.byteLength(parts.join('')), size)) {
        addAll(counts, countWords(await readChunk(chunk)))
      }
      expect(counts).toEqual(countWords(parts.join('')))
    }),
    { numRuns: 50 },
  )
})

test('in a folder what is hidden, installed, drawn or no text is passed over, and each file counts once', async () => {
  const root = join(folder, 'mixed')
  for (const name of ['.hidden/a.txt', 'node_modules/b.txt', 'drawn.svg', 'deep/er/c.txt']) {
    await mkdir(join(root, name, '..'), { recursive: true })
    await writeFile(join(root, name), 'text')
  }
  await writeFile(join(root, 'd.bin'), Buffer.from([1, 0, 2]))
  expect(await textFiles([root, join(root, 'deep/er/c.txt')])).toEqual([
    { path: join(root, 'deep/er/c.txt'), size: 4 },
  ])
})

test('a folder without text, and a file that is none, are errors', async () => {
  const empty = join(folder, 'empty')
  await mkdir(empty)
  await expect(textFiles([empty])).rejects.toThrow(`there are no text files in '${empty}'`)
  const binary = join(folder, 'binary')
  await writeFile(binary, Buffer.from([0]))
  await expect(textFiles([binary])).rejects.toThrow(`'${binary}' is no text`)
})
