import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, test } from '@jest/globals'
import { useLedger } from '@skein/test-harness'
import { Device } from '../src/device.js'
import { joined, kept, serve, texts } from './support/sockets.js'

/** Debian's own comes first: a python that stands before it in the path need not have its packages. */
const python = ['/usr/bin/python3', 'python3'].find(
  (command) => spawnSync(command, ['-c', 'import zmq']).status === 0,
)
if (python === undefined) console.warn("Debian's python3-zmq is missing: nothing is tried with PyZMQ")
const withPython = python === undefined ? describe.skip : describe

const PEERS = fileURLToPath(new URL('./fixtures/peers.py', import.meta.url))
const ANY = 'tcp://127.0.0.1:*'

let running: ChildProcess | undefined
afterEach(() => {
  running?.kill('SIGKILL')
})

/** What it prints, once it has ended well. */
async function runPython(...args: (string | undefined)[]): Promise<string> {
  const given = args.map((arg) => arg ?? '')
  const child = spawn(python ?? '', [PEERS, ...given], { stdio: ['ignore', 'pipe', 'inherit'] })
  running = child
  const [printed, [code]] = await Promise.all([text(child.stdout), once(child, 'close')])
  expect(code).toBe(0)
  return printed
}

async function started(type: 'queue' | 'forwarder') {
  const device = kept(new Device({ type }))
  device.bindIn(ANY)
  device.bindOut(ANY)
  const { in: ins, out: outs } = await device.start()
  return { front: ins[0], back: outs[0] }
}

useLedger()

withPython('with PyZMQ', () => {
  test('a worker behind a queue answers our clients', async () => {
    const { front, back } = await started('queue')
    const worker = runPython('work', back)
    const clients = [await joined('req', front), await joined('req', front)]
    for (const word of ['one', 'two']) {
      for (const client of clients) await client.send([word])
      for (const client of clients) expect(await texts(client)).toEqual([`python:${word.toUpperCase()}`])
    }
    await clients[0]?.send(['end'])
    expect(await worker).toBe('')
  })

  test('a worker that keeps the envelope itself answers, and a client is answered by ours', async () => {
    // One each: a queue may give a request to a worker that has just gone, and nobody sends it again.
    const [theirs, ours] = [await started('queue'), await started('queue')]
    const worker = await joined('rep', ours.back)
    void serve(worker, (text) => `node:${text}`)
    const python = runPython('work-then-ask', theirs.back, ours.front)
    const client = await joined('req', theirs.front)
    await client.send(['first'])
    expect(await texts(client)).toEqual(['python:FIRST'])
    expect(await python).toBe('node:from python\n')
  })

  test('a subscriber behind a forwarder hears what it wants', async () => {
    const { front, back } = await started('forwarder')
    const pub = await joined('xpub', front)
    const subscriber = runPython('listen', back)
    expect(await texts(pub)).toEqual(['\x01wanted'])
    await pub.send(['other', 'no'])
    await pub.send(['wanted', 'yes'])
    expect(await subscriber).toBe('wanted yes\n')
  })
})
