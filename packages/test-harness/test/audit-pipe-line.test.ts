import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { PipeLine } from '../src/audit/pipe-line.js'
import { eventually } from '../src/eventually.js'
import { useLedger } from '../src/use-ledger.js'
import { Client, echo, Target } from './tcp.js'

useLedger()

let target: Target
let line: PipeLine
const taken: string[] = []

beforeEach(async () => {
  taken.length = 0
  target = await Target.listen((socket) => {
    socket.on('data', (bytes: Buffer) => taken.push(bytes.toString()))
    echo(socket)
  })
  line = await PipeLine.start({ host: '127.0.0.1', port: 0 })
})
afterEach(async () => {
  await line.close()
  await target.close()
})

function connected(): Promise<Client> {
  const { hostname, port } = new URL(line.endpoint)
  return Client.connect({ host: hostname, port: Number(port) })
}

test('A line holds what comes before it is known where it leads', async () => {
  const client = await connected()
  client.socket.write('early')
  line.leadTo(target.address)
  await client.gets('early')
  client.socket.destroy()
})

test('What a frozen connection held arrives late, after its sender was cut off and another has been used', async () => {
  line.leadTo(target.address)
  const first = await connected()
  first.socket.write('before')
  await first.gets('before')
  await line.freeze()
  const before = line.forwarded
  first.socket.write('held')
  const second = await connected()
  second.socket.write('new')
  await second.gets('new')
  expect(line.forwarded).toBe(before + 'new'.length)
  // What the line has not read yet is lost with the cut, as in life: this waits until it has.
  await eventually(() => first.socket.bytesWritten === 'beforeheld'.length)
  await line.strand()
  await first.over
  expect(taken).toEqual(['before', 'new'])
  await line.deliver()
  await eventually(() => taken.length === 3)
  expect(taken).toEqual(['before', 'new', 'held'])
  second.socket.destroy()
})

test('A cut that was ordered comes to the byte', async () => {
  line.leadTo(target.address)
  const client = await connected()
  line.cutAfter(3)
  client.socket.write('12345')
  await client.over
  await eventually(() => taken.join('') === '123')
  expect(line.isFusePending).toBe(false)
})
