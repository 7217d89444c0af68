import { test } from '@jest/globals'
import { useLedger } from '@skein/test-harness'
import { seedsTo, sized } from '@skein/test-harness/size'
import { play } from './support/graph-play.js'
import { TcpGround } from './support/tcp-ground.js'

useLedger()

const SIZE = { contexts: sized(6, 20), spare: sized(3, 10), messages: sized(300, 20_000) }

test.each(seedsTo(sized(1, 5)))(
  'over tcp, whatever is cut, all who stay reachable get everything once and in order (seed %i)',
  async (seed) => {
    const ground = new TcpGround()
    try {
      await play(ground, { ...SIZE, seed, rounds: sized(12, 300), pause: 150 })
    } finally {
      await ground.close()
    }
  },
  300_000,
)
