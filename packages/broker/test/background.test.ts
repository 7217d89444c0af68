import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { SocketSpace } from '@skein/core/internal'
import { eventually, OrderedProcess, runNode, type Signed, useLedger } from '@skein/test-harness'
import { Broker } from '../src/broker.js'
import { BrokerMesh, SILENT, TOKEN } from './support/broker-mesh.js'
import { expectRelayed } from './support/relayed.js'

useLedger()

const ANY = 'tcp://127.0.0.1:0'
const fixture = (name: string) => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url))

let mesh: BrokerMesh
let space: SocketSpace
beforeEach(() => {
  mesh = new BrokerMesh()
  space = new SocketSpace()
})
afterEach(async () => {
  await space.close()
  await mesh.close()
})

const check = (address: string) => Broker.check({ address, token: TOKEN })

/** Where a broker was a moment ago. */
async function freeAddress(): Promise<string> {
  const broker = await mesh.broker()
  await broker.stop()
  return mesh.address
}

/** What became of making sure of a broker, and whether it was started in a process of its own. */
interface Ensured {
  readonly started: boolean
  readonly name: string
  readonly isApart: boolean
}

type Asked = { readonly kind: 'daemon' | 'ensure'; readonly config: object } | { readonly kind: 'stop' }

function otherProcess(): OrderedProcess<Asked, Asked, Signed> {
  const main = fixture('broker-process.mjs')
  const process = new OrderedProcess<Asked, Asked, Signed>(
    { main, of: 'the test', stop: { kind: 'stop' } },
    () => {},
  )
  mesh.add({ stop: () => process.end() })
  return process
}

test('a daemon is a broker in a process of its own, and its token stands in no list of processes', async () => {
  const config = { address: ANY, name: 'mine', token: TOKEN, pubAddress: ANY, subAddress: ANY }
  const daemon = mesh.add(await Broker.daemon(config))
  expect(daemon).toMatchObject({ name: 'mine', token: TOKEN })
  expect(daemon.pid).not.toBe(process.pid)
  if (process.platform === 'linux') {
    const line = readFileSync(`/proc/${daemon.pid}/cmdline`, 'utf8')
    expect(line).not.toContain(TOKEN)
  }
  mesh.address = daemon.address
  await mesh.worker({ handlers: { echo: (n: number) => n } })
  const client = await mesh.client()
  expect(await client.ask('test', 'echo', 7)).toBe(7)
  const endpoints = await client.lookup()
  expect(daemon.endpoints).toEqual(endpoints)
  await expectRelayed(space, endpoints)
  await daemon.stop()
  await daemon.wait()
  expect(await check(daemon.address)).toBe(false)
})

test.each(['daemon', 'thread'] as const)(
  'what a broker can not be started for comes from a %s',
  async (kind) => {
    await mesh.broker()
    const { address } = mesh
    const config = { address, token: TOKEN }
    await expect(Broker[kind](config)).rejects.toMatchObject({ code: 'ERR_ADDRESS_IN_USE' })
    await expect(Broker[kind]({ ...config, address: 'tcp://0.0.0.0:0' })).rejects.toMatchObject({
      code: 'ERR_INSECURE',
      option: 'address',
    })
    await expect(Broker[kind]({ ...config, address: ANY, daemon: true } as object)).rejects.toThrow(
      "no option 'daemon'",
    )
  },
)

