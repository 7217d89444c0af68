import { systemClock } from '../../src/clock.js'
import { MemoryNetwork } from '../../src/transport/memory-network.js'
import { complies } from './compliance.js'

complies('memory', { scheme: 'mem', seesLoss: true, limitsFrames: true }, async () => {
  const network = new MemoryNetwork({ clock: systemClock, seed: 1, latency: { min: 0, max: 2 } })
  return {
    listener: network.transport('listener'),
    dialler: network.transport('dialler'),
    cuttable: async (endpoint) => ({ endpoint, cut: () => network.cut('dialler', 'listener') }),
    close: () => network.close(),
  }
})
