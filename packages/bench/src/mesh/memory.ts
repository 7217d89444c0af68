import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { during } from './idle.js'

/** Until what was closed or linked has left nothing behind, in seconds. */
const SETTLING = 1

/** Bytes of memory that this process takes, libzmq's included, once garbage is gone. */
export async function memoryWithoutGarbage(): Promise<number> {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('gc')
  if (typeof collect !== 'function') throw new TypeError('this Node collects no garbage when it is told to')
  collect()
  await during(SETTLING)
  collect()
  return process.memoryUsage().rss
}
