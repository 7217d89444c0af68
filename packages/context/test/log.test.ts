import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { eventually, useLedger } from '@skein/test-harness'
import fc from 'fast-check'
import { pino } from 'pino'
import { Context } from '../src/context.js'
import { readFrame } from '../src/log/call-site.js'
import { LOG_LEVELS } from '../src/log/levels.js'
import { LogBroker } from '../src/log/log-broker.js'
import { LogClient } from '../src/log/log-client.js'
import { frameRecord, type LogRecord, readRecord } from '../src/log/log-record.js'
import { pinoStream } from '../src/pino.js'
import { quiet, rejectionOf } from './support.js'

useLedger()

const ANY = 'tcp://127.0.0.1:*'

let context: Context
beforeEach(() => {
  context = new Context({ logger: quiet })
})
afterEach(() => context.close())

/** Two handlers at one broker, and what comes of it. */
async function collected() {
  const records: LogRecord[] = []
  const broker = await LogBroker.open(context, ANY, ANY, { onRecord: (record) => records.push(record) })
  const connect = (rootTopic: string) =>
    context.addPubHandler(broker.xsubEndpoint, { bind: false, rootTopic })
  const first = await connect('host::first')
  // One endpoint is one socket, and one socket may have several handlers.
  const second = await connect('host::second')
  await eventually(() => first.hasSubscribers('debug'))
  return { broker, records, first, second }
}

describe('a log broker', () => {
  test('collects the records of several handlers, and passes on to each client what it wants', async () => {
    const { broker, records, first, second } = await collected()
    const all: LogRecord[] = []
    const some: LogRecord[] = []
    await LogClient.open(context, broker.xpubEndpoint, { handler: (record) => all.push(record) })
    await LogClient.open(context, broker.xpubEndpoint, {
      root: 'host::second',
      levels: ['warn', 'error'],
      topic: 'motor',
      handler: (record) => some.push(record),
    })
    // Both clients have subscribed when each gets something.
    await eventually(() => {
      second.handle({ level: 'error', text: 'motor->begin' })
      return all.length > 0 && some.length > 0
    })
    first.warn({ volts: 5 }, 'motor->not of the second')
    second.info({}, 'motor->of another level')
    second.warn({}, 'pump->of another topic')
    second.warn({ error: new Error('it burns'), query: Object.create(null) }, 'motor.left->hot')
    first.debug({}, 'end')
    await eventually(() => all.at(-1)?.message === 'end' && some.at(-1)?.topic === 'motor.left')
    const told = (list: readonly LogRecord[]) =>
      list
        .filter(({ message }) => message !== 'begin')
        .map(({ root, level, topic, message }) => [root, level, topic, message])
    expect(told(all)).toEqual([
      ['host::first', 'warn', 'motor', 'not of the second volts=5'],
      ['host::second', 'info', 'motor', 'of another level'],
      ['host::second', 'warn', 'pump', 'of another topic'],
      ['host::second', 'warn', 'motor.left', 'hot error=it burns query=an object'],
      ['host::first', 'debug', undefined, 'end'],
    ])
    expect(told(some)).toEqual([['host::second', 'warn', 'motor.left', 'hot error=it burns query=an object']])
    expect(told(records)).toEqual(told(all))
    const [warning, info] = all.filter(({ message }) => message !== 'begin')
    expect(warning?.file).toMatch(/log\.test\.ts$/)
    expect(warning?.line).toBeGreaterThan(0)
    expect(info).toMatchObject({ file: undefined, line: undefined })
  })

  test('sees what nobody else has subscribed to, and its clients may be iterated', async () => {
    const { broker, records, first } = await collected()
    first.info({}, 'to nobody')
    await eventually(() => records.length === 1)
    const client = await LogClient.open(context, broker.xpubEndpoint, { levels: 'info' })
    const next = client[Symbol.asyncIterator]().next()
    let isThere = false
    void next.then(() => {
      isThere = true
    })
    await eventually(() => {
      first.warn({}, 'not wanted')
      first.info({}, 'wanted')
      return isThere
    })
    expect(await next).toMatchObject({ value: { message: 'wanted', level: 'info' }, done: false })
    await client.close()
    await Promise.all([broker.close(), first.close(), first.close()])
    first.info({}, 'dropped without a word')
  })
})

