import { expect, test } from '@jest/globals'
import { useLedger } from '@skein/test-harness'
import { atHand } from '../src/installed.js'
import { Pair } from '../src/pair/pair.js'
import { erlang } from '../src/systems/erlang.js'

useLedger()

const isHere = atHand([erlang]).present.length > 0
const testHere = isHere ? test : test.skip

testHere('nodes of Erlang make a call of each caller, however short the time', async () => {
  const pair = new Pair(erlang, 'tcp')
  try {
    await pair.start()
    for (const window of [1, 64]) {
      const { perSecond, p50us, p99us } = await pair.measure({ window, milliseconds: 0 })
      expect(perSecond).toBeGreaterThan(0)
      expect(p50us).toBeGreaterThan(0)
      expect(p99us).toBeGreaterThanOrEqual(p50us ?? Number.NaN)
    }
  } finally {
    await pair.end()
  }
})

testHere('what a node of Erlang says instead of figures is told', async () => {
  const pair = new Pair(erlang, 'tcp')
  try {
    await pair.start()
    const measuring = pair.measure({ window: 1, milliseconds: 0.5 })
    await expect(measuring).rejects.toThrow(
      /^erlang over tcp could not be measured: .*a node of Erlang (says|has ended)/,
    )
  } finally {
    await pair.end()
  }
})
