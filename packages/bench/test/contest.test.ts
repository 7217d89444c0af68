import { beforeAll, describe, expect, test } from '@jest/globals'
import { deferred, useLedger } from '@skein/test-harness'
import { bySystem, contest, type Entry, entriesOf, loadOf, type Measurement, paceOf } from '../src/contest.js'
import { unlessAborted } from '../src/interruption.js'
import { Interrupted, interruptible } from '../src/interrupts.js'
import { raw } from '../src/systems/raw.js'
import { skein } from '../src/systems/skein.js'
import { madeUp } from './made-up.js'

useLedger()

const { signal } = new AbortController()
const tell = () => {}
const SHORT = { window: 8, milliseconds: 20 }

describe('systems', () => {
  const told: string[] = []
  const times: number[] = []
  let measured: readonly Measurement[]
  beforeAll(async () => {
    const slow = { ...SHORT, warmUp: 200 }
    const entries = [
      ...entriesOf([skein, raw], [SHORT], ['tcp']),
      // Over inproc a pair is one process.
      ...entriesOf([raw], [slow], ['inproc']),
    ]
    measured = await contest(entries, 2, {
      signal,
      tell: (stage, step) => {
        if (step === undefined) return
        told.push(`${stage}: ${step}`)
        times.push(performance.now())
      },
    })
  })

  test('take turns, each over its lanes, and nothing is left of them', () => {
    expect(measured.map(({ system, lane }) => `${system.name} ${lane}`)).toEqual([
      'skein tcp',
      'raw tcp',
      'raw inproc',
    ])
    for (const { rounds } of measured) {
      expect(rounds).toHaveLength(2)
      for (const { perSecond, callerPeak } of rounds) {
        expect(perSecond).toBeGreaterThan(0)
        expect(callerPeak).toBeGreaterThan(0)
      }
    }
  })

  test('of which one is slow to warm up do so before all rounds', () => {
    const systems = ['skein over tcp', 'raw over tcp', 'raw over inproc']
    const stages = ['warm-up', 'round 1 of 2', 'round 2 of 2']
    expect(told).toEqual(
      stages.flatMap((stage) => {
        const turns = systems.map((system) => `${stage}: ${system}, window 8`)
        return stage === 'warm-up' ? turns.toReversed() : turns
      }),
    )
    const took = (step: string) => {
      const index = told.indexOf(`${step}, window 8`)
      return Number(times[index + 1]) - Number(times[index])
    }
    expect(took('warm-up: raw over inproc')).toBeGreaterThanOrEqual(200)
  })
})

test('each system has an entry for each of its lanes that count, under each load; who is compared is side by side', () => {
  const loads = [SHORT, { ...SHORT, window: 1 }]
  const entries = entriesOf([raw, madeUp('lame', { lanes: ['ipc', 'tcp'] })], loads, ['tcp', 'inproc'])
  const told = ({ system, lane, load }: Entry) => `${system.name} ${lane} ${load.window}`
  expect(entries.map(told)).toEqual([
    'raw tcp 8',
    'lame tcp 8',
    'raw inproc 8',
    'raw tcp 1',
    'lame tcp 1',
    'raw inproc 1',
  ])
  expect(bySystem(entries).map(told)).toEqual([
    'raw tcp 8',
    'raw tcp 1',
    'raw inproc 8',
    'raw inproc 1',
    'lame tcp 8',
    'lame tcp 1',
  ])
})

test('few calls have several turns in a round, one has more of the same length, and many have one', () => {
  const turns = (quick: boolean) =>
    [1, 8, 64, 256].map((window) => {
      const { milliseconds, turns = 1 } = loadOf(window, paceOf(quick))
      return `${turns} of ${milliseconds / turns}`
    })
  expect(turns(false)).toEqual(['12 of 250', '4 of 250', '1 of 1000', '1 of 1000'])
  expect(turns(true)).toEqual(Array(4).fill('1 of 100'))
})

test('those that share their rounds take turns in each', async () => {
  const load = { window: 1, milliseconds: 20, turns: 2 }
  const told: string[] = []
  const measured = await contest(entriesOf([raw], [load], ['ipc', 'inproc']), 1, {
    signal,
    tell: (stage, step) => step !== undefined && told.push(`${stage}: ${step}`),
  })
  const [ipc, inproc] = ['raw over ipc, window 1', 'raw over inproc, window 1']
  const turn = [`round 1 of 1: ${inproc}`, `round 1 of 1: ${ipc}`]
  expect(told.slice(0, 2)).toEqual([`warm-up: ${inproc}`, `warm-up: ${ipc}`])
  expect(told.slice(2, 4).toSorted()).toEqual(turn)
  expect(told.slice(4).toSorted()).toEqual(turn)
  expect(measured.map(({ lane, rounds }) => `${lane} ${rounds.length}`)).toEqual(['ipc 1', 'inproc 1'])
})

test('a system that does not start is named, and nothing is left of the others', async () => {
  const entries = [
    ...entriesOf([raw], [SHORT], ['inproc']),
    ...entriesOf([madeUp('nobody')], [SHORT], ['tcp']),
  ]
  await expect(contest(entries, 1, { signal, tell })).rejects.toThrow(
    /^nobody over tcp did not start: .*no system/,
  )
})

test('what can not be measured is told of with its system', async () => {
  const load = { window: 1, milliseconds: 20, payload: -1 }
  await expect(contest([{ system: raw, lane: 'inproc', load }], 1, { signal, tell })).rejects.toThrow(
    /^raw over inproc could not be measured: /,
  )
})

test('an interrupt ends what is under way, and nothing is left', async () => {
  const measuring = deferred<void>()
  const run = interruptible((signal) => {
    const loads = [{ window: 8, milliseconds: 60_000 }]
    const noticed = (_stage: string, step?: string) => step && measuring.resolve()
    return contest(entriesOf([raw], loads, ['tcp']), 1, { signal, tell: noticed })
  })
  await measuring.promise
  process.emit('SIGTERM', 'SIGTERM')
  expect(await run.catch((error: unknown) => error)).toBeInstanceOf(Interrupted)
})

test.each([
  ['SIGHUP', 129],
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s interrupts, and the exit status tells', async (name, exitStatus) => {
  const run = interruptible((signal) => unlessAborted(signal, new Promise(() => {})))
  process.emit(name, name)
  const error: unknown = await run.catch((error: unknown) => error)
  expect(error).toBeInstanceOf(Interrupted)
  expect(error).toMatchObject({ exitStatus })
})
