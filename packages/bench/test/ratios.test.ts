import { expect, test } from '@jest/globals'
import { rowOf } from '../src/contest.js'
import { ratiosOf as payloadRatios } from '../src/suites/payload.js'
import { ratiosOf as rpcRatios } from '../src/suites/rpc.js'
import { madeUp, measurement } from './made-up.js'

const skein = madeUp('skein')
const raw = madeUp('raw')
const nats = madeUp('nats', { lanes: ['tcp'] })

test('a row has the medians of its rounds, and between what they were', () => {
  const row = rowOf(measurement(skein, 'ipc', { window: 8 }, [100, 400, 200]))
  expect(row).toEqual({
    system: 'skein',
    lane: 'ipc',
    window: 8,
    payload: 'small object',
    perSecond: 200,
    low: 100,
    high: 400,
    p50us: 5000,
    p99us: 10_000,
  })
})

test('a stream has no times of its items', () => {
  const stream = measurement(skein, 'tcp', {}, [100])
  const rounds = stream.rounds.map((round) => ({ ...round, p50us: undefined, p99us: undefined }))
  expect(rowOf({ ...stream, rounds })).not.toHaveProperty('p50us')
})

test('Skein is compared with each on the same lane and window, with one that lacks the lane on its own', () => {
  const ratios = rpcRatios([
    measurement(skein, 'tcp', { window: 8 }, [100, 300]),
    measurement(skein, 'ipc', { window: 8 }, [200, 200]),
    measurement(raw, 'tcp', { window: 8 }, [50, 100]),
    measurement(raw, 'ipc', { window: 8 }, [400, 400]),
    measurement(raw, 'ipc', { window: 64 }, [1, 1]),
    measurement(nats, 'tcp', { window: 8 }, [10, 10]),
  ])
  expect(ratios).toEqual({
    'tcp w8 over raw': 2.5,
    'tcp w8 over nats': 20,
    'ipc w8 over raw': 0.5,
    'ipc w8 over nats': 20,
  })
})

test('with one call at a time the times are compared too', () => {
  const ratios = rpcRatios([measurement(skein, 'tcp', {}, [100]), measurement(raw, 'tcp', {}, [400])])
  expect(ratios).toEqual({ 'tcp w1 over raw': 0.25, 'tcp w1 p50 over raw': 4 })
})

test('of buffers, Skein is compared with bare sockets, and laden with laden', () => {
  const payload = 1024 ** 2
  expect(
    payloadRatios([
      measurement(skein, 'tcp', { payload }, [3]),
      measurement(raw, 'tcp', { payload }, [4]),
      measurement(madeUp('skein laden'), 'tcp', { payload }, [4]),
      measurement(madeUp('raw laden'), 'tcp', { payload }, [1]),
    ]),
  ).toEqual({ 'tcp 1 MiB over raw': 0.75, 'tcp 1 MiB laden over raw laden': 4 })
})

test('of large buffers the memory of either side is compared with the buffer', () => {
  const payload = 64 * 1024 ** 2
  const peaks = { callerPeak: 3 * payload, serverPeak: 2 * payload }
  expect(
    payloadRatios([
      measurement(skein, 'tcp', { payload }, [8], peaks),
      measurement(raw, 'tcp', { payload }, [4]),
    ]),
  ).toMatchObject({
    'tcp 64 MiB over raw': 2,
    "skein tcp 64 MiB caller's memory over payload": 3,
    "skein tcp 64 MiB server's memory over payload": 2,
  })
})