test('pino publishes by way of a handler', async () => {
  const handler = await context.addPubHandler(ANY, { rootTopic: 'pino' })
  const records: LogRecord[] = []
  await LogClient.open(context, handler.endpoint, { root: 'pino', handler: (record) => records.push(record) })
  await eventually(() => LOG_LEVELS.every((level) => handler.hasSubscribers(level)))
  const logger = pino({ level: 'trace' }, pinoStream(handler))
  logger.info({ file: 'a.ts', line: 1 }, 'motor->turns')
  logger.child({ topic: 'pump' }).fatal({ caller: 'run (/srv/pump.ts:12:5)' }, 'a -> b')
  logger.trace({ file: 'a.ts', line: 7 }, 'detail')
  pinoStream(handler).write('no JSON')
  pino({ formatters: { level: (level) => ({ level }) } }, pinoStream(handler)).warn('by name')
  await eventually(() => records.length === 4)
  expect(records).toMatchObject([
    { level: 'info', topic: 'motor', message: 'turns', file: undefined },
    { level: 'fatal', topic: 'pump', message: 'a -> b', file: '/srv/pump.ts', line: 12 },
    { level: 'trace', topic: undefined, message: 'detail', file: 'a.ts', line: 7 },
    { level: 'warn', message: 'by name' },
  ])
})

describe('a record', () => {
  test('comes back from its frames as it was', () => {
    const name = fc.string({ unit: fc.constantFrom('a', ':', '-', ' ', 'é', '.') })
    const record = fc.record({
      root: name,
      level: fc.constantFrom(...LOG_LEVELS),
      topic: fc.option(name, { nil: undefined }),
      time: fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true }),
      message: fc.string(),
      place: fc.option(fc.record({ file: fc.constantFrom('/a b/c.ts', 'c:\\d.ts'), line: fc.nat() }), {
        nil: undefined,
      }),
    })
    fc.assert(
      fc.property(record, ({ place, ...rest }) => {
        const file = rest.level === 'info' ? undefined : place?.file
        const line = rest.level === 'info' ? undefined : place?.line
        const [topic, body] = frameRecord({ ...rest, file: place?.file, line: place?.line })
        expect(readRecord(topic.toString(), body.toString())).toEqual({ ...rest, file, line })
      }),
    )
  })

  test('of another make is read as far as it goes', () => {
    expect(readRecord('lab->WARNING->x', 'anything')).toMatchObject({
      level: 'warn',
      topic: 'x',
      message: 'anything',
    })
    expect(readRecord('lab->FATAL', '')).toMatchObject({ level: 'fatal' })
    expect(readRecord('lab', 'x')).toBeUndefined()
    expect(readRecord('lab->LOUD', 'x')).toBeUndefined()
  })

  test('knows its place from a line of a stack', () => {
    expect(readFrame('    at run (/srv/a.ts:12:5)')).toEqual({ file: '/srv/a.ts', line: 12 })
    expect(readFrame('at file:///srv/a%20b.ts:3:1')).toEqual({ file: '/srv/a b.ts', line: 3 })
    expect(readFrame('at native')).toBeUndefined()
  })
})

test('what a log client or handler is not given rightly is said', async () => {
  expect(await rejectionOf(context.addPubHandler(ANY, { rootTopic: 'a->b' }))).toMatchObject({
    option: 'rootTopic',
  })
  const levels: never[] = JSON.parse('["loud"]')
  expect(await rejectionOf(LogClient.open(context, 'tcp://127.0.0.1:9', { levels }))).toMatchObject({
    option: 'levels',
  })
})

