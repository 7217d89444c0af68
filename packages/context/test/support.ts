import type { Logger } from '@skein/core'

const nothing = (): void => {}

/** Says nothing: these tests provoke what is warned of. */
export const quiet: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing }

/** What a promise rejects with. */
export async function rejectionOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new Error('it resolved')
}
