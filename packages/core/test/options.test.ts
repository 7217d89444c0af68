import { describe, expect, test } from '@jest/globals'
import { systemClock } from '../src/clock.js'
import { livenessPresets } from '../src/liveness-presets.js'
import { defaultFlow, defaultHandshake, defaultLiveness } from '../src/options.js'
import { checkTimeout, checkUid, settle } from '../src/settings.js'
import { Prng } from '../src/transport/prng.js'

/** What a caller without types may pass. */
const settleAnything = (options: unknown) => Reflect.apply(settle, undefined, [options])
const wrong = (code: string, option: string) => ({
  code,
  option,
  given: expect.any(String),
  allowed: expect.any(String),
})

function thrownBy(fn: () => unknown): unknown {
  try {
    fn()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

describe('Options', () => {
  test('have the documented defaults', () => {
    expect(settle({ uid: 'head' })).toEqual({
      uid: 'head',
      meshToken: expect.stringMatching(/^[\w-]{32}$/),
      roles: [],
      introduces: false,
      transports: ['inproc', 'ipc', 'tcp'],
      bind: '127.0.0.1',
      port: undefined,
      advertise: [],
      timeout: 30_000,
      farewellTimeout: 1000,
      insecure: false,
      requestContext: true,
      liveness: defaultLiveness,
      handshake: defaultHandshake,
      flow: defaultFlow,
      logger: expect.anything(),
      clock: systemClock,
      random: expect.anything(),
    })
  })

  test.each(Object.entries(livenessPresets))('can be the preset %s for liveness', (_name, preset) => {
    expect(settle({ uid: 'head', liveness: preset }).liveness).toEqual(preset)
  })

  test.each([[{}], [{ warn() {}, error() {} }], [null], ['stderr']])(
    'refuse the logger %j, which lacks methods',
    (logger) => {
      expect(thrownBy(() => settleAnything({ uid: 'head', logger }))).toMatchObject({
        code: 'ERR_INVALID_OPTION',
        option: 'logger',
        allowed: expect.stringContaining('debug, info, warn, error'),
      })
    },
  )

  test('make a mesh token from the randomness that is given, another for each mesh', () => {
    const token = (seed: number) => settle({ uid: 'head', random: new Prng(seed) }).meshToken
    expect([token(1), token(2)]).toEqual([token(1), token(2)])
    expect(token(1)).not.toBe(token(2))
  })

  test('are what was given, where something was', () => {
    expect(
      settle({
        uid: 'worker:0:1',
        meshToken: 'a secret of ours',
        roles: ['worker'],
        introduces: true,
        transports: ['tcp', 'inproc'],
        bind: '0.0.0.0',
        insecure: true,
        port: 0,
        advertise: 'tcp://10.0.0.5:3000',
        timeout: Number.POSITIVE_INFINITY,
        farewellTimeout: 0,
        liveness: { suspicion: 1 },
        handshake: { timeout: 2, dialTimeout: undefined },
        flow: { ackDelay: 0 },
      }),
    ).toMatchObject({
      uid: 'worker:0:1',
      meshToken: 'a secret of ours',
      roles: ['worker'],
      introduces: true,
      transports: ['inproc', 'tcp'],
      bind: '0.0.0.0',
      port: 0,
      advertise: ['tcp://10.0.0.5:3000'],
      timeout: Number.POSITIVE_INFINITY,
      farewellTimeout: 0,
      liveness: { ...defaultLiveness, suspicion: 1 },
      handshake: { ...defaultHandshake, timeout: 2 },
      flow: { ...defaultFlow, ackDelay: 0 },
    })
  })

  test.each(['localhost', '127.0.0.1', '127.8.8.8', '::1'])('let %s be bound as it is', (bind) => {
    expect(settle({ uid: 'head', bind }).bind).toBe(bind)
  })

  test('let an address of IPv6 be written as in an endpoint', () => {
    expect(settle({ uid: 'head', bind: '[::1]' }).bind).toBe('::1')
  })

  test.each([
    '0.0.0.0',
    '::',
    '10.0.0.5',
    'example.org',
    'host_1.example.org.',
    '*',
    '127.0.0.1.example.org',
    'localhost.example.org',
  ])('refuse to bind %s, which others can reach, unless told insecure', (bind) => {
    expect(thrownBy(() => settle({ uid: 'head', bind }))).toMatchObject(wrong('ERR_INSECURE', 'bind'))
    expect(settle({ uid: 'head', bind, insecure: true }).bind).toBe(bind)
  })

  test.each([
    ['meshToken', 'short'],
    ['meshToken', 'x'.repeat(257)],
    ['meshToken', 12_345_678],
    ['roles', 'worker'],
    ['roles', ['']],
    ['roles', [undefined]],
    ['roles', ['x'.repeat(65)]],
    ['introduces', 'yes'],
    ['insecure', 1],
    ['transports', []],
    ['transports', ['udp']],
    ['transports', ['tcp', 'udp']],
    ['transports', [Object.create(null)]],
    ['bind', ''],
    ['bind', 127],
    ['bind', '1127.0.0.1'],
    ['bind', '127.1'],
    ['bind', 'tcp://127.0.0.1'],
    ['bind', '127.0.0.1:3000'],
    ['bind', '[127.0.0.1'],
    ['bind', 'a host'],
    ['bind', 'example..org'],
    ['port', -1],
    ['port', 65_536],
    ['port', 3000.5],
    ['port', '3000'],
    ['advertise', 'http://10.0.0.5'],
    ['advertise', 'tcp://10.0.0.5'],
    ['advertise', 'tcp://10.0.0.5:99999'],
    ['advertise', ['tcp://10.0.0.5:3000', 7]],
    ['timeout', 0],
    ['timeout', -1],
    ['timeout', Number.NaN],
    ['timeout', '5'],
    ['farewellTimeout', -1],
    ['farewellTimeout', Number.POSITIVE_INFINITY],
    ['liveness', 5],
    ['liveness', null],
    ['handshake', 'slow'],
    ['flow', true],
  ])('refuse %s %p, and say what was given and what is allowed', (option, given) => {
    expect(thrownBy(() => settleAnything({ uid: 'head', [option]: given }))).toMatchObject(
      wrong('ERR_INVALID_OPTION', option),
    )
  })

  test.each([
    ['liveness', 'heartInterval', -1],
    ['liveness', 'suspicion', Number.NaN],
    ['liveness', 'suspicion', Number.POSITIVE_INFINITY],
    ['liveness', 'heartTries', 1],
    ['liveness', 'heartTries', 2.5],
    ['liveness', 'heartTries', 1001],
    ['liveness', 'stalledAfter', 1250],
    ['handshake', 'timeout', '10'],
    ['flow', 'windowBytes', null],
    ['flow', 'nonsense', 1],
    ['liveness', 'constructor', 1],
  ])('name %s.%s in full where it is wrong', (group, option, given) => {
    const error = thrownBy(() => settleAnything({ uid: 'head', [group]: { [option]: given } }))
    expect(error).toMatchObject(wrong('ERR_INVALID_OPTION', `${group}.${option}`))
  })

  test('take a silence that is longer than what two hearts leave between them', () => {
    const liveness = { heartInterval: 400, heartSlack: 50 }
    expect(() => settle({ uid: 'head', liveness: { ...liveness, stalledAfter: 451 } })).not.toThrow()
    expect(
      thrownBy(() => settle({ uid: 'head', liveness: { ...liveness, stalledAfter: 450 } })),
    ).toMatchObject(wrong('ERR_INVALID_OPTION', 'liveness.stalledAfter'))
    for (const preset of Object.values(livenessPresets))
      expect(() => settle({ uid: 'head', liveness: preset })).not.toThrow()
  })

  test.each([[undefined], [null], ['head']])('that are %p are none', (options) => {
    expect(thrownBy(() => settleAnything(options))).toMatchObject(wrong('ERR_INVALID_OPTION', 'options'))
  })

  test('never show a mesh token that is refused', () => {
    const error = thrownBy(() => settle({ uid: 'head', meshToken: 'hush'.padEnd(300, '!') }))
    expect(JSON.stringify([error, String(error)])).not.toContain('hush')
  })
})

describe('A uid', () => {
  test.each(['head', 'worker:0', 'worker:0:1', 'a.b-c_d:x', '0', 'x'.repeat(128)])('can be %s', (uid) => {
    expect(checkUid(uid)).toBe(uid)
  })

  test.each(['', 'a b', ':0', 'a:', 'a::b', '-a', 'a/b', 'a\n', 'é', 'x'.repeat(129), 5, undefined, null])(
    'can not be %p',
    (uid) => {
      expect(thrownBy(() => checkUid(uid))).toMatchObject(wrong('ERR_INVALID_UID', 'uid'))
      expect(thrownBy(() => settleAnything({ uid }))).toMatchObject(wrong('ERR_INVALID_UID', 'uid'))
    },
  )
})

describe('A timeout', () => {
  test('is the one that is given, infinite ones included, or else the default', () => {
    expect([checkTimeout('t', undefined, 7), checkTimeout('t', 0.5, 7)]).toEqual([7, 0.5])
    expect(checkTimeout('t', Number.POSITIVE_INFINITY, 7)).toBe(Number.POSITIVE_INFINITY)
  })
})

test('an option that there is not is refused by its name, with those that there are', () => {
  const given = { uid: 'a', transprots: ['tcp'] }
  expect(() => settle(given)).toThrow(
    expect.objectContaining({
      code: 'ERR_INVALID_OPTION',
      option: 'transprots',
      allowed: expect.stringContaining('transports'),
    }),
  )
})
