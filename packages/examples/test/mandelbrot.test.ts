import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { expect, test } from '@jest/globals'
import { processOf } from '../src/mandelbrot/killing.js'
import { readOptions } from '../src/mandelbrot/options.js'
import { tilesOf } from '../src/mandelbrot/view.js'

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

test('--kill-one says why it kills no thread', async () => {
  const victim = new URL('../dist/mandelbrot/victim.js', import.meta.url).href
  const code = `
    const { parentPort } = require('node:worker_threads')
    import('${victim}').then(({ Victim }) => parentPort.postMessage(new Victim().pid()))`
  const thread = new Worker(code, { eval: true })
  const exited = once(thread, 'exit')
  const [pid] = await once(thread, 'message')
  await exited
  expect(() => processOf('worker:0:1', pid)).toThrow(
    expect.objectContaining({
      name: 'UsageError',
      message: expect.stringContaining("--kill-one can't kill worker:0:1: it is a thread"),
    }),
  )
})
