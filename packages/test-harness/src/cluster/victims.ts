import { LocalLauncher, type LocalProcess, type LocalThread, ThreadLauncher } from '@skein/launch'
import type { LaunchEvents, RuntimeSpec } from '@skein/runtime/internal'
import { misuse } from './cluster.js'
import type { Victim } from './launched-cluster.js'

const processes = new LocalLauncher({ main: new URL('../../bin/process.mjs', import.meta.url) })
const threads = new ThreadLauncher({ main: new URL('../../bin/thread.mjs', import.meta.url) })

export function startProcess(spec: RuntimeSpec, on: LaunchEvents): Victim {
  const launched: LocalProcess = processes.start(spec, on)
  return {
    launched,
    kill: () => void launched.signal('SIGKILL'),
    stop: () => void launched.signal('SIGSTOP'),
    continue: () => void launched.signal('SIGCONT'),
  }
}

export function startThread(spec: RuntimeSpec, on: LaunchEvents): Victim {
  const launched: LocalThread = threads.start(spec, on)
  return {
    launched,
    kill: () => launched.drop(),
    stop() {
      throw misuse('a thread can not be frozen: Cluster.processes and Cluster.memory have what can')
    },
    continue() {},
  }
}