test('a broker in a thread tells a token that it has made, and relays by inproc to its process', async () => {
  const addresses = { pubAddress: 'inproc://published', subAddress: 'inproc://subscribed' }
  const thread = mesh.add(await Broker.sub({ address: ANY, ...addresses }))
  expect(thread.pid).toBeUndefined()
  const endpoints = { publish: addresses.pubAddress, subscribe: addresses.subAddress }
  expect(thread.endpoints).toEqual(endpoints)
  expect(await Broker.check({ address: thread.address, token: thread.token })).toBe(true)
  await expectRelayed(space, endpoints)
  await thread.stop()

  // Neither keeps the other from being there again.
  const again = mesh.add(await Broker.thread({ address: ANY, ...addresses }))
  await expectRelayed(space, endpoints)
  await expect(Broker.thread({ address: ANY, ...addresses })).rejects.toMatchObject({
    code: 'ERR_ADDRESS_IN_USE',
  })
  await expect(Broker.daemon({ address: ANY, ...addresses })).rejects.toMatchObject({
    code: 'ERR_INVALID_OPTION',
    given: expect.stringContaining('inproc://published'),
  })
  await again.stop()
})

test('what has ended a broker in a process is thrown by whoever waits for it, or stops it', async () => {
  const broker = await Broker.sub({ address: ANY, token: TOKEN }, { logger: SILENT })
  const { pid } = broker
  // That of no process stands for all of the group.
  if (pid === undefined) throw new RangeError('it is no process')
  process.kill(pid, 'SIGKILL')
  const ended = { code: 'ERR_LAUNCH', uid: 'broker', reason: 'SIGKILL' }
  await expect(broker.wait()).rejects.toMatchObject(ended)
  await expect(broker.stop()).rejects.toMatchObject(ended)
})

test.each(['daemon', 'thread'])(
  'a broker in a %s keeps nobody alive, and ends with who has started it',
  async (kind) => {
    const config = JSON.stringify({ address: ANY, token: TOKEN })
    const { status, stdout, stderr } = await runNode(fixture('starts-broker.mjs'), [kind, config])
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(await check(stdout)).toBe(false)
  },
)

test('cauldron 12: of two processes that ensure a broker at once one starts it, in a process of its own, and both can use it', async () => {
  const config = { address: await freeAddress(), token: TOKEN }
  const processes = [otherProcess(), otherProcess()]
  await Promise.all(processes.map(({ ready }) => ready))
  const found = await Promise.all(processes.map((each) => each.ask<Ensured>({ kind: 'ensure', config })))
  expect(found.map(({ started }) => started).sort()).toEqual([false, true])
  expect(found.map(({ isApart }) => isApart)).toEqual(found.map(({ started }) => started))
  expect(found.map(({ name }) => name)).toEqual(['broker', 'broker'])
  const [starter, other] = found[0]?.started === true ? processes : [...processes].reverse()

  // It ends with the one that has started it, and not with the other.
  await other?.end()
  expect(await check(config.address)).toBe(true)
  await starter?.end()
  expect(await check(config.address)).toBe(false)
})

test('a daemon does not outlive a process that is killed', async () => {
  const starter = otherProcess()
  const config = { address: ANY, token: TOKEN }
  const { address } = await starter.ask<{ address: string }>({ kind: 'daemon', config })
  expect(await check(address)).toBe(true)
  await starter.kill()
  await eventually(async () => !(await check(address)))
})

test.each(['inline', 'thread', 'process'] as const)(
  'ensure starts a broker where it is told to: %s',
  async (runner) => {
    const config = { address: await freeAddress(), token: TOKEN }
    const found = mesh.add(await Broker.ensure(config, { runner }))
    expect(found.started).toBe(true)
    const { broker } = found
    expect(broker instanceof Broker).toBe(runner === 'inline')
    const isProcess = broker !== undefined && 'pid' in broker && broker.pid !== undefined
    expect(isProcess).toBe(runner === 'process')
    const client = await mesh.client()
    expect(await client.locate('test')).toBe(false)
    await client.stop()
    await found.stop()
    expect(await check(config.address)).toBe(false)
  },
)

test('what is no runner is refused', async () => {
  const config = { address: 'tcp://127.0.0.1:5555', token: TOKEN }
  const options = { runner: 'fork' } as object
  await expect(Broker.ensure(config, options)).rejects.toThrow(
    "runner is 'fork'; allowed: inline, thread, process",
  )
})
