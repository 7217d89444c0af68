import { describe, expect, test } from '@jest/globals'
import { Directory } from '../../src/peer/directory.js'
import { entryOf } from './entries.js'

describe('The directory', () => {
  test('believes the latest word about a uid', () => {
    const directory = new Directory()
    directory.learn(entryOf('worker:0', { instance: 'first' }))
    directory.learn(entryOf('worker:0', { instance: 'second' }))
    expect(directory.get('worker:0')?.instance).toBe('second')
    expect(directory.entries()).toHaveLength(1)
  })

  test('forgets the instance that is gone, and keeps its successor', () => {
    const directory = new Directory()
    directory.learn(entryOf('worker:0', { instance: 'second' }))
    expect(directory.forget('worker:0', 'first')).toBe(false)
    expect(directory.get('worker:0')?.instance).toBe('second')
    expect(directory.forget('worker:0', 'second')).toBe(true)
    expect([directory.get('worker:0'), directory.entries()]).toEqual([undefined, []])
    expect(directory.forget('worker:0', 'second')).toBe(false)
  })
})
