import { describe, invalidOption } from '@skein/core/internal'

/** What a program exports by default: called with the mesh, and the arguments that were given for it. */
export type Program<Mesh> = (mesh: Mesh, args: readonly string[]) => unknown

/**
 * Loads the user's program.
 *
 * @param script its URL
 * @throws ERR_INVALID_OPTION if it exports no function by default; whatever loading it throws
 */
export async function loadProgram<Mesh>(script: unknown): Promise<Program<Mesh>> {
  if (typeof script !== 'string' || !URL.canParse(script)) {
    throw invalidOption('roleOptions.script', script, 'the URL of a module')
  }
  const program = defaultOf(defaultOf(await import(script)))
  if (typeof program !== 'function') {
    throw invalidOption(`the default export of ${script}`, program, 'a function that is given the mesh')
  }
  return (mesh, args) => program(mesh, args)
}

/**
 * Runs a program to its end, and resolves with its exit status: the whole number from 0 to 255 that it returns; where it
 * returns nothing `process.exitCode`, or 0 where it has set none; and 1 if it throws or returns something else.
 */
export async function runProgram<Mesh>(
  program: Program<Mesh>,
  mesh: Mesh,
  args: readonly string[],
  on: { onError(error: unknown): void },
): Promise<number> {
  try {
    const returned = await program(mesh, args)
    if (returned === undefined) return Number(process.exitCode ?? 0)
    if (isStatus(returned)) return returned
    on.onError(`skein: the program returned ${describe(returned)}; allowed: ${STATUS}`)
  } catch (error) {
    on.onError(error)
  }
  return 1
}

const STATUS = 'a whole number from 0 to 255, which is the exit status, or nothing'

function isStatus(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 255
}

/** Twice, for what a compiler made of a module: CommonJS whose `exports.default` is the program. */
function defaultOf(module: unknown): unknown {
  return typeof module === 'object' && module !== null && 'default' in module ? module.default : module
}
