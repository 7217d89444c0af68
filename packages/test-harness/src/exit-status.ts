import { type Command, CommanderError } from 'commander'

/** Exit status for wrong usage, as of shells and their builtins. */
const USAGE = 2

/** Does what a command line says, and resolves with the exit status: the one that `run` gives, or 2 for wrong usage. */
export async function exitStatus<Given extends readonly unknown[]>(
  args: readonly string[],
  command: (start: (...given: Given) => Promise<void>) => Command,
  run: (...given: Given) => Promise<number>,
): Promise<number> {
  let status = 0
  const made = command(async (...given) => {
    status = await run(...given)
  })
  try {
    await made.parseAsync(args, { from: 'user' })
    return status
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    // It has been printed: help that was asked for is no error.
    return error.exitCode === 0 ? 0 : USAGE
  }
}
