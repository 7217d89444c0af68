import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { useLedger } from '@skein/test-harness'
import { Broker } from '../src/broker.js'
import { Client } from '../src/client.js'
import { livenessFor } from '../src/patience.js'
import { Worker } from '../src/worker.js'
import { TOKEN } from './support/broker-mesh.js'

useLedger()

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skein-broker-'))
})
afterAll(() => rm(folder, { recursive: true }))

/** A file of that content. */
async function file(name: string, content: string): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, content)
  return path
}

test('a broker is made of a configuration, or of a file that holds one', async () => {
  const tokenFile = await file('token', `${TOKEN}\n`)
  const config = { name: 'mine', address: 'tcp://127.0.0.1:0', timeout: 100, maxQueued: 5, tokenFile }
  const path = await file('broker.json', JSON.stringify(config))
  for (const source of [config, path, pathToFileURL(path)]) {
    const broker = Broker.fromConfig(source)
    expect({ name: broker.name, token: broker.token, address: broker.address }).toEqual({
      name: 'mine',
      token: TOKEN,
      address: undefined,
    })
  }
})

test('the file of a token is looked for beside the configuration that names it', async () => {
  await file('token', `${TOKEN}\n`)
  const path = await file('beside.json', JSON.stringify({ tokenFile: 'token' }))
  expect(Broker.fromConfig(path).token).toBe(TOKEN)
})

test.each<[object, string, string]>([
  [
    { adress: 'tcp://127.0.0.1:0' },
    'ERR_INVALID_OPTION',
    "there is no option 'adress'; there are name, address",
  ],
  [{ address: 'ipc:///tmp/x' }, 'ERR_INVALID_ADDRESS', 'allowed: tcp://host:port, with port 0 for any'],
  [{ address: 'tcp://0.0.0.0:0' }, 'ERR_INSECURE', "address is 'tcp://0.0.0.0:0', which other"],
  [{ timeout: 0 }, 'ERR_INVALID_OPTION', 'timeout is 0; allowed: milliseconds, more than 0'],
  [{ timeout: Number.POSITIVE_INFINITY }, 'ERR_INVALID_OPTION', 'timeout is Infinity; allowed: milliseconds'],
  [{ maxQueued: -1 }, 'ERR_INVALID_OPTION', 'maxQueued is -1; allowed: a whole number, 1 or more'],
  [{ pubAddress: 'tcp://127.0.0.1:0' }, 'ERR_INVALID_OPTION', 'subAddress is undefined; allowed: an address'],
  [
    { monAddress: 'tcp://127.0.0.1:5558' },
    'ERR_INVALID_OPTION',
    'pubAddress is undefined; allowed: an address',
  ],
  [{ pubAddress: 'nowhere' }, 'ERR_INVALID_ADDRESS', 'nowhere is not a usable address'],
  [
    { subAddress: 5557 },
    'ERR_INVALID_OPTION',
    'subAddress is 5557; allowed: tcp://host:port, ipc:///path or',
  ],
  [{ monAddress: 'tcp://*:5558' }, 'ERR_INVALID_ADDRESS', 'tcp://*:5558 is not a usable address'],
  [
    { pubAddress: 'tcp://127.0.0.1:0', subAddress: 'tcp://*:0' },
    'ERR_INSECURE',
    "subAddress is 'tcp://*:0', which other machines can reach",
  ],
  [{ name: 'no name' }, 'ERR_INVALID_UID', "name is 'no name'; allowed: "],
  [{ token: 'short' }, 'ERR_INVALID_OPTION', 'token is a string of 5 characters; allowed: a string of 8'],
  [{ logger: console }, 'ERR_INVALID_OPTION', "there is no option 'logger'"],
  [
    { tokenFile: '/nowhere/token' },
    'ERR_INVALID_OPTION',
    "tokenFile is '/nowhere/token'; allowed: a file that can",
  ],
  [{ tokenFile: 'x', token: TOKEN }, 'ERR_INVALID_OPTION', 'to be left out where there is a token'],
])('the configuration %p is refused with %s, which says what is allowed', (config, code, text) => {
  const make = () => Broker.fromConfig(config)
  expect(make).toThrow(text)
  expect(make).toThrow(expect.objectContaining({ code }))
})

test('a file that is missing, or no JSON, is refused, and so is one that holds something else', async () => {
  expect(() => Broker.fromConfig('/nowhere/broker.json')).toThrow('allowed: a file that can be read')
  const broken = await file('broken.json', '{ name')
  expect(() => Broker.fromConfig(broken)).toThrow('allowed: a file of JSON')
  const list = await file('list.json', '[]')
  expect(() => Broker.fromConfig(list)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_OPTION' }))
})

test('to ensure a broker takes an address and a token to find it by', async () => {
  await expect(Broker.ensure({ token: TOKEN })).rejects.toMatchObject({ option: 'address' })
  await expect(Broker.ensure({ token: TOKEN, address: 'tcp://127.0.0.1:0' })).rejects.toMatchObject({
    option: 'address',
  })
  await expect(Broker.ensure({ address: 'tcp://127.0.0.1:5555' })).rejects.toMatchObject({ option: 'token' })
})

const member = { broker: 'tcp://127.0.0.1:5555', token: TOKEN }

test('workers and clients say what is wrong with their options', () => {
  const handlers = { work: () => 1 }
  const worker = (options: object) => () => new Worker({ ...member, service: 'test', handlers, ...options })
  expect(worker({ service: '*' })).toThrow("service is '*'; allowed: a letter and up to 127")
  expect(worker({ concurrency: 0 })).toThrow('concurrency is 0; allowed: a whole number from 1')
  expect(worker({ handlers: {} })).toThrow(
    'handlers is an object; allowed: an object with a function for each',
  )
  expect(worker({ handlers: {} })).toThrow(expect.objectContaining({ option: 'handlers' }))
  expect(worker({ name: 'no name' })).toThrow("name is 'no name'; allowed: 1 to 128")
  expect(worker({ broker: 'nowhere' })).toThrow(
    "broker is 'nowhere'; allowed: the broker's address, as tcp://",
  )
  expect(worker({ token: undefined })).toThrow("token is undefined; allowed: the broker's token")
  expect(worker({ token: 'short' })).toThrow('token is a string of 5 characters')
  expect(() => new Client({ ...member, token: undefined })).toThrow(
    expect.objectContaining({ code: 'ERR_INVALID_OPTION', option: 'token' }),
  )
  expect(worker({ slots: 3 })).toThrow("there is no option 'slots'; there are broker, name")
  expect(worker({ broker: '' })).toThrow("broker is ''")
  expect(() => new Client({ ...member, deadline: 0 })).toThrow('deadline is 0')
  const client = new Client(member)
  expect(() => client.ask('a b', 'work')).toThrow("service is 'a b'")
  expect(() => client.ask('test', '')).toThrow("keyword is ''")
  expect(() => client.ask('test', 'work', 1, { timeout: -1 })).toThrow('timeout is -1')
  expect(() => client.ask('test', 'work', 1)).toThrow(expect.objectContaining({ code: 'ERR_CLOSED' }))
})

test.each([50, 200, 1000, 10_000])(
  'with a timeout of %d ms who is silent has five of them, and not six',
  (timeout) => {
    const { heartInterval, heartbeatTimeout = 0, heartbeatInterval = 0, suspicion = 0 } = livenessFor(timeout)
    expect(heartInterval).toBe(timeout)
    expect(heartbeatTimeout + suspicion).toBeGreaterThan(5 * timeout)
    expect(heartbeatInterval + heartbeatTimeout + suspicion).toBeLessThan(6 * timeout)
  },
)
