import { describe, expect, test } from '@jest/globals'
import { parseSpec } from '../src/spec.js'
import { specOf } from './starting.js'

describe('a spec', () => {
  test('is taken as it is when nothing is wrong with it', () => {
    const spec = {
      ...specOf(),
      comms: { timeout: 1 },
      roleOptions: { a: [1] },
      drain: Number.POSITIVE_INFINITY,
      execArgv: ['--enable-source-maps'],
    }
    expect(parseSpec(spec)).toEqual(spec)
  })

  test('of the monitor needs no address of a monitor', () => {
    expect(parseSpec({ uid: 'monitor', role: 'monitor', meshToken: 'secret' }).monitor).toBeUndefined()
  })

  test.each([
    ['nothing at all', undefined, 'spec'],
    ['a list', [], 'spec'],
    ['a role that there isn’t', { ...specOf(), role: 'boss' }, 'spec.role'],
    ['a worker without monitor', { ...specOf(), monitor: undefined }, 'spec.monitor'],
    ['a token that is no text', { ...specOf(), meshToken: 7 }, 'spec.meshToken'],
    ['options that are none', { ...specOf(), comms: 'fast' }, 'spec.comms'],
    ['role options that are none', { ...specOf(), roleOptions: [] }, 'spec.roleOptions'],
    ['a drain that is no time', { ...specOf(), drain: 'soon' }, 'spec.drain'],
    ['stall reports that are neither on nor off', { ...specOf(), stallReports: 1 }, 'spec.stallReports'],
    ['an execArgv of numbers', { ...specOf(), execArgv: [1] }, 'spec.execArgv'],
  ])('is refused where it is wrong, and the error names what: %s', (_what, spec, option) => {
    expect(() => parseSpec(spec)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_OPTION', option }))
  })

  test('is refused with a uid that is none', () => {
    const thrown = expect.objectContaining({ code: 'ERR_INVALID_UID', given: "'no good'" })
    expect(() => parseSpec({ ...specOf(), uid: 'no good' })).toThrow(thrown)
  })
})
