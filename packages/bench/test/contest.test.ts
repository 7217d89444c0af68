import { expect, test } from '@jest/globals'
import { deferred, useLedger } from '@skein/test-harness'
import { contest, entriesOf } from '../src/contest.js'
import { Interrupted, interruptible } from '../src/interrupts.js'
import { raw } from '../src/systems/raw.js'
import { skein } from '../src/systems/skein.js'
import { madeUp } from './made-up.js'

useLedger()

const { signal } = new AbortController()
const tell = () => {}
const LOADS = [{ window: 8, milliseconds: 20 }]

test('systems take turns, each over its lanes, and nothing is left of them', async () => {
  const measured = await contest(entriesOf([skein, raw], LOADS, ['tcp', 'inproc']), 2, { signal, tell })
  expect(measured.map(({ system, lane }) => `${system.name} ${lane}`)).toEqual([
    'skein tcp',
    'skein inproc',
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

test('what is slow to warm up does so before all rounds', async () => {
  const told: string[] = []
  const times: number[] = []
  const loads = [{ window: 8, milliseconds: 20, warmUp: 400 }]
  const [measured] = await contest(entriesOf([raw], loads, ['tcp']), 1, {
    signal,
    tell: (stage, step) => {
      if (step === undefined) return
      told.push(`${stage}: ${step}`)
      times.push(performance.now())
    },
  })
  const step = 'raw over tcp, window 8'
  expect(told).toEqual([`warm-up: ${step}`, `round 1 of 1: ${step}`])
  expect(measured?.rounds).toHaveLength(1)
  const [warmUp = 0, round = 0] = times
  expect(round - warmUp).toBeGreaterThanOrEqual(400)
})

test('a system that does not start is named, and nothing is left of the others', async () => {
  const entries = entriesOf([raw, madeUp('nobody')], LOADS, ['tcp'])
  await expect(contest(entries, 1, { signal, tell })).rejects.toThrow(
    /^nobody over tcp did not start: .*no system/,
  )
})

test('what can not be measured is told of with its system', async () => {
  const load = { window: 1, milliseconds: 20, payload: -1 }
  await expect(contest([{ system: raw, lane: 'tcp', load }], 1, { signal, tell })).rejects.toThrow(
    /^raw over tcp could not be measured: /,
  )
})

test.each([
  ['SIGHUP', 129],
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s ends what is under way, and nothing is left', async (name, exitStatus) => {
  const measuring = deferred<void>()
  const run = interruptible((signal) => {
    const loads = [{ window: 8, milliseconds: 60_000 }]
    const noticed = (_stage: string, step?: string) => step && measuring.resolve()
    return contest(entriesOf([raw], loads, ['tcp']), 1, { signal, tell: noticed })
  })
  await measuring.promise
  process.emit(name, name)
  const error: unknown = await run.catch((error: unknown) => error)
  expect(error).toBeInstanceOf(Interrupted)
  expect(error).toMatchObject({ exitStatus })
})
