import type { Measurement } from '../src/contest.js'
import type { Load } from '../src/load.js'
import type { Lane, System } from '../src/systems/system.js'

/** A system that does nothing. */
export function madeUp(name: string, more: Partial<System> = {}): System {
  return {
    name,
    packages: [],
    programs: [],
    lanes: ['tcp', 'ipc', 'inproc'],
    settings: 'none',
    serve: () => Promise.reject(new Error('nobody serves')),
    call: () => Promise.reject(new Error('nobody calls')),
    ...more,
  }
}

/** Figures that nobody has measured, round by round. */
export function measurement(
  system: System,
  lane: Lane,
  load: Partial<Load>,
  rates: readonly number[],
  peaks = { callerPeak: 0, serverPeak: 0 },
): Measurement {
  return {
    system,
    lane,
    load: { window: 1, milliseconds: 1, ...load },
    rounds: rates.map((perSecond) => ({
      perSecond,
      p50us: 1e6 / perSecond,
      p99us: 2e6 / perSecond,
      ...peaks,
    })),
  }
}
