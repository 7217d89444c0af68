import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { eventually, useLedger } from '@skein/test-harness'
import { Device } from '../src/device.js'
import { ProxyDevice } from '../src/proxy-device.js'
import { SteerableProxy } from '../src/steerable-proxy.js'
import { childrenOf, runProgram, runs } from './support/program.js'
import { joined, kept, open, texts } from './support/sockets.js'

useLedger()

const ANY = 'tcp://127.0.0.1:*'
const quiet = { debug() {}, info() {}, warn() {}, error() {} }

/** Code that starts a device between two ports, and has it as `name`. */
const started = (name: string, runner: string, more = '') => `
  const ${name} = new devices.Device({ type: 'streamer', runner: '${runner}'${more} })
  ${name}.bindIn('${ANY}')
  ${name}.bindOut('${ANY}')
  await ${name}.start()`

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skein-ends-'))
})
afterEach(() => rm(folder, { recursive: true }))

describe('pyzmq 12: a device in a process refuses inproc', () => {
  test.each([
    ['in', (device: SteerableProxy) => device.bindIn('inproc://a')],
    ['out', (device: SteerableProxy) => device.connectOut('inproc://a')],
    ['monitor', (device: SteerableProxy) => device.bindMonitor('inproc://a')],
    ['control', (device: SteerableProxy) => device.bindControl('inproc://a')],
  ])('at %s, when it is started', async (_where, ask) => {
    const device = kept(new SteerableProxy({ type: 'streamer', runner: 'process' }))
    ask(device)
    await expect(device.start()).rejects.toMatchObject({ code: 'ERR_INVALID_OPTION', option: 'runner' })
  })
})

describe('pyzmq 12: a program that has started a device in a process', () => {
  test('leaves none when it is killed', async () => {
    const program = runProgram(`${started('device', 'process')}
      console.log(true)
      await device.join()`)
    await program.told()
    const children = childrenOf(program.child.pid)
    // Beside the device's process that which kills it should it be stuck.
    expect(children.map(runs)).toEqual([true, true])
    program.child.kill('SIGKILL')
    expect(await program.ended).toEqual([null, 'SIGKILL'])
    await eventually(() => !children.some(runs), { message: 'the device to end' })
  })

  test('is told when that is killed', async () => {
    const program =
      runProgram(`${started('device', 'process', ', logger: { debug() {}, info() {}, warn() {}, error() {} }')}
      console.log(true)
      await device.join().catch(({ code, reason }) => console.log(JSON.stringify({ code, reason })))
      await device.statistics().catch(({ code }) => console.log(JSON.stringify(code)))`)
    await program.told()
    for (const pid of childrenOf(program.child.pid)) process.kill(pid, 'SIGKILL')
    expect(await program.told()).toEqual({ code: 'ERR_LAUNCH', reason: 'SIGKILL' })
    expect(await program.told()).toBe('ERR_CLOSED')
    expect(await program.ended).toEqual([0, null])
  })
})

describe('pyzmq 12: a device in a thread stops without harming the process', () => {
  test('and another one runs on', async () => {
    const [first, second] = [0, 1].map(() => kept(new Device({ type: 'streamer' })))
    for (const device of [first, second]) {
      device?.bindIn(ANY)
      device?.bindOut(ANY)
    }
    await first?.start()
    const endpoints = await second?.start()
    await first?.stop()
    const [source, sink] = [await joined('push', endpoints?.in[0]), await joined('pull', endpoints?.out[0])]
    await source.send(['through'])
    expect(await texts(sink)).toEqual(['through'])
  })

  test('though frames of 1 MiB went over inproc, some of which are still held, and some collected', async () => {
    const program = runProgram(
      `
      const device = new devices.Device({ type: 'streamer', runner: 'thread' })
      device.bindIn('inproc://in')
      device.bindOut('inproc://out')
      await device.start()
      const space = new devices.SocketSpace()
      const [source, sink] = [space.open('push'), space.open('pull')]
      await source.connect('inproc://in')
      await sink.connect('inproc://out')
      let frames = []
      for (let i = 0; i < 10; i++) {
        await source.send([Buffer.alloc(1 << 20, i)])
        frames.push(...(await sink.receive()))
      }
      await device.stop()
      frames = frames.filter((_, i) => i % 2 === 0)
      gc()
      await space.close()
      console.log(JSON.stringify(frames.map((frame) => [frame.length, frame[0], frame.at(-1)])))`,
      ['--expose-gc'],
    )
    expect(await program.told()).toEqual([0, 2, 4, 6, 8].map((i) => [1 << 20, i, i]))
    expect(await program.ended).toEqual([0, null])
    expect(program.stderr).toEqual([])
  })
})

describe('pyzmq 12: a program that does nothing else than to start daemons', () => {
  test('ends by itself, and leaves nothing', async () => {
    const program = runProgram(`
      ${started('inThread', 'thread')}
      const inProcess = new devices.SteerableProxy({ type: 'queue', runner: 'process' })
      inProcess.bindIn('ipc://${folder}/in.sock')
      inProcess.bindOut('${ANY}')
      inProcess.bindControl('${ANY}')
      await inProcess.start()
      const { readFileSync } = await import('node:fs')
      console.log(JSON.stringify(readFileSync('/proc/self/task/' + process.pid + '/children', 'utf8')))`)
    const pids = String(await program.told())
      .trim()
      .split(' ')
    expect(pids).toHaveLength(2)
    expect(await program.ended).toEqual([0, null])
    await eventually(() => pids.every((pid) => !runs(Number(pid))), { message: 'all of them to end' })
    expect(await readdir(folder)).toEqual([])
    expect(program.stderr).toEqual([])
  })

  test('lives as long as it waits for one, or has one that is no daemon', async () => {
    const programs = ['thread', 'process'].map((runner) => ({
      waiting: runProgram(`${started('device', runner)}
        for (let i = 0; i < 20; i++) await device.statistics()
        console.log('true')
        await device.join()`),
      keeping: runProgram(`${started('device', runner, ', daemon: false')}
        process.on('SIGTERM', () => device.stop())
        console.log(true)`),
    }))
    for (const { waiting, keeping } of programs)
      expect([await waiting.told(), await keeping.told()]).toEqual([true, true])
    // What keeps nobody alive is asked to end within a turn of the event loop; this is a process's start later.
    const other = runProgram(started('device', 'thread'))
    expect(await other.ended).toEqual([0, null])
    for (const { waiting, keeping } of programs) {
      for (const { child } of [waiting, keeping])
        expect([child.exitCode, child.signalCode]).toEqual([null, null])
      waiting.child.kill('SIGKILL')
      await waiting.ended
      keeping.child.kill('SIGTERM')
      expect(await keeping.ended).toEqual([0, null])
    }
  })
})

test('a monitor that can not be bound leaves nothing of the device open', async () => {
  const taken = await open('pull').bind(ANY)
  for (const runner of ['inline', 'thread', 'process'] as const) {
    const device = kept(new ProxyDevice({ type: 'streamer', runner, logger: quiet }))
    device.bindIn(ANY)
    device.bindOut(ANY)
    device.bindMonitor(taken)
    await expect(device.start()).rejects.toMatchObject({ code: 'ERR_ADDRESS_IN_USE' })
  }
})
