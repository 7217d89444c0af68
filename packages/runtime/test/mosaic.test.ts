import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { Runtime } from '../src/runtime.js'

const silent = { debug() {}, info() {}, warn() {}, error() {} }

class Counter {
  #count = 0
  readonly label = 'a counter'
  add(n: number): number {
    this.#count += n
    return this.#count
  }
  async later(n: number): Promise<number> {
    return this.add(n)
  }
  get count(): number {
    return this.#count
  }
  _reset(): void {
    this.#count = 0
  }
}

describe.each(['tcp', 'ipc', 'inproc'] as const)('over %s', (lane) => {
  let worker: Runtime
  let head: Runtime

  beforeEach(async () => {
    const options = { meshToken: 'token of the tests', transports: [lane], logger: silent }
    worker = new Runtime({ uid: 'worker', ...options })
    head = new Runtime({ uid: 'head', ...options })
    await worker.start()
    await head.start()
    await head.comms.connect(worker.comms.address ?? '')
    worker.expose('counter', new Counter())
  })
  afterEach(async () => {
    await head.stop()
    await worker.stop()
  })

  const call = (service: string, method: string) =>
    head.comms.sendRecv('worker', { service, method, args: [1] })

  test('mosaic 13: an unknown or uncallable method rejects the caller, and the receiver keeps serving', async () => {
    await expect(call('counter', 'subtract')).rejects.toMatchObject({
      code: 'ERR_NO_SUCH_METHOD',
      service: 'counter',
      method: 'subtract',
      executed: 'no',
    })
    await expect(call('counter', 'label')).rejects.toMatchObject({ code: 'ERR_NO_SUCH_METHOD' })
    await expect(call('clock', 'now')).rejects.toMatchObject({
      code: 'ERR_NO_SUCH_SERVICE',
      service: 'clock',
    })
    expect(await call('counter', 'add')).toBe(1)
  })

  test('mosaic 16: cmd reaches the object by type and uid, and an unknown uid rejects', async () => {
    const cmd = { type: 'Counter', object: 'nobody', method: 'add', args: [1] }
    await expect(head.comms.cmdRecv('worker', cmd)).rejects.toMatchObject({
      code: 'ERR_NO_SUCH_OBJECT',
      object: 'Counter#nobody',
      executed: 'no',
    })
    const own = worker.share(new Counter())
    worker.expose('lender', { lend: () => own })
    const lent = await head.proxy<{ lend(): typeof own }>('worker', 'lender').lend()
    expect(await lent.add(7)).toBe(7)
    expect(await lent.add(1)).toBe(8)
  })

  test('mosaic 17: cmd on an async method gives the value that it resolves to', async () => {
    worker.expose('lender', { lend: () => worker.share(new Counter()) })
    type Lender = { lend(): ReturnType<typeof worker.share<Counter>> }
    const lent = await head.proxy<Lender>('worker', 'lender').lend()
    expect(await lent.later(4)).toBe(4)
  })

  test.each([
    'constructor',
    '_reset',
    'count',
    'toString',
    '__proto__',
    'hasOwnProperty',
    '__defineGetter__',
  ])('mosaic 25: a method that is not exposed is refused: %s', async (method) => {
    await expect(call('counter', method)).rejects.toMatchObject({
      code: 'ERR_NO_SUCH_METHOD',
      executed: 'no',
    })
  })
})
