import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { eventually } from '@skein/test-harness'
import { sized } from '@skein/test-harness/size'
import { SOCKET_KINDS } from '../../src/transport/zmq/socket-kinds.js'
import { SocketSpace } from '../../src/transport/zmq/socket-space.js'
import { block } from './observed.js'

let space: SocketSpace
beforeEach(() => {
  space = new SocketSpace()
})
afterEach(() => space.close())

describe('a socket of plain ZeroMQ', () => {
  test('binds any free port, says which, and is dialled there', async () => {
    const rep = space.open('rep')
    const endpoint = await rep.bind('tcp://127.0.0.1:*')
    expect(endpoint).toMatch(/^tcp:\/\/127\.0\.0\.1:[1-9]\d*$/)
    expect(rep.endpoints).toEqual([endpoint])
    const req = space.open('req')
    await req.connect(endpoint)
    await req.send(['hello', Buffer.from([255])])
    expect(await rep.receive()).toEqual([Buffer.from('hello'), Buffer.from([255])])
  })

  test('says of a wildcard where it is really bound', async () => {
    const endpoint = await space.open('pull').bind('tcp://*:0')
    expect(endpoint).toMatch(/^tcp:\/\/0\.0\.0\.0:[1-9]\d*$/)
  })

  test('gives a name of ipc to one at a time, and leaves no file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'skein-plain-'))
    const path = join(folder, 'x.sock')
    const first = space.open('pull')
    await first.bind(`ipc://${path}`)
    await expect(space.open('pull').bind(`ipc://${path}`)).rejects.toMatchObject({
      code: 'ERR_ADDRESS_IN_USE',
    })
    await first.close()
    expect(existsSync(path)).toBe(false)
    await rm(folder, { recursive: true })
  })

  test('subscribes, and unsubscribes', async () => {
    const pub = space.open('xpub')
    const sub = space.open('sub')
    await sub.connect(await pub.bind('tcp://127.0.0.1:0'))
    sub.subscribe('a')
    expect(await pub.receive()).toEqual([Buffer.from('\x01a')])
    await pub.send(['b', 'no'])
    await pub.send(['ab', 'yes'])
    expect(await sub.receive()).toEqual([Buffer.from('ab'), Buffer.from('yes')])
    sub.unsubscribe('a')
    expect(await pub.receive()).toEqual([Buffer.from('\x00a')])
  })

  test.each(['receives', 'sends'])(
    'over inproc, %s although this thread was busy when it could',
    async (what) => {
      const name = `inproc://busy-${what}`
      const push = space.open('push', { sendHighWaterMark: 1 })
      await push.bind(name)
      const pull = space.open('pull', { receiveHighWaterMark: 1 })
      await pull.connect(name)
      const done: string[] = []
      const received = (text: Buffer[]) => void done.push(String(text))
      if (what === 'receives') {
        void pull.receive().then(received)
        await push.send(['1'])
      } else {
        for (const text of ['1', '2']) await push.send([text])
        void push.send(['3']).then(() => done.push('3'))
        for (let i = 0; i < 2; i++) await pull.receive()
      }
      // Long enough for whatever looks around now and then to be due before anything else.
      block(150)
      await eventually(() => done.length === 1, { timeout: 1000 })
    },
  )

  test('over inproc, receives what it had begun to wait for before', async () => {
    const pull = space.open('pull')
    await pull.bind('tcp://127.0.0.1:0')
    const done: string[] = []
    void pull.receive().then((text) => void done.push(String(text)))
    await pull.bind('inproc://late')
    const push = space.open('push')
    await push.connect('inproc://late')
    await push.send(['1'])
    block(150)
    await eventually(() => done.length === 1, { timeout: 1000 })
  })

  test('gives an inproc name up at once, to whoever binds it next', async () => {
    for (let i = 0; i < sized(200, 1000); i++) {
      const socket = space.open('router')
      await socket.bind('inproc://again')
      await socket.close()
    }
  })

  test('says what it was called wrongly for: twice at once, out of turn, without a message', async () => {
    const rep = space.open('rep', { receiveTimeout: 0, sendTimeout: 0 })
    await rep.bind('tcp://127.0.0.1:0')
    const refusal = (option: string, words: RegExp) => ({
      code: 'ERR_INVALID_OPTION',
      option,
      message: expect.stringMatching(words),
    })
    await expect(rep.send(['out of turn'])).rejects.toMatchObject(refusal('send', /a rep receives first/))
    const sent: Promise<void> = Reflect.apply(rep.send, rep, [])
    await expect(sent).rejects.toMatchObject(refusal('send', /an array of frames/))
    const pull = space.open('pull')
    const waiting = pull.receive()
    await expect(pull.receive()).rejects.toMatchObject(refusal('receive', /await the one before/))
    void pull.close()
    await expect(waiting).rejects.toMatchObject({ code: 'ERR_CLOSED' })
    const sub = space.open('sub')
    expect(() => Reflect.apply(sub.subscribe, sub, [])).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_OPTION', option: 'prefix' }),
    )
  })

  test.each([
    ['tcp://127.0.0.1:*', 'take the endpoint that binding it has given'],
    ['tcp://*:5555', 'take the endpoint that binding it has given'],
    ['ipc://rel.sock', 'not absolute, as in ipc:///tmp/name.sock'],
  ])('says why it does not dial %s', async (endpoint, why) => {
    await expect(space.open('pull').connect(endpoint)).rejects.toMatchObject({
      code: 'ERR_INVALID_ADDRESS',
      message: expect.stringContaining(why),
    })
  })

  test('is closed in the midst of waiting, and says so', async () => {
    const pull = space.open('pull')
    await pull.bind('tcp://127.0.0.1:0')
    const push = space.open('push', { immediate: true })
    const waiting = Promise.allSettled([pull.receive(), push.send(['to nobody'])])
    await space.close()
    for (const each of await waiting)
      expect(each).toMatchObject({ status: 'rejected', reason: { code: 'ERR_CLOSED' } })
    for (const endpoint of ['tcp://127.0.0.1:3000', 'ipc:///tmp/skein-closed', 'inproc://closed']) {
      await expect(pull.bind(endpoint)).rejects.toMatchObject({ code: 'ERR_CLOSED' })
      await expect(pull.connect(endpoint)).rejects.toMatchObject({ code: 'ERR_CLOSED' })
    }
    expect(() => space.open('pull')).toThrow(expect.objectContaining({ code: 'ERR_CLOSED' }))
  })

  test('gives up after the timeouts that it was given', async () => {
    const pull = space.open('pull', { receiveTimeout: 0 })
    await expect(pull.receive()).rejects.toMatchObject({ code: 'ERR_TIMEOUT', timeoutMs: 0 })
    const push = space.open('push', { sendTimeout: 1 })
    await expect(push.send(['x'])).rejects.toMatchObject({ code: 'ERR_TIMEOUT', timeoutMs: 1 })
  })

  test('of inproc is closed although its peer is idle', async () => {
    const [rep, req] = [space.open('rep'), space.open('req')]
    await req.connect(await rep.bind('inproc://idle'))
    await req.send(['x'])
    await rep.receive()
    await rep.send(['y'])
    // The answer is not fetched.
    await rep.close()
    expect(req.closed).toBe(false)
  })

  test('lets what it has sent leave within its linger', async () => {
    const pull = space.open('pull')
    const push = space.open('push', { linger: 5000 })
    await push.connect(await pull.bind('tcp://127.0.0.1:0'))
    for (let i = 0; i < 100; i++) await push.send([String(i)])
    const closed = push.close()
    for (let i = 0; i < 100; i++) expect(String((await pull.receive())[0])).toBe(String(i))
    await closed
  })

  test('of a space of its own is not found by its inproc name from another', async () => {
    const own = new SocketSpace({ shared: false })
    await own.open('rep').bind('inproc://there')
    await expect(space.open('rep').bind('inproc://there')).resolves.toBe('inproc://there')
    const within = new SocketSpace({ within: own })
    await expect(within.open('rep').bind('inproc://there')).rejects.toMatchObject({
      code: 'ERR_ADDRESS_IN_USE',
    })
    await within.close()
    // Those of others are open still.
    const req = new SocketSpace({ within: own }).open('req')
    await req.connect('inproc://there')
    await req.send(['x'])
    await Promise.all([req.close(), own.close()])
  })

  test('over inproc gets what it waits for, although idle sockets are asked for their state now and then', async () => {
    const rep = space.open('rep')
    const req = space.open('req')
    await rep.bind('inproc://asked')
    await req.connect('inproc://asked')
    // For as long as some of those looks take, a message is on its way to a receiver when timers are run.
    for (const began = performance.now(); performance.now() - began < 350; ) {
      const asked = rep.receive()
      setImmediate(() => void req.send(['question']))
      await asked
      const answered = req.receive()
      setImmediate(() => void rep.send(['answer']))
      expect(String((await answered)[0])).toBe('answer')
    }
  })

  test('makes known in its ZeroMQ context which inproc names it has bound, until it is gone', async () => {
    const within = new SocketSpace({ within: space })
    const told: boolean[] = []
    const stop = within.names.watch('inproc://known', (isBound) => told.push(isBound))
    const rep = space.open('rep')
    await rep.bind('inproc://known')
    expect(within.names.isBound('inproc://known')).toBe(true)
    expect(new SocketSpace({ shared: false }).names.isBound('inproc://known')).toBe(false)
    await rep.close()
    stop()
    await within.open('rep').bind('inproc://known')
    expect(told).toEqual([true, false])
    await within.close()
    expect(space.names.isBound('inproc://known')).toBe(false)
  })
})

