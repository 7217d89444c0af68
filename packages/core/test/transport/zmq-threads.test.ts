import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { expect, test } from '@jest/globals'
import { sized } from '@skein/test-harness/size'
import { ZmqTransport } from '../../src/transport/zmq/zmq-transport.js'
import { listening } from './observed.js'

// A thread that ends with a socket of its own still there takes the whole process with it: Jest's, here.
test('a thread may end once its transport is closed, whatever was under way', async () => {
  const transport = new ZmqTransport()
  const { inbound } = await listening(transport, { schemes: ['inproc', 'ipc', 'tcp'] })
  for (let i = 0; i < sized(2, 10); i++) {
    const workerData = { instance: randomUUID(), endpoints: inbound.endpoints }
    const worker = new Worker(join(import.meta.dirname, 'fixtures', 'thread.mjs'), { workerData })
    const [code]: unknown[] = await once(worker, 'exit')
    expect(code).toBe(7)
  }
  await transport.close()
})
