import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { useLedger } from '@skein/test-harness'
import { release, withOptions } from '../src/proxy.js'
import type { Remote } from '../src/remote.js'
import type { Runtime } from '../src/runtime.js'
import { TestMesh } from './support/test-mesh.js'

interface Echo {
  say(text: string): string
  never(): Promise<void>
  ask(other: Remote<Echo>): Promise<string>
  askAll(others: { list: Remote<Echo>[] }): Promise<string[]>
  self(): Remote<Echo>
}

let mesh: TestMesh
let a: Runtime
let b: Runtime
let echo: Remote<Echo>
let aborted: boolean

useLedger()
beforeEach(async () => {
  mesh = new TestMesh()
  ;[a, b] = await mesh.pair()
  aborted = false
  b.use((request, next) => {
    if (request.message.method === 'never') request.signal.addEventListener('abort', () => (aborted = true))
    return next(request)
  })
  b.expose('echo', {
    say: (text: string) => `b says ${text}`,
    never: () => new Promise<void>(() => {}),
    ask: (other: Remote<Echo>) => other.say('hello'),
    askAll: ({ list }: { list: Remote<Echo>[] }) => Promise.all(list.map((other) => other.say('hello'))),
    self: () => b.proxy<Echo>('b', 'echo'),
  })
  echo = a.proxy<Echo>('b', 'echo')
})
afterEach(() => mesh.close())

describe('a proxy', () => {
  test('can be awaited without a call', async () => {
    expect(await echo).toBe(echo)
    expect('then' in echo).toBe(false)
  })

  test('can be printed and put into JSON without a call', () => {
    expect(inspect(echo)).toBe('Remote(b echo)')
    expect(`${echo}`).toBe('Remote(b echo)')
    expect(JSON.stringify({ echo })).toBe('{"echo":{}}')
    expect(a.comms.peers()[0]?.awaited).toBe(0)
  })

  test('has no symbols, and no names that are never exposed', () => {
    for (const name of ['_private', 'constructor', 'valueOf', '__proto__', 'toJSON', Symbol.iterator]) {
      expect(Reflect.get(echo, name)).toBeUndefined()
    }
  })

  test('gives the same function for a method each time', () => {
    expect(echo.say).toBe(echo.say)
    expect(echo.say).not.toBe(echo.never)
  })

  test('has methods that work on their own', async () => {
    const { say } = echo
    await expect(say('hi')).resolves.toBe('b says hi')
  })

  test('can not be changed', () => {
    expect(() => Object.assign(echo, { say: () => 'mine' })).toThrow(TypeError)
    expect(() => Reflect.deleteProperty(echo, 'say')).not.toThrow()
    expect(Object.keys(echo)).toEqual([])
  })

  test('of a service is nothing to let go of', async () => {
    expect(Symbol.asyncDispose in echo).toBe(false)
    await release(echo)
    await expect(echo.say('still')).resolves.toBe('b says still')
  })

  test('of a wrong uid is refused at once', () => {
    expect(() => a.proxy('not a uid', 'echo')).toThrow(expect.objectContaining({ code: 'ERR_INVALID_UID' }))
  })
})

describe('options', () => {
  test('give requests a deadline', async () => {
    const hasty = withOptions(echo, { timeout: 20 })
    await expect(hasty.never()).rejects.toMatchObject({ code: 'ERR_TIMEOUT', timeoutMs: 20 })
  })

  test('give requests a signal, which reaches the method', async () => {
    const controller = new AbortController()
    const never = withOptions(echo, { signal: controller.signal }).never()
    await echo.say('the other one runs by now')
    controller.abort()
    await expect(never).rejects.toMatchObject({ code: 'ERR_CANCELLED' })
    await echo.say('the cancel came before this')
    expect(aborted).toBe(true)
  })

  test('add to those that are there already, and leave the first proxy as it was', async () => {
    const { signal } = new AbortController()
    const both = withOptions(withOptions(echo, { timeout: 20 }), { signal })
    await expect(both.never()).rejects.toMatchObject({ code: 'ERR_TIMEOUT' })
    await expect(echo.say('hi')).resolves.toBe('b says hi')
  })

  test('are only for proxies', () => {
    const wrong = { code: 'ERR_INVALID_OPTION', option: 'proxy' }
    expect(() => withOptions({}, { timeout: 1 })).toThrow(expect.objectContaining(wrong))
  })
})

describe('a proxy that travels', () => {
  test('arrives as a proxy of the same service', async () => {
    a.expose('echo', { say: (text: string) => `a says ${text}` })
    await expect(echo.ask(a.proxy<Echo>('a', 'echo'))).resolves.toBe('a says hello')
  })

  test('may lie inside of a value, and more than once', async () => {
    a.expose('echo', { say: (text: string) => `a says ${text}` })
    const mine = a.proxy<Echo>('a', 'echo')
    await expect(echo.askAll({ list: [mine, echo, mine] })).resolves.toEqual([
      'a says hello',
      'b says hello',
      'a says hello',
    ])
  })

  test('may be what a method returns', async () => {
    const self = await echo.self()
    await expect(self.say('again')).resolves.toBe('b says again')
    expect(inspect(self)).toBe('Remote(b echo)')
  })

  test('may be sent to whom it leads to', async () => {
    await expect(echo.ask(echo)).resolves.toBe('b says hello')
  })
})

test('a peer that sends a reference of another form is refused', async () => {
  const lost = new Promise((resolve) => b.once('peer', resolve))
  const { References } = await import('../src/references.js')
  const original = References.prototype.export
  References.prototype.export = () => ({ uid: 'a' }) as ReturnType<typeof original>
  try {
    await expect(echo.ask(echo)).rejects.toMatchObject({ code: 'ERR_PEER_LOST' })
  } finally {
    References.prototype.export = original
  }
  await lost
})
