import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { Client, Worker } from '@skein/broker'
import { eventually } from '@skein/test-harness'
import { Command } from './support/command.js'
import { skeinHere } from './support/in-process.js'

const TOKEN = 'token of the tests'
const env = { SKEIN_TOKEN: TOKEN }

let folder: string
let running: Command | undefined
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skein-broker-'))
})
afterEach(async () => {
  running?.signal('SIGKILL')
  await running?.outcome()
})
afterAll(() => rm(folder, { recursive: true }))

/** Runs `skein broker`, and resolves with the address that it prints. */
async function broker(
  args: readonly string[],
  options?: object,
): Promise<{ command: Command; address: string }> {
  const command = new Command(['broker', ...args], options)
  running = command
  const [, address = ''] = await eventually(() => /^broker listens at (.*)\n/.exec(command.stdout), {
    message: 'the broker to listen',
  })
  return { command, address }
}

test('a broker serves until SIGTERM, which lets what it has end; check finds it, and nobody afterwards', async () => {
  const { command, address } = await broker(['--address', 'tcp://127.0.0.1:0'], { env })
  const answers = { status: 0, stdout: `a broker answers at ${address}\n`, stderr: '' }
  expect(await skeinHere(['broker', 'check', address], env)).toEqual(answers)

  let begun = false
  const work = async (n: number) => {
    begun = true
    await eventually(() => refused)
    return n + 1
  }
  let refused = false
  const worker = new Worker({ broker: address, token: TOKEN, service: 'test', handlers: { work } })
  await worker.start()
  const client = new Client({ broker: address, token: TOKEN })
  await client.start()
  const asked = client.ask('test', 'work', 1)
  await eventually(() => begun)
  command.signal('SIGTERM')
  await eventually(() => client.locate('test').catch(({ code }) => code === 'ERR_CLOSED'))
  refused = true
  expect(await asked).toBe(2)
  expect(await command.outcome()).toMatchObject({ status: 143, stderr: '' })
  await client.stop()
  await worker.stop()
  const none = { status: 1, stdout: `no broker answers at ${address} with this token\n`, stderr: '' }
  expect(await skeinHere(['broker', 'check', address], env)).toEqual(none)
})

test('a broker is configured by a file, relays what is published, prints where, and ends in order at Ctrl-C', async () => {
  const config = join(folder, 'broker.json')
  const tokenFile = join(folder, 'token')
  await writeFile(config, JSON.stringify({ address: 'tcp://127.0.0.1:0', token: TOKEN, maxQueued: 1 }))
  await writeFile(tokenFile, `${TOKEN}\n`)
  const flags = ['--pub-address', 'tcp://127.0.0.1:0', '--sub-address', 'tcp://127.0.0.1:0']
  const { command, address } = await broker(['--config', config, ...flags])
  const { status } = await skeinHere(['broker', 'check', address, '--token-file', tokenFile])
  expect(status).toBe(0)
  const client = new Client({ broker: address, token: TOKEN })
  await client.start()
  const { publish, subscribe } = await client.lookup()
  await client.stop()
  await eventually(() => command.stdout.endsWith(`\npublish at ${publish}, subscribe at ${subscribe}\n`))
  command.signal('SIGINT')
  expect(await command.outcome()).toMatchObject({ status: 130, stderr: '' })
})

test('the command line counts before the configuration, whose file of a token need not be there; a broker listens where other machines can reach it if it is told to', async () => {
  const config = join(folder, 'elsewhere.json')
  const tokenFile = join(folder, 'nearer')
  await writeFile(config, JSON.stringify({ address: 'tcp://127.0.0.1:0', tokenFile: 'nowhere' }))
  await writeFile(tokenFile, TOKEN)
  const flags = ['--token-file', tokenFile, '--address', 'tcp://0.0.0.0:0', '--insecure']
  const { command, address } = await broker(['--config', config, ...flags])
  expect(address).toContain('//0.0.0.0:')
  const near = address.replace('0.0.0.0', '127.0.0.1')
  expect((await skeinHere(['broker', 'check', near], env)).status).toBe(0)
  command.signal('SIGINT')
  expect(await command.outcome()).toMatchObject({ status: 130, stderr: expect.stringContaining('insecure') })
})
