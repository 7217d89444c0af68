import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { currentRequest, type PeerChange } from '@skein/core'
import { deferred, eventually, once, useLedger } from '@skein/test-harness'
import type { Runtime } from '../src/runtime.js'
import { TestMesh } from './support/test-mesh.js'

let mesh: TestMesh
let asking: Runtime
let serving: Runtime
let gate: ReturnType<typeof deferred<void>>
let began: boolean
let disposed: boolean
let told: string[]

class Tool {
  use(): string {
    return disposed ? 'broken' : 'fine'
  }
  async hold(): Promise<string> {
    began = true
    await gate.promise
    return this.use()
  }
  [Symbol.dispose](): void {
    disposed = true
  }
}

useLedger()
beforeEach(async () => {
  gate = deferred()
  began = false
  disposed = false
  told = []
  mesh = new TestMesh()
  ;[asking, serving] = await mesh.pair('asking', 'serving')
  asking.on('peer', ({ is, reason }) => told.push(`${is} ${reason}`))
})
afterEach(async () => {
  gate.resolve()
  await mesh.close()
})

/** A tool that lives at the serving runtime, handed to the asking one. */
async function tool() {
  const shared = serving.share(new Tool())
  serving.expose('tools', { take: () => shared })
  return asking.proxy<{ take(): typeof shared }>('serving', 'tools').take()
}

describe('a runtime that drains', () => {
  test('lets what runs end, its answer leave, and tells its peers then', async () => {
    const held = (await tool()).hold()
    await eventually(() => began)
    const stopped = serving.stop({ drain: 60_000 })
    const late = asking.proxy<{ take(): void }>('serving', 'tools').take()
    await expect(late).rejects.toMatchObject({ code: 'ERR_CLOSED', uid: 'serving', executed: 'no' })
    expect(told).toEqual([])
    gate.resolve()
    await expect(held).resolves.toBe('fine')
    await stopped
    expect(told).toEqual(['left stopped'])
  })

  test('disposes its objects when nothing runs any more, and not before', async () => {
    const held = (await tool()).hold()
    await eventually(() => began)
    const stopped = serving.stop({ drain: 60_000 })
    await expect(asking.proxy<{ take(): void }>('serving', 'tools').take()).rejects.toThrow('stopping')
    expect(disposed).toBe(false)
    gate.resolve()
    await Promise.all([held, stopped])
    expect(disposed).toBe(true)
  })

  test('lets what runs call what else is there', async () => {
    serving.expose('near', { answer: () => 42 })
    serving.expose('far', {
      async ask() {
        began = true
        await gate.promise
        return serving.proxy<{ answer(): number }>('serving', 'near').answer()
      },
    })
    const asked = asking.proxy<{ ask(): Promise<number> }>('serving', 'far').ask()
    await eventually(() => began)
    const stopped = serving.stop({ drain: 60_000 })
    gate.resolve()
    await expect(asked).resolves.toBe(42)
    await stopped
  })

  test('takes leave at the deadline of what does not end, and its caller can not know', async () => {
    const held = (await tool()).hold().catch((error) => error)
    await eventually(() => began)
    await serving.stop({ drain: 20 })
    expect(disposed).toBe(true)
    await expect(held).resolves.toMatchObject({ code: 'ERR_PEER_LOST', reason: 'stopped', executed: 'maybe' })
  })

  test('without anything that runs is stopped at once', async () => {
    const left = once<[PeerChange]>(asking, 'peer', ({ is }) => is === 'left')
    await serving.stop({ drain: Number.POSITIVE_INFINITY })
    await left
  })

  test('runs nothing that comes after its farewell, and its callers know that', async () => {
    const held = (await tool()).hold()
    await eventually(() => began)
    const stopped = serving.stop({ drain: 60_000 })
    gate.resolve()
    await held
    const after = asking.proxy<{ take(): void }>('serving', 'tools').take()
    await expect(after).rejects.toMatchObject({ executed: 'no' })
    await stopped
  })

  test('can be ended at once nevertheless', async () => {
    const held = (await tool()).hold()
    held.catch(() => {})
    await eventually(() => began)
    const stopped = serving.stop({ drain: 60_000 })
    await serving.destroy()
    await stopped
  })

  test('refuses a drain that is no time', () => {
    const wrong = expect.objectContaining({ code: 'ERR_INVALID_OPTION', option: 'drain' })
    expect(() => serving.stop({ drain: -1 })).toThrow(wrong)
  })
})

test('without a drain what runs is abandoned', async () => {
  const held = (await tool()).hold().catch((error) => error)
  await eventually(() => began)
  await serving.stop()
  await expect(held).resolves.toMatchObject({ code: 'ERR_PEER_LOST', executed: 'maybe' })
})

test('a method can ask for the request that it runs for', async () => {
  serving.expose('self', { from: () => currentRequest()?.from })
  await expect(asking.proxy<{ from(): string }>('serving', 'self').from()).resolves.toBe('asking')
})
