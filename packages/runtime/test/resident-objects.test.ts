import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { collectGarbage, deferred, eventually, runNode, useLedger } from '@skein/test-harness'
import { release, withOptions } from '../src/proxy.js'
import type { RemoteObject } from '../src/remote.js'
import type { Runtime } from '../src/runtime.js'
import Standard, { arrow, Clumsy, Counter, events, Plain } from './fixtures/counter.js'
import { TestMesh } from './support/test-mesh.js'

const from = new URL('./fixtures/counter.ts', import.meta.url).href

let mesh: TestMesh
let a: Runtime
let b: Runtime

useLedger()
beforeEach(async () => {
  events.length = 0
  mesh = new TestMesh()
  ;[a, b] = await mesh.pair()
})
afterEach(() => mesh.close())

function counter(name = 'one', start = 0): Promise<RemoteObject<Counter>> {
  return a.create(Counter, { from, on: 'b', args: [name, start] })
}

describe('creating an object', () => {
  test('constructs it where it is to be, and keeps it there', async () => {
    const one = await counter('one', 5)
    await expect(one.add(2)).resolves.toBe(7)
    await expect(one.add(2)).resolves.toBe(9)
    expect(b.residents).toBe(1)
    expect(a.residents).toBe(0)
    expect(`${one}`).toMatch(/^Remote\(b Counter#\S+\)$/)
  })

  test('works in this runtime itself, and gives a proxy there too', async () => {
    const one = await a.create(Counter, { from, on: 'a', args: ['one'] })
    expect(one).not.toBeInstanceOf(Counter)
    await expect(one.add(2)).resolves.toBe(2)
    await release(one)
    expect(events).toEqual(['one made', 'one disposed'])
  })

  test('takes the default export if it bears the name', async () => {
    const standard = await a.create(Standard, { from, on: 'b' })
    await expect(standard.hello()).resolves.toBe('standard')
  })

  test('raises what the constructor throws', async () => {
    await expect(counter('one', -1)).rejects.toMatchObject({
      name: 'RangeError',
      message: '-1 is less than nothing',
    })
    expect(b.residents).toBe(0)
  })

  test.each<[string, abstract new () => object]>([
    ['is not there', class Missing {}],
    ['is no class', Object.defineProperty(class {}, 'name', { value: 'notAClass' })],
    ['is a function that constructs nothing', Object.defineProperty(class {}, 'name', { value: 'arrow' })],
    ['is everybody’s', Object.defineProperty(class {}, 'name', { value: 'toString' })],
  ])('fails with ERR_NO_SUCH_EXPORT for an export that %s', async (_, Class) => {
    expect(arrow).toBeInstanceOf(Function)
    const create = a.create(Class as new () => object, { from, on: 'b' })
    await expect(create).rejects.toMatchObject({ code: 'ERR_NO_SUCH_EXPORT', executed: 'no' })
  })

  test('fails with ERR_NO_SUCH_EXPORT for a module that is not there, or fails to load', async () => {
    const missing = a.create(Plain, { from: new URL('missing.ts', from), on: 'b', args: ['x'] })
    await expect(missing).rejects.toMatchObject({ code: 'ERR_NO_SUCH_EXPORT' })
    class Broken {}
    const broken = a.create(Broken, { from: new URL('broken.ts', from), on: 'b' })
    await expect(broken).rejects.toThrow(/this module is broken/)
  })

  test.each([
    'data:text/javascript,export class Plain {}',
    'node:fs',
    'lodash',
    './counter.ts',
    'https://x.org/x.js',
  ])('refuses to load %s, at the caller and where it is asked to', async (other) => {
    const wrong = { code: 'ERR_INVALID_OPTION', option: 'from' }
    await expect(a.create(Plain, { from: other, on: 'b', args: ['x'] })).rejects.toMatchObject(wrong)
    const call = { service: 'skein.objects', method: 'create', args: [other, 'Plain', ['x']] }
    await expect(a.comms.sendRecv('b', call)).rejects.toMatchObject(wrong)
  })

  test('refuses a class without a name', async () => {
    const wrong = { code: 'ERR_INVALID_OPTION', option: 'Class' }
    await expect(a.create((() => class {})(), { from, on: 'b' })).rejects.toMatchObject(wrong)
  })

  test('leaves nothing behind if it was given up meanwhile', async () => {
    const gate = deferred()
    Reflect.set(globalThis, 'gate', gate.promise)
    class Gated extends Plain {}
    const controller = new AbortController()
    const creating = a.create(Gated, {
      from: new URL('gated.ts', from),
      on: 'b',
      args: ['gated'],
      signal: controller.signal,
    })
    await eventually(() => events.includes('gated is loading'))
    controller.abort()
    await expect(creating).rejects.toMatchObject({ code: 'ERR_CANCELLED' })
    await a.comms.sendRecv('b', { service: 'skein.stats', method: 'read' }) // the cancel has come
    gate.resolve()
    await eventually(() => events.includes('gated disposed'))
    expect(b.residents).toBe(0)
  })
})

test('a runtime that was stopped takes no more objects', async () => {
  await b.stop()
  expect(() => b.share(new Plain('late'))).toThrow(expect.objectContaining({ code: 'ERR_CLOSED' }))
})

describe('a resident object', () => {
  test('answers to the methods of its class alone', async () => {
    const one = await counter()
    const { type, object } = addressOf(one)
    for (const method of ['value', 'constructor', '_x', 'missing', 'toString']) {
      const facts = {
        code: 'ERR_NO_SUCH_METHOD',
        uid: 'b',
        object: `${type}#${object}`,
        method,
        executed: 'no',
      }
      await expect(a.comms.cmdRecv('b', { type, object, method })).rejects.toMatchObject(facts)
    }
  })

  test('is found by its type and its name', async () => {
    const { object } = addressOf(await counter())
    for (const wrong of [
      { type: 'Plain', object },
      { type: 'Counter', object: 'x' },
    ]) {
      const facts = { code: 'ERR_NO_SUCH_OBJECT', object: `${wrong.type}#${wrong.object}`, executed: 'no' }
      await expect(a.comms.cmdRecv('b', { ...wrong, method: 'add' })).rejects.toMatchObject(facts)
    }
  })

  test('raises what its methods throw, and lives on', async () => {
    const one = await counter()
    await expect(withOptions(one, { timeout: 20 }).run()).rejects.toMatchObject({ code: 'ERR_TIMEOUT' })
    await expect(one.add(1)).resolves.toBe(1)
  })
})

describe('an object is disposed', () => {
  test('when its holder lets go, which resolves once it is', async () => {
    const one = await counter()
    await release(one)
    expect(events).toEqual(['one made', 'one disposed'])
    expect(b.residents).toBe(0)
  })

  test('at the end of the block that has it', async () => {
    {
      await using one = await counter()
      await one.add(1)
    }
    expect(events).toEqual(['one made', 'one disposed'])
  })

  test('by Symbol.dispose if that is what it has', async () => {
    const plain = await a.create(Plain, { from, on: 'b', args: ['plain'] })
    await release(plain)
    expect(events).toEqual(['plain disposed'])
  })

  test('once, however often it is let go of', async () => {
    const one = await counter()
    await Promise.all([release(one), release(withOptions(one, { timeout: 5 })), one[Symbol.asyncDispose]()])
    expect(events).toEqual(['one made', 'one disposed'])
  })

  test('when what runs in it has ended, and not before', async () => {
    const one = await counter()
    const running = one.run()
    await eventually(() => events.includes('one runs'))
    const { type, object } = addressOf(one)
    await release(one)
    expect(events).toEqual(['one made', 'one runs'])
    await a.comms.cmdRecv('b', { type, object, method: 'finish' })
    await expect(running).resolves.toBe('done')
    await eventually(() => events.includes('one disposed'))
    expect(events).toEqual(['one made', 'one runs', 'one is done', 'one disposed'])
  })

  test('when its holder stops', async () => {
    await counter()
    await a.stop()
    await eventually(() => events.includes('one disposed'))
  })

  test('when its holder dies', async () => {
    await counter()
    await mesh.kill(a)
    await eventually(() => events.includes('one disposed'))
    expect(b.residents).toBe(0)
  })

  test('when the garbage collector finds that nobody has it any more, also if it was but shared', async () => {
    const script = join(import.meta.dirname, 'fixtures/lets-go-of-object.mjs')
    expect(await runNode(script, [])).toEqual({
      status: 0,
      stdout: 'hello\nkept\ncreated disposed\n0\nshared disposed\n',
      stderr: '',
    })
  })

  test('when its owner stops', async () => {
    await counter()
    await b.stop()
    expect(events).toEqual(['one made', 'one disposed'])
  })

  test('when its owner stops, which does not wait for ever', async () => {
    const patient = await mesh.runtime('patient', { farewellTimeout: 20 })
    await mesh.link(a, patient)
    patient.share({
      hello() {},
      [Symbol.asyncDispose]: () => new Promise(() => {}),
    })
    await patient.stop()
  })

  test('with a word in the log if that fails', async () => {
    const clumsy = await a.create(Clumsy, { from, on: 'b' })
    await release(clumsy)
    expect(events).toEqual(['clumsy disposed'])
    expect(mesh.logger.lines).toMatchObject([{ level: 'error', facts: { error: { message: 'oops' } } }])
  })
})

describe('an object is kept', () => {
  test('by its methods alone, as long as somebody has one', async () => {
    const { add } = await counter()
    for (let i = 0; i < 2; i++) {
      collectGarbage()
      await expect(add(1)).resolves.toBe(i + 1)
    }
  })

  test('while a request to it is under way, though nobody has it any more', async () => {
    const running = (await counter()).run()
    await eventually(() => events.includes('one runs'))
    for (let i = 0; i < 2; i++) {
      collectGarbage()
      await a.comms.sendRecv('b', { service: 'skein.stats', method: 'read' })
    }
    expect(events).toEqual(['one made', 'one runs'])
    running.cancel()
    await expect(running).rejects.toMatchObject({ code: 'ERR_CANCELLED' })
  })
})

test('what was let go of here is refused here', async () => {
  const one = await counter()
  await release(one)
  await expect(one.add(1)).rejects.toMatchObject({ code: 'ERR_NO_SUCH_OBJECT', uid: 'b', executed: 'no' })
})

function addressOf(proxy: unknown): { type: string; object: string } {
  const [, type = '', object = ''] = /(\w+)#(\S+)\)$/.exec(`${proxy}`) ?? []
  return { type, object }
}