describe('what is wrong with a socket is said', () => {
  test.each([
    ['no-scheme', 'ERR_INVALID_ADDRESS'],
    ['tcp://127.0.0.1:70000', 'ERR_INVALID_ADDRESS'],
    ['tcp://no-such-host.invalid:3000', 'ERR_INVALID_ADDRESS'],
    ['tcp://192.0.2.1:3000', 'ERR_ADDRESS_UNAVAILABLE'],
    ['ipc://relative', 'ERR_INVALID_ADDRESS'],
    [`ipc:///${'x'.repeat(200)}`, 'ERR_INVALID_ADDRESS'],
    ['ipc:///no/such/folder/x.sock', 'ERR_ADDRESS_UNAVAILABLE'],
  ])('binding %s', async (endpoint, code) => {
    await expect(space.open('rep').bind(endpoint)).rejects.toMatchObject({
      code,
      address: expect.any(String),
    })
  })

  test('dialling nowhere', async () => {
    const req = space.open('req')
    for (const endpoint of [
      'tcp://127.0.0.1:0',
      'tcp://*:3000',
      'http://a',
      'tcp://no-such-host.invalid:3000',
    ])
      await expect(req.connect(endpoint)).rejects.toMatchObject({ code: 'ERR_INVALID_ADDRESS' })
  })

  test('a kind that there is none of, with those that there are', () => {
    const given: string = 'broadcast'
    expect(() => Reflect.apply(space.open, space, [given])).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_OPTION', allowed: SOCKET_KINDS.join(', ') }),
    )
  })

  test('an option that it has not, or that takes no such value', () => {
    for (const [name, value] of [
      ['lingers', 3],
      ['lastEndpoint', 'x'],
      ['linger', 'long'],
      ['subscribe', 'x'],
      ['mandatory', true],
    ] as const)
      expect(() => space.open('pull', { [name]: value })).toThrow(
        expect.objectContaining({ code: 'ERR_INVALID_OPTION', option: name }),
      )
  })

  test('what a kind can not do', async () => {
    await expect(space.open('push').receive()).rejects.toMatchObject({ code: 'ERR_INVALID_OPTION' })
    await expect(space.open('pull').send(['x'])).rejects.toMatchObject({ code: 'ERR_INVALID_OPTION' })
    expect(() => space.open('pull').subscribe('x')).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_OPTION' }),
    )
  })
})
