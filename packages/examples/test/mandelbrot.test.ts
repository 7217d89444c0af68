import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { PNG } from 'pngjs'
import { readOptions } from '../src/mandelbrot/options.js'
import { PLACE } from '../src/mandelbrot/place.js'
import { render } from '../src/mandelbrot/render.js'
import { tilesOf } from '../src/mandelbrot/view.js'
import { example } from './support/example.js'

const SIZE = { width: 150, height: 110 }
const ARGS = ['--size', '150x110', '--iterations', '300', '--tile', '16']

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skein-'))
})
afterAll(() => rm(folder, { recursive: true }))

test('the picture is the one that is computed here, with one worker, a thread, and with three processes of which one is killed', async () => {
  const all = { x: 0, y: 0, ...SIZE }
  const expected = hashOf(render({ ...PLACE, ...SIZE, iterations: 300 }, all))

  const alone = join(folder, 'alone.png')
  const one = await example(
    'mandelbrot',
    ['--workers', '1', '--launcher', 'thread'],
    [...ARGS, '--out', alone],
  )
  expect(one).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/alone\.png: 150x110, 70 tiles by 1 worker in \d+\.\d s\n$/),
  })
  expect(await hashOfPicture(alone)).toBe(expected)

  const together = join(folder, 'together.png')
  const three = await example('mandelbrot', ['--workers', '3'], [...ARGS, '--out', together, '--kill-one'])
  expect(three.stdout).toMatch(
    /^killed worker:0:2 \(process \d+\) after 35 tiles; the mesh knew \d+\.\d ms later\n\d tiles? (was|were) lost with it/,
  )
  expect(three.status).toBe(0)
  expect(await hashOfPicture(together)).toBe(expected)
})

test('--kill-one says why it kills no thread', async () => {
  const options = ['--workers', '2', '--launcher', 'thread', '--quiet']
  expect(
    await example('mandelbrot', options, [...ARGS, '--out', join(folder, 'no.png'), '--kill-one']),
  ).toEqual({
    status: 1,
    stdout: '',
    stderr: expect.stringContaining("--kill-one can't kill worker:0:1: it is a thread"),
  })
})

test.each([
  [['--size', '10'], "--size is '10'; allowed: width and height in pixels, such as 1600x1200"],
  [['--size', '0x10', '--out', 'x.png'], "--size is '0'; allowed: a whole number from 1 to 16384"],
  [['--tile', '-1', '--out', 'x.png'], "Option '--tile' argument is ambiguous"],
  [['--tile', 'x', '--out', 'x.png'], "--tile is 'x'; allowed: a whole number"],
  [['--iterations', '1.5', '--out', 'x.png'], "--iterations is '1.5'; allowed: a whole number"],
  [['--out'], "Option '--out <value>' argument missing"],
  [[], '--out is missing'],
  [['--colour'], "Unknown option '--colour'"],
])('the arguments %j are wrong', (args, message) => {
  expect(() => readOptions(args)).toThrow(message)
})

test('tiles cover every pixel once', () => {
  const size = { width: 70, height: 50 }
  const covered = new Uint8Array(size.width * size.height)
  for (const { x, y, width, height } of tilesOf(size, 16)) {
    for (let row = y; row < y + height; row++) {
      for (let column = x; column < x + width; column++)
        covered.set([(covered.at(row * size.width + column) ?? 0) + 1], row * size.width + column)
    }
  }
  expect(new Set(covered)).toEqual(new Set([1]))
})

async function hashOfPicture(path: string): Promise<string> {
  const { data, width, height } = PNG.sync.read(await readFile(path))
  expect({ width, height }).toEqual(SIZE)
  return hashOf(data.filter((_, index) => index % 4 !== 3))
}

function hashOf(pixels: Uint8Array): string {
  return createHash('sha256').update(pixels).digest('hex')
}
