import { afterEach, expect, test } from '@jest/globals'
import { eventually, useLedger } from '@skein/test-harness'
import { StateChannel } from '../src/state-channel.js'
import { at, Contexts, join, MemoryContexts } from './support/contexts.js'

useLedger()

const contexts = new Contexts()
afterEach(() => contexts.close())

test('yoton 12: a late joiner gets the state, through contexts that do not have the channel', async () => {
  const [a, relay] = await contexts.graph(2, [[0, 1]])
  const first = new StateChannel(at([a], 0), 'mode')
  expect(first.recv()).toBeUndefined()
  first.send('idle')
  first.send('busy')
  expect(first.recv()).toBe('busy')
  const late = contexts.open()
  const told: string[] = []
  const second = new StateChannel(late, 'mode', { changed: (value) => told.push(value) })
  await join(late, at([relay], 0))
  await eventually(() => second.recv() === 'busy')
  second.send('done')
  await eventually(() => first.recv() === 'done')
  expect(told).toEqual(['busy'])
})

test('yoton 12: after a partition heals all hold the same value', async () => {
  const memory = new MemoryContexts()
  const all = await memory.graph(4, [
    [0, 1],
    [1, 2],
    [2, 3],
    [3, 0],
  ])
  const channels = all.map((context) => new StateChannel<'object'>(context, 'mode', { type: 'object' }))
  await memory.clock.advance(50)
  at(channels, 0).send('before')
  await memory.clock.advance(50)
  expect(channels.map((channel) => channel.recv())).toEqual(Array(4).fill('before'))
  for (const [left, right] of [
    ['1', '2'],
    ['0', '3'],
  ] as const)
    memory.network.partition(left, right)
  at(channels, 0).send('left')
  at(channels, 3).send('right')
  await memory.clock.advance(1000)
  expect(channels.map((channel) => channel.recv())).toEqual(['left', 'left', 'right', 'right'])
  at(channels, 3).send('right again')
  // Shorter than suspicion the first time: the sessions live on. Longer the second time: the connections are made anew.
  memory.network.heal()
  await memory.clock.advance(10_000)
  expect(channels.map((channel) => channel.recv())).toEqual(Array(4).fill('right again'))

  memory.network.partition('1', '2')
  memory.network.partition('0', '3')
  await memory.clock.advance(20_000)
  expect(all.map(({ connectionCount }) => connectionCount)).toEqual([1, 1, 1, 1])
  at(channels, 1).send({ on: 'one side' })
  at(channels, 2).send({ on: 'the other' })
  await memory.clock.advance(100)
  memory.network.heal()
  const [host] = at(all, 2).connectionsAll
  if (host !== undefined) await memory.connect(at(all, 1), host)
  await memory.clock.advance(100)
  const [value] = channels.map((channel) => channel.recv())
  expect([{ on: 'one side' }, { on: 'the other' }]).toContainEqual(value)
  expect(channels.map((channel) => channel.recv())).toEqual(Array(4).fill(value))
  await memory.close()
})

test('what a reader does to a value changes nothing for others, nor for itself', async () => {
  const memory = new MemoryContexts()
  const [a, b] = await memory.graph(2, [[1, 0]])
  const options = { type: 'binary' } as const
  const there = new StateChannel<'binary'>(at([b], 0), 'test', {
    ...options,
    changed: (value) => value.fill(0),
  })
  const here = new StateChannel<'binary'>(at([a], 0), 'test', options)
  here.send(new Uint8Array([1, 2]))
  await memory.clock.advance(50)
  for (const channel of [here, here, there, there])
    expect(channel.recv()?.slice()).toEqual(new Uint8Array([1, 2]))
  here.recv()?.fill(0)
  expect(here.recv()).toEqual(new Uint8Array([1, 2]))
  await memory.close()
})