describe('what is wrong with a logger or a record is said', () => {
  test.each([[{}], [{ warn() {}, error() {} }], [null], ['stderr']])(
    'a logger without the four methods: %j',
    async (logger) => {
      const refusal = expect.objectContaining({ code: 'ERR_INVALID_OPTION', option: 'logger' })
      expect(() => Reflect.construct(Context, [{ logger }])).toThrow(refusal)
      const added: unknown = Reflect.apply(context.addSub, context, ['tcp://127.0.0.1:9', { logger }])
      await expect(added).rejects.toEqual(refusal)
    },
  )

  test('a level, a text or a time that is none', async () => {
    const handler = await context.addPubHandler(ANY)
    const wrong: [entry: unknown, option: string][] = [
      [{ level: 'warning', text: 'x' }, 'level'],
      [{ text: 'x' }, 'level'],
      [{ level: 'warn' }, 'text'],
      [{ level: 'warn', text: 'x', time: new Date('never') }, 'time'],
      [undefined, 'entry'],
    ]
    for (const [entry, option] of wrong)
      expect(() => Reflect.apply(handler.handle, handler, [entry])).toThrow(
        expect.objectContaining({ code: 'ERR_INVALID_OPTION', option }),
      )
    const { hasSubscribers } = handler
    expect(() => Reflect.apply(hasSubscribers, handler, ['WARNING'])).toThrow(
      'trace, debug, info, warn, error, fatal',
    )
  })

  test.each([
    [
      'timout',
      LogClient,
      "there is no option 'timout'; there are root, levels, topic, handler, maxQueued, bind",
    ],
    ['exact', LogClient, "there is no option 'exact'; there are root, levels"],
    ['onMessage', LogBroker, "there is no option 'onMessage'; there are onRecord"],
  ])('the option %s, by those that the class has', async (name, { open }, message) => {
    const opened: unknown = Reflect.apply(open, undefined, [
      context,
      ...(open === LogClient.open ? ['tcp://127.0.0.1:9'] : [ANY, ANY]),
      { [name]: true },
    ])
    await expect(opened).rejects.toMatchObject({
      code: 'ERR_INVALID_OPTION',
      message: expect.stringContaining(message),
    })
  })

  test('a codec, where records have a form of their own, or messages pass as they are', async () => {
    const given: [add: unknown[], from: (...args: never[]) => unknown][] = [
      [[ANY, { codec: 'json' }], context.addPubHandler],
      [[ANY, ANY, { codec: 'json' }], context.addBroker],
    ]
    for (const [args, add] of given)
      await expect(Reflect.apply(add, context, args)).rejects.toMatchObject({
        code: 'ERR_INVALID_OPTION',
        message: expect.stringContaining("there is no option 'codec'; there are bind, logger, socketOptions"),
      })
  })
})

test('a handler takes what pino takes: a text alone, facts alone, an error', async () => {
  const handler = await context.addPubHandler(ANY, { rootTopic: 'own' })
  const records: LogRecord[] = []
  await LogClient.open(context, handler.endpoint, {
    root: 'own',
    levels: LOG_LEVELS,
    handler: (record) => records.push(record),
  })
  await eventually(() => LOG_LEVELS.every((level) => handler.hasSubscribers(level)))
  handler.warn('just text')
  handler.error('motor->just text')
  handler.info({ volts: 5 })
  handler.error(new Error('it burns'))
  handler.debug({ odd: Object.create(null), reason: new Error('dry') }, 'text')
  for (const level of LOG_LEVELS) handler.handle({ level, text: level })
  await eventually(() => records.length === 5 + LOG_LEVELS.length)
  expect(records.map(({ level, topic, message }) => [level, topic, message])).toEqual([
    ['warn', undefined, 'just text'],
    ['error', 'motor', 'just text'],
    ['info', undefined, 'volts=5'],
    ['error', undefined, 'it burns'],
    ['debug', undefined, 'text odd=an object reason=dry'],
    ...LOG_LEVELS.map((level) => [level, undefined, level]),
  ])
})
