import { beforeEach, expect, test } from '@jest/globals'
import type { PeerChange } from '@skein/core'
import { TurnedClock } from '@skein/core/internal'
import { type Dialling, MonitorLink } from '../src/monitor-link.js'

let clock: TurnedClock
let dialled: string[]
let isThere: boolean
let link: MonitorLink

const comms: Dialling = {
  async connect(address) {
    dialled.push(address)
    if (!isThere) throw new Error('nobody is there')
    return 'monitor'
  },
}

function change(uid: string, is: PeerChange['is']): PeerChange {
  return { uid, instance: 'first', was: 'alive', is }
}

beforeEach(async () => {
  clock = new TurnedClock()
  dialled = []
  isThere = true
  link = new MonitorLink(comms, 'mem://monitor', async () => undefined, clock)
  await link.connect()
  dialled = []
})

test.each(['dead', 'left'] as const)(
  'a monitor that is %s is dialled until it is there again',
  async (is) => {
    isThere = false
    link.changed(change('monitor', is))
    await clock.advance(3000)
    expect(dialled).toHaveLength(3)
    isThere = true
    await clock.advance(5000)
    expect(dialled).toHaveLength(4)
    expect(clock.pending).toBe(0)
  },
)

test('others may go, and the monitor may be busy', async () => {
  link.changed(change('worker:0:0', 'dead'))
  link.changed(change('monitor', 'stalled'))
  await clock.advance(5000)
  expect(dialled).toEqual([])
})

test('it is not dialled any more once the runtime is closed', async () => {
  isThere = false
  link.changed(change('monitor', 'dead'))
  await clock.advance(1000)
  link.close()
  link.changed(change('monitor', 'dead'))
  await clock.advance(5000)
  expect(dialled).toHaveLength(1)
  expect(clock.pending).toBe(0)
})
