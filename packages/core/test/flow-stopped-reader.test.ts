import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { eventually, useLedger } from '@skein/test-harness'
import { sized } from '@skein/test-harness/size'
import { defaultFlow } from '../src/options.js'
import { addressOf, call, type Peer, TestMesh } from './support/mesh.js'

useLedger()

let mesh: TestMesh
beforeEach(() => {
  mesh = new TestMesh('tcp')
})
afterEach(() => mesh.close())

const MIB = 1024 ** 2

/** Far more than the outbox may hold. */
const SENT_MIB = sized(100, 1024)

async function memoryOf(peer: Peer): Promise<{ rss: number; external: number }> {
  return (await peer.do('memory')) as { rss: number; external: number }
}

test('to a peer that stops reading, what is sent waits in what the outbox may hold, and then arrives whole', async () => {
  const times = SENT_MIB
  // It stays stopped for as long as the test takes: nobody is to give it up meanwhile.
  const options = { liveness: { suspicion: 60_000 } }
  const head = await mesh.local('head', { introduces: true, ...options })
  const [sender, stopped] = await Promise.all(
    ['sender', 'stopped', 'quick'].map((uid) => mesh.remote(uid, addressOf(head), options)),
  )
  if (sender === undefined || stopped === undefined) throw new Error('there are three')
  const quick = { uid: 'quick', times: 100 }
  await sender.do('p99', quick) // links them, and warms up
  const alone = await sender.do('p99', quick)
  await sender.do('sendBinaries', { uid: 'stopped', times: 1, bytes: 4096 }) // links them
  await eventually(async () => (await head.sendRecv<unknown[]>('stopped', call('held'))).length === 1)
  const before = await memoryOf(sender)

  stopped.signal('SIGSTOP')
  await sender.do('sendBinaries', { uid: 'stopped', times, bytes: MIB })
  await eventually(
    async () => Number(await sender.do('queued', { uid: 'stopped' })) >= defaultFlow.outboxBytes,
  )
  const beside = await sender.do('p99', quick)
  const after = await memoryOf(sender)
  const grown = { rss: (after.rss - before.rss) / MIB, external: (after.external - before.external) / MIB }
  console.info(
    `memory grew by ${grown.rss.toFixed(1)} MiB (external ${grown.external.toFixed(1)}); ` +
      `p99 of another peer ${Number(beside).toFixed(3)} ms, ${(Number(beside) / Number(alone)).toFixed(2)} of what it was`,
  )
  const bound = defaultFlow.outboxBytes / MIB + 32
  expect(grown.rss).toBeLessThan(bound)
  expect(grown.external).toBeLessThan(bound)

  stopped.signal('SIGCONT')
  await sender.do('sent')
  const held = async () => (await head.sendRecv<unknown[]>('stopped', call('held'))).slice(1)
  await eventually(async () => (await held()).length >= times)
  expect(await held()).toEqual(Array.from({ length: times }, (_, n) => n))
})
