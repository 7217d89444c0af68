import { execFile, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from '@jest/globals'
import { useLedger } from '@skein/test-harness'
import { Context } from '../src/context.js'

useLedger()

const run = promisify(execFile)
const PROGRAM = fileURLToPath(new URL('fixtures/peer.py', import.meta.url))

/** Debian's python3-zmq is for Debian's python3, which need not be the first one. */
const python = ['python3', '/usr/bin/python3'].find(
  (command) => spawnSync(command, ['-c', 'import zmq'], { stdio: 'ignore' }).status === 0,
)
if (python === undefined) console.warn('python3-zmq is missing: nothing is tried with Python')
const withPyzmq = python === undefined ? test.skip : test

withPyzmq('Python asks, follows and answers by plain sockets', async () => {
  await using context = new Context({ codec: 'json' })
  const pub = await context.addPub('tcp://127.0.0.1:*', 'status')
  const { endpoint } = await context.addRep('tcp://127.0.0.1:*', (value) => {
    if (value === 'bad') throw new RangeError('not so')
    return { value }
  })
  const req = await context.addReq('tcp://127.0.0.1:*', { bind: true })
  const answering = req.request([1, 2])
  const running = run(python ?? '', [PROGRAM, endpoint, pub.endpoint, req.endpoint])
  await pub.waitForSubscriber()
  await pub.publish({ ready: true })
  expect(await answering).toEqual({ python: [1, 2] })
  expect((await running).stdout.trim().split('\n')).toEqual([
    'answer|{"value":"good"}',
    'answer||{"name":"RangeError","message":"not so","extras":{}}',
    'message|status|{"ready":true}',
  ])
})
