/** A program was called in a way that it can't make sense of; the message says what was given and what is allowed. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** Runs a program; what is wrong with its arguments is said without a stack, and makes the exit status 1. */
export async function withUsage(program: string, usage: string, run: () => Promise<void>): Promise<number> {
  try {
    await run()
    return 0
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    console.error(`${program}: ${error.message}\n\n${usage}`)
    return 1
  }
}
