import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { SocketSpace } from '@skein/core/internal'
import { eventually, useLedger } from '@skein/test-harness'
import { Context } from '../src/context.js'
import { quiet, rejectionOf } from './support.js'

useLedger()

const ANY = 'tcp://127.0.0.1:*'

let context: Context
let space: SocketSpace
beforeEach(() => {
  context = new Context({ logger: quiet })
  space = new SocketSpace()
})
afterEach(() => Promise.all([context.close(), space.close()]))

describe('a publisher', () => {
  test('speaks to a plain SUB, in two frames', async () => {
    const pub = await context.addPub(ANY, 'temperature', { codec: 'json' })
    const sub = space.open('sub')
    sub.subscribe('temp')
    await sub.connect(pub.endpoint)
    await pub.waitForSubscriber()
    await pub.publish({ celsius: 21 })
    expect((await sub.receive()).map(String)).toEqual(['temperature', '{"celsius":21}'])
  })

  test('knows whether somebody has subscribed, and waits for it within its deadline', async () => {
    const pub = await context.addPub(ANY, 'topic')
    expect(await rejectionOf(pub.waitForSubscriber({ timeout: 10 }))).toMatchObject({
      code: 'ERR_TIMEOUT',
      timeoutMs: 10,
    })
    const giver = new AbortController()
    const waiting = rejectionOf(pub.waitForSubscriber({ signal: giver.signal }))
    giver.abort()
    expect(await waiting).toMatchObject({ code: 'ERR_CANCELLED' })
    const sub = await context.addSub(pub.endpoint, { topic: 'other' })
    const other = await context.addPub(pub.endpoint, 'other')
    await other.waitForSubscriber()
    expect([pub.hasSubscribers, other.hasSubscribers]).toEqual([false, true])
    await sub.close()
    await eventually(() => !other.hasSubscribers)
  })

  test('gives up the endpoint with the last of those that share it', async () => {
    const first = await context.addPub(ANY, 'a')
    const second = await context.addPub(first.endpoint, 'b')
    expect(await rejectionOf(context.addPub(first.endpoint, 'c', { bind: false }))).toMatchObject({
      option: 'bind',
    })
    await first.close()
    expect(await rejectionOf(first.publish(1))).toMatchObject({ code: 'ERR_CLOSED' })
    await second.publish(1)
    await second.close()
    await space.open('pub').bind(first.endpoint)
  })

  test('keeps the endpoint open for one that came to share it before the last of the others left', async () => {
    const first = await context.addPub(ANY, 'a')
    const { endpoint } = first
    const [second] = await Promise.all([context.addPub(endpoint, 'b'), first.close()])
    await context.addSub(endpoint)
    await second.waitForSubscriber({ timeout: 5000 })
    await second.close()
    await space.open('pub').bind(endpoint)
  })

  test('that is closed waits for nobody, although others share its endpoint', async () => {
    const first = await context.addPub(ANY, 'a')
    const second = await context.addPub(first.endpoint, 'b')
    const log = await context.addPubHandler(first.endpoint)
    const waiting = [first.waitForSubscriber(), log.waitForSubscriber('warn')].map(rejectionOf)
    const goesOn = second.waitForSubscriber()
    await Promise.all([first.close(), log.close()])
    for (const error of await Promise.all(waiting)) expect(error).toMatchObject({ code: 'ERR_CLOSED' })
    await context.addSub(second.endpoint, { topic: 'b' })
    await goesOn
  }, 5000)

  test('lets what it has published leave within its linger', async () => {
    const lingering = new Context({ linger: 5000 })
    const pub = await lingering.addPub(ANY, 'topic')
    const got: unknown[] = []
    await context.addSub(pub.endpoint, { handler: (value) => got.push(value) })
    await pub.waitForSubscriber()
    for (let i = 0; i < 100; i++) void pub.publish(i)
    await lingering.close()
    await eventually(() => got.length === 100)
    expect(got).toEqual(Array.from({ length: 100 }, (_, i) => i))
  })
})

describe('a subscriber', () => {
  test('is iterated, by any number, each message once', async () => {
    const pub = await context.addPub(ANY, 'topic')
    const sub = await context.addSub(pub.endpoint)
    await pub.waitForSubscriber()
    const got: unknown[] = []
    const loops = ['one', 'two'].map(async () => {
      for await (const { topic, value } of sub) got.push([topic, value])
    })
    for (let i = 0; i < 4; i++) await pub.publish(i)
    await eventually(() => got.length === 4)
    expect(got).toEqual([0, 1, 2, 3].map((i) => ['topic', i]))
    await sub.close()
    await Promise.all(loops)
  })

  test('keeps so many messages for whoever iterates it, the latest ones, and counts the others', async () => {
    const pub = await context.addPub(ANY, 'topic')
    const sub = await context.addSub(pub.endpoint, { maxQueued: 3 })
    await pub.waitForSubscriber()
    for (let i = 0; i < 10; i++) await pub.publish(i)
    await eventually(() => sub.dropped === 7)
    const got: unknown[] = []
    for await (const { value } of sub) if (got.push(value) === 3) break
    expect(got).toEqual([7, 8, 9])
  })

  test('goes on when its handler throws, and hands over one message at a time', async () => {
    const pub = await context.addPub(ANY, 'topic')
    const got: unknown[] = []
    let running = 0
    const sub = await context.addSub(pub.endpoint, {
      handler: async (value) => {
        expect(++running).toBe(1)
        await new Promise((resolve) => setImmediate(resolve))
        running -= 1
        got.push(value)
        throw new Error('its own affair')
      },
    })
    await pub.waitForSubscriber()
    for (let i = 0; i < 5; i++) await pub.publish(i)
    await eventually(() => got.length === 5)
    expect(got).toEqual([0, 1, 2, 3, 4])
    expect(() => sub[Symbol.asyncIterator]()).toThrow(expect.objectContaining({ option: 'handler' }))
  })

  test('may bind, for publishers that connect', async () => {
    const got: unknown[] = []
    const sub = await context.addSub(ANY, { bind: true, handler: (value) => got.push(value) })
    const pub = await context.addPub(sub.endpoint, 'topic', { bind: false })
    await pub.waitForSubscriber()
    await pub.publish('hello')
    await eventually(() => got.length === 1)
  })
})
