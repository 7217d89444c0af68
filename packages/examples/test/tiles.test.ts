import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { type EndedNode, eventually, useLedger } from '@skein/test-harness'
import { PNG } from 'pngjs'
import { Broker } from 'skein/broker'
import { render } from '../src/mandelbrot/render.js'

useLedger({ before: beforeEach, after: afterEach })

const SCRIPT = fileURLToPath(new URL('../dist/tiles.js', import.meta.url))
const TOKEN = 'token of the tests'

let folder: string
let broker: Broker
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skein-tiles-'))
  broker = new Broker({ address: 'tcp://127.0.0.1:0', token: TOKEN })
  await broker.start()
})
afterEach(async () => {
  await broker.stop()
  await rm(folder, { recursive: true })
})

const env = { ...process.env, SKEIN_TOKEN: TOKEN }

/** Runs the example to its end. */
function tiles(...args: string[]): Promise<EndedNode> {
  return new Promise((resolve) => {
    execFile(process.execPath, [SCRIPT, ...args], { env }, (error, stdout, stderr) => {
      resolve({ status: Number(error?.code ?? 0), stdout, stderr })
    })
  })
}

test('a picture is drawn by whoever serves tiles behind a broker', async () => {
  const server: ChildProcess = spawn(process.execPath, [SCRIPT, 'serve', broker.address ?? ''], { env })
  try {
    const file = join(folder, 'picture.png')
    const { status, stdout, stderr } = await tiles('draw', broker.address ?? '', file)
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: `20 tiles in ${file}\n`, stderr: '' })
    const { data, width, height } = PNG.sync.read(await readFile(file))
    const view = { width, height, centre: { re: -0.7435, im: 0.1314 }, span: 0.004, iterations: 1000 }
    const row = render(view, { x: 0, y: 70, width, height: 1 })
    for (let x = 0; x < width; x++) {
      const at = (70 * width + x) * 4
      expect([...data.subarray(at, at + 3)]).toEqual([...row.subarray(x * 3, x * 3 + 3)])
    }
    expect(broker.status().counts).toMatchObject({ asked: 20, answered: 20 })
  } finally {
    server.kill('SIGTERM')
    await once(server, 'exit')
  }
  expect(server.exitCode).toBe(0)
  await eventually(() => broker.status().services.length === 0)
})

test('what is wrong with the arguments is said, and the status is 1', async () => {
  const { status, stdout, stderr } = await tiles('paint', 'tcp://127.0.0.1:5555')
  expect({ status, stdout, stderr }).toEqual({
    status: 1,
    stdout: '',
    stderr: "tiles: there is no role 'paint'\n\nusage: tiles serve BROKER | tiles draw BROKER FILE\n",
  })
})
