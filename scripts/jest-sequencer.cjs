const { default: Sequencer } = require('@jest/test-sequencer')

/** How much of the time the long files get, for each part of it that the short ones get. */
const LONG = 2

/**
 * The longest files first, and the shortest between them. Those that take long mostly wait: all at once they would leave
 * the processors idle.
 */
module.exports = class extends Sequencer {
  sort(tests) {
    const byDuration = super.sort(tests)
    const inTurn = []
    let ahead = 0
    while (byDuration.length > 0) {
      const isLong = ahead <= 0
      const next = isLong ? byDuration.shift() : byDuration.pop()
      ahead += (isLong ? 1 : -LONG) * (next.duration ?? 0)
      inTurn.push(next)
    }
    return inTurn
  }
}
