import { ZmqTransport } from '../../src/transport/zmq/zmq-transport.js'
import { complies, type Ground } from './compliance.js'
import { detourTo } from './detour.js'

async function prepare(): Promise<Ground> {
  const listener = new ZmqTransport()
  const dialler = new ZmqTransport()
  const detours: { close(): Promise<void> }[] = []
  return {
    listener,
    dialler,
    cuttable: async (endpoint) => {
      const detour = await detourTo(endpoint)
      detours.push(detour)
      return detour
    },
    close: async () => {
      await Promise.all([listener, dialler, ...detours].map((each) => each.close()))
    },
  }
}

complies('tcp', { scheme: 'tcp', seesLoss: true, limitsFrames: true }, prepare)
complies('ipc', { scheme: 'ipc', seesLoss: true, limitsFrames: true }, prepare)
complies('inproc', { scheme: 'inproc', seesLoss: false, limitsFrames: false }, prepare)
