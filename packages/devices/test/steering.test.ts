import { setTimeout } from 'node:timers/promises'
import { describe, expect, test } from '@jest/globals'
import { eventually, useLedger } from '@skein/test-harness'
import { SteerableProxy } from '../src/steerable-proxy.js'
import { joined, kept, open, texts } from './support/sockets.js'

useLedger()

const ANY = 'tcp://127.0.0.1:*'

/** A command that is not known is logged. */
const quiet = { debug() {}, info() {}, warn() {}, error() {} }
const RUNNERS = ['inline', 'thread', 'process'] as const

describe.each([
  ['inline', ANY],
  ['thread', ANY],
  ['thread', 'inproc://control'],
  ['process', ANY],
] as const)('a steerable proxy that runs %s, told over %s', (runner, address) => {
  test('pyzmq 9: PAUSE holds, RESUME delivers everything, STATISTICS agree, TERMINATE ends it', async () => {
    const device = kept(new SteerableProxy({ type: 'streamer', runner, logger: quiet }))
    device.bindIn(ANY)
    device.bindOut(ANY)
    device.bindControl(address)
    const {
      in: [front],
      out: [back],
      control: [told],
    } = await device.start()
    const [source, sink] = [await joined('push', front), await joined('pull', back)]
    const control = await joined('req', told)
    const tell = async (command: string): Promise<Buffer[]> => {
      await control.send([command])
      return control.receive()
    }
    await source.send(['before', 'it'])
    expect(await texts(sink)).toEqual(['before', 'it'])

    expect(String(await tell('PAUSE'))).toBe('')
    for (let i = 0; i < 10; i++) await source.send([String(i)])
    const first = texts(sink)
    expect(await Promise.race([first, setTimeout(200, 'nothing')])).toBe('nothing')
    expect(String(await tell('RESUME'))).toBe('')
    expect(await first).toEqual(['0'])
    for (let i = 1; i < 10; i++) expect(await texts(sink)).toEqual([String(i)])

    await eventually(async () => (await device.statistics()).out.sent.messages === 11)
    const counters = (await tell('STATISTICS')).map((each) => Number(each.readBigUInt64LE()))
    expect(counters).toEqual([11, 18, 0, 0, 0, 0, 11, 18])

    expect(String(await tell('HALT'))).toBe('ERR allowed: PAUSE, RESUME, TERMINATE, STATISTICS')
    expect(String(await tell('TERMINATE'))).toBe('')
    expect(await device.join()).toBe(true)
  })
})

test.each(RUNNERS)('one that runs %s is held and counted by its methods as well', async (runner) => {
  const device = kept(new SteerableProxy({ type: 'streamer', runner, logger: quiet }))
  await expect(device.pause()).rejects.toMatchObject({ code: 'ERR_CLOSED' })
  device.bindIn(ANY)
  device.bindOut(ANY)
  const {
    in: [front],
    out: [back],
  } = await device.start()
  const [source, sink] = [await joined('push', front), await joined('pull', back)]
  await device.pause()
  await source.send(['held'])
  await eventually(async () => (await device.statistics()).in.received.messages === 1)
  expect((await device.statistics()).out.sent.messages).toBe(0)
  await device.resume()
  expect(await texts(sink)).toEqual(['held'])
  await device.stop()
  // What has passed is known afterwards as well.
  expect((await device.statistics()).out.sent).toEqual({ messages: 1, bytes: 4 })
  await expect(device.pause()).rejects.toMatchObject({ code: 'ERR_CLOSED' })
  await expect(device.resume()).rejects.toMatchObject({ code: 'ERR_CLOSED' })
})

test('one that goes on and is held again at once lets nothing pass', async () => {
  const device = kept(new SteerableProxy({ type: 'streamer', runner: 'inline', logger: quiet }))
  device.bindIn(ANY)
  device.bindOut(ANY)
  const {
    in: [front],
    out: [back],
  } = await device.start()
  const [source, sink] = [await joined('push', front), await joined('pull', back)]
  await device.pause()
  await source.send(['held'])
  await eventually(async () => (await device.statistics()).in.received.messages === 1)
  await Promise.all([device.resume(), device.pause()])
  const received = texts(sink)
  expect(await Promise.race([received, setTimeout(200, 'nothing')])).toBe('nothing')
  await device.resume()
  expect(await received).toEqual(['held'])
})

test.each(['thread', 'process'] as const)(
  'one that runs in a %s ends in order, although it is to be held meanwhile',
  async (runner) => {
    const said: string[] = []
    const note = (_: object, message: string): void => void said.push(message)
    const device = kept(
      new SteerableProxy({ type: 'streamer', runner, logger: { ...quiet, warn: note, error: note } }),
    )
    device.bindIn(ANY)
    device.bindOut(ANY)
    await device.start()
    const [stopping, over] = [device.stop(), device.join()]
    const untilItCanNot = async (): Promise<void> => {
      for (;;) await device.pause()
    }
    await expect(untilItCanNot()).rejects.toMatchObject({ code: 'ERR_CLOSED' })
    await stopping
    expect(await over).toBe(true)
    expect(said).toEqual([])
  },
)

test('a control that only hears takes commands from whoever publishes them', async () => {
  const device = kept(
    new SteerableProxy({ type: 'streamer', runner: 'inline', control: 'sub', logger: quiet }),
  )
  const pub = open('xpub')
  const endpoint = await pub.bind(ANY)
  device.bindIn(ANY)
  device.bindOut(ANY)
  device.subscribeControl('')
  device.connectControl(endpoint)
  await device.start()
  await pub.receive()
  await pub.send(['STATISTICS'])
  await pub.send(['nonsense'])
  await pub.send(['TERMINATE'])
  expect(await device.join()).toBe(true)
})

test('a control that can not be one is said', () => {
  expect(() => Reflect.construct(SteerableProxy, [{ type: 'queue', control: 'push' }])).toThrow(
    expect.objectContaining({ code: 'ERR_INVALID_OPTION', option: 'control' }),
  )
})
