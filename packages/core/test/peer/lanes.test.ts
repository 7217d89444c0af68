import { describe, expect, test } from '@jest/globals'
import { lanes } from '../../src/peer/lanes.js'

const here = { host: 'this host', process: 'this process' }
const endpoints = ['tcp://10.0.0.5:3000', 'tcp://127.0.0.1:3000', 'ipc:///tmp/a', 'inproc://a']

describe('The lanes to a peer', () => {
  test.each([
    ['in this process', here, ['inproc://a', 'ipc:///tmp/a', 'tcp://10.0.0.5:3000', 'tcp://127.0.0.1:3000']],
    [
      'on this host',
      { ...here, process: 'another' },
      ['ipc:///tmp/a', 'tcp://10.0.0.5:3000', 'tcp://127.0.0.1:3000'],
    ],
    ['elsewhere', { host: 'another', process: 'another' }, ['tcp://10.0.0.5:3000', 'tcp://127.0.0.1:3000']],
  ])(
    '%s are those that can reach it, cheapest first, the peer’s order among equals',
    (_, place, expected) => {
      expect(lanes({ endpoints, ...place }, here)).toEqual(expected)
    },
  )

  test('leave out schemes of a later version, and the peer’s list as it is', () => {
    const offered = ['tcp://10.0.0.5:3000', 'quic://a:1', 'nonsense', 'inproc://a']
    expect(lanes({ endpoints: offered, ...here }, here)).toEqual(['inproc://a', 'tcp://10.0.0.5:3000'])
    expect(offered[0]).toBe('tcp://10.0.0.5:3000')
  })
})
