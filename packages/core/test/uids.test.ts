import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { useLedger } from '@skein/test-harness'
import { addressOf, call, change, lanes, methods, TestMesh } from './support/mesh.js'

useLedger()

/** A contest for a uid is decided after stalledAfter: sooner here than by default. */
const liveness = { heartInterval: 100, stalledAfter: 400 }
const who = (answer: string) => ({ dispatch: methods({ who: () => answer }) })

describe.each(lanes)('a uid over %s', (lane) => {
  let mesh: TestMesh
  beforeEach(() => {
    mesh = new TestMesh(lane)
  })
  afterEach(() => mesh.close())

  test('that somebody holds is refused to a newcomer, and its holder is not disturbed', async () => {
    const monitor = await mesh.local('monitor', { introduces: true, liveness })
    const holder = await mesh.local('worker', {}, who('holder'))
    await holder.connect(addressOf(monitor))
    const newcomer = await mesh.local('worker', {}, who('newcomer'))
    await expect(newcomer.connect(addressOf(monitor))).rejects.toMatchObject({
      code: 'ERR_UID_TAKEN',
      message: expect.stringContaining('worker'),
    })
    expect(await monitor.sendRecv('worker', call('who'))).toBe('holder')
  })

  test('is refused to a newcomer while its holder is busy', async () => {
    // Over inproc nothing but an answer tells a busy thread from one that has ended: it must come in time, which is
    // another stalledAfter.
    const isInproc = lane === 'inproc'
    const patience = isInproc ? { ...liveness, stalledAfter: 2500 } : liveness
    const monitor = await mesh.local('monitor', { introduces: true, liveness: patience })
    const holder = await mesh.remote('worker', addressOf(monitor))
    const busy = isInproc ? 4000 : 1500
    const stall = monitor.sendRecv('worker', call('stall', busy))
    await change(monitor, 'worker', 'stalled')
    const newcomer = await mesh.local('worker', {}, who('newcomer'))
    await expect(newcomer.connect(addressOf(monitor))).rejects.toMatchObject({ code: 'ERR_UID_TAKEN' })
    expect(await stall).toBe(busy)
    expect(holder.changes.map(({ is }) => is)).not.toContain('dead')
  })

  test('whose holder has left is free at once', async () => {
    const monitor = await mesh.local('monitor', { introduces: true, liveness })
    const first = await mesh.local('worker', {}, who('first'))
    await first.connect(addressOf(monitor))
    await first.stop()
    const second = await mesh.local('worker', {}, who('second'))
    await second.connect(addressOf(monitor))
    expect(await monitor.sendRecv('worker', call('who'))).toBe('second')
  })

  test('whose holder ended without a word goes to the newcomer', async () => {
    const monitor = await mesh.local('monitor', { introduces: true, liveness })
    const first = await mesh.remote('worker', addressOf(monitor))
    const asked = monitor.sendRecv('worker', call('hang')).catch((error: unknown) => error)
    await first.die()
    const second = await mesh.local('worker', {}, who('second'))
    await second.connect(addressOf(monitor))
    expect(await asked).toMatchObject({ code: 'ERR_PEER_LOST', uid: 'worker', executed: 'maybe' })
    expect(await monitor.sendRecv('worker', call('who'))).toBe('second')
  })

  test('of the runtime that is greeted is refused, and so is greeting oneself', async () => {
    const monitor = await mesh.local('monitor')
    const namesake = await mesh.local('monitor')
    await expect(namesake.connect(addressOf(monitor))).rejects.toMatchObject({ code: 'ERR_UID_TAKEN' })
    await expect(monitor.connect(addressOf(monitor))).rejects.toMatchObject({ code: 'ERR_INVALID_ADDRESS' })
  })
})
