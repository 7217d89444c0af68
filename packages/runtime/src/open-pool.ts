import { SkeinError } from '@skein/core'
import type { Constructor, CreateOptions, CreateTarget } from './creation.js'
import { liveWorkers } from './live-workers.js'
import { anything, checkOptions, list, timeLimit, uids } from './options.js'
import { Pool } from './pool.js'
import { withOptions } from './proxy.js'
import type { RemoteObject } from './remote.js'
import type { Runtime } from './runtime.js'

export type PoolOptions<C extends Constructor> = CreateOptions<C> & {
  /**
   * The workers to use.
   * @default all that are there, and those that join later
   */
  readonly workers?: readonly string[] | undefined
  /**
   * Deadline of each request, in milliseconds.
   * @default Infinity: work takes as long as it takes, and a worker that is lost is noticed
   */
  readonly timeout?: number | undefined
}

const POOL_CHECKS = { from: anything, args: list, workers: uids, timeout: timeLimit }

/**
 * Creates an object of a class on every worker.
 *
 * @throws ERR_NO_SUCH_PEER if there is no worker, and what creating the objects throws; none is left then
 */
export async function openPool<C extends Constructor>(
  runtime: Runtime,
  Class: C,
  options: PoolOptions<C>,
): Promise<Pool<InstanceType<C>>> {
  const { workers: wanted, timeout = Number.POSITIVE_INFINITY, ...where } = checkOptions(options, POOL_CHECKS)
  const create = async (on: string): Promise<RemoteObject<InstanceType<C>>> => {
    // All of the options but those that are the pool's own: what is left is CreateOptions<C>.
    const creation = { ...where, on, timeout } as CreateOptions<C> & CreateTarget
    return withOptions(await runtime.create(Class, creation), { timeout })
  }
  const pool = new Pool<InstanceType<C>>(runtime, create, wanted && new Set(wanted))
  const joined = await Promise.allSettled(
    [...new Set(wanted ?? liveWorkers(runtime))].map((uid) => pool.join(uid)),
  )
  const failed = joined.find((outcome) => outcome.status === 'rejected')
  if (failed === undefined && pool.workers.length > 0) return pool
  await pool.close()
  if (failed !== undefined) throw failed.reason
  const none = wanted === undefined ? 'there are no workers' : `none of ${wanted.join(', ')} is there`
  const text = `${none} for the pool; start some, or wait for them with waitForWorkers`
  throw new SkeinError('ERR_NO_SUCH_PEER', text, { executed: 'no' })
}
