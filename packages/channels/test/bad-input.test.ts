import { afterEach, expect, test } from '@jest/globals'
import { useLedger } from '@skein/test-harness'
import { ChannelContext } from '../src/context.js'
import { PubChannel } from '../src/pub-channel.js'
import { RepChannel } from '../src/rep-channel.js'
import { ReqChannel } from '../src/req-channel.js'
import { StateChannel } from '../src/state-channel.js'
import { SubChannel } from '../src/sub-channel.js'
import { at, Contexts } from './support/contexts.js'

useLedger()

const contexts = new Contexts()
afterEach(() => contexts.close())

/** As a program without types would call it. */
const untyped = (value: unknown): never => value as never

test.each([
  'localhost:-1',
  'localhost:80.5',
  'localhost:my port',
  'localhost:80',
  'localhost:65536',
  ' localhost:11111',
  'tcp://127.0.0.1:11111',
  'ipc:///nowhere',
  'localhost',
  '',
])("'%s' is no address to bind to", async (address) => {
  await expect(contexts.open().bind(address)).rejects.toMatchObject({ code: 'ERR_INVALID_ADDRESS' })
})

test.each<[string, (context: ChannelContext) => unknown]>([
  ['timeout of recv', (context) => new SubChannel(context, 'x').recv(untyped(50))],
  ['timeot', (context) => new SubChannel(context, 'x').recv(untyped({ timeot: 5 }))],
  ['timeout of a state', (context) => new StateChannel(context, 'x').ready(untyped(5))],
  ['changed', async (context) => new StateChannel(context, 'x', untyped({ changed: 5 }))],
  ['methods', async (context) => new RepChannel(context, 'x', untyped([() => 1]))],
  ['method', (context) => new ReqChannel(context, 'x').ask('')],
  ['args', (context) => new ReqChannel(context, 'x').ask('run', untyped(5))],
  ['signal', (context) => new ReqChannel(context, 'x').ask('run', [], { signal: untyped({}) })],
  ['message', (context) => new PubChannel(context, 'x').send('\ud800')],
  ['context', async () => new PubChannel(untyped({}), 'x')],
  ['logger', async () => new ChannelContext({ logger: untyped(5) })],
])('what is wrong is refused where it is given: %s', async (_, attempt) => {
  await expect(Promise.resolve().then(() => attempt(contexts.open()))).rejects.toMatchObject({
    code: 'ERR_INVALID_OPTION',
  })
})

test('a token that is refused is told of, and not shown', () => {
  const given = 'hush'.padEnd(300, '!')
  for (const token of ['short', given, untyped(5)])
    expect(() => new ChannelContext({ token })).toThrow(
      /^token is (a string of \d+ characters|a number); allowed: /,
    )
  expect(() => new ChannelContext({ token: given })).not.toThrow('hush')
})

test('what goes wrong with a request is told in the words of its channel', async () => {
  const [a, b] = await contexts.graph(2, [[0, 1]])
  new RepChannel(at([a], 0), 'stage', { wait: () => new Promise(() => {}) })
  const req = new ReqChannel(at([b], 0), 'stage')
  await expect(req.ask('wait', [], { timeout: 50 })).rejects.toMatchObject({
    code: 'ERR_TIMEOUT',
    message: 'stage.wait was not answered within 50 ms',
    service: 'stage',
    method: 'wait',
    executed: 'maybe',
  })
  const aborted = new AbortController()
  const given = req.ask('wait', [], { signal: aborted.signal })
  await Promise.resolve()
  aborted.abort()
  await expect(given).rejects.toMatchObject({ code: 'ERR_CANCELLED', message: 'stage.wait was given up' })
  await expect(req.ask('wait', [], { signal: aborted.signal })).rejects.toMatchObject({
    code: 'ERR_CANCELLED',
    executed: 'no',
  })
})
