import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads'
import { describe, expect, test } from '@jest/globals'
import { herePlace } from '../src/host.js'
import { systemRandomness } from '../src/random.js'

describe('The place of a runtime', () => {
  test('is the same for all runtimes of a process', () => {
    expect(herePlace(systemRandomness)).toEqual(herePlace(systemRandomness))
  })

  test('is inherited by threads as environment data, and another where that is missing', () => {
    const { host, process } = herePlace(systemRandomness)
    expect(getEnvironmentData('skein:process')).toBe(process)
    setEnvironmentData('skein:process', undefined)
    const other = herePlace(systemRandomness)
    expect(other.host).toBe(host)
    expect(other.process).not.toBe(process)
  })
})
