import { invalidOption } from '@skein/core/internal'
import type { Launcher } from '@skein/runtime/internal'
import { LocalLauncher } from './local.js'
import { ThreadLauncher } from './thread.js'

const LAUNCHERS: Readonly<Record<string, () => Launcher>> = {
  local: () => new LocalLauncher(),
  thread: () => new ThreadLauncher(),
}

/** @throws ERR_INVALID_OPTION */
export function launcherNamed(name: unknown): Launcher {
  const make = typeof name === 'string' && Object.hasOwn(LAUNCHERS, name) ? LAUNCHERS[name] : undefined
  if (make === undefined) throw invalidOption('launcher', name, Object.keys(LAUNCHERS).join(', '))
  return make()
}
