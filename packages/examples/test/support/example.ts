import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const pathOf = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))

export interface Outcome {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs an example as a user would: `skein run NAME.js OPTIONS -- ARGS`. */
export function example(name: string, options: readonly string[], args: readonly string[]): Promise<Outcome> {
  return run(pathOf(`../../dist/${name}.js`), options, args)
}

const END = '--- end of an example, with status '

/** An example, and its arguments. */
export type Call = readonly [name: string, args: readonly string[]]

/**
 * Runs examples one after the other in one mesh of three threads, which costs less than a mesh for each. What became of
 * each stands under the name that was given to it.
 */
export async function examplesTogether(calls: Readonly<Record<string, Call>>): Promise<Map<string, Outcome>> {
  const given = Object.values(calls).map(([name, args]) => ({
    url: new URL(`../../dist/${name}.js`, import.meta.url).href,
    args,
  }))
  const options = ['--workers', '3', '--launcher', 'thread', '--quiet']
  const all = await run(pathOf('./several.mjs'), options, [END, JSON.stringify(given)])
  if (all.status !== 0) throw new Error(`several examples could not be run: ${all.stderr}`)
  const stderrs = all.stderr.split(`${END}\n`)
  const printed = [...all.stdout.matchAll(new RegExp(`(.*?)${END}(\\d+)\n`, 'gs'))]
  return new Map(
    Object.keys(calls).map((call, index) => {
      const [, stdout = '', status] = printed[index] ?? []
      return [call, { status: Number(status), stdout, stderr: stderrs[index] ?? '' }]
    }),
  )
}

function run(script: string, options: readonly string[], args: readonly string[]): Promise<Outcome> {
  const command = [pathOf('../../../skein/bin/skein.js'), 'run', script]
  return new Promise((resolve) => {
    execFile(process.execPath, [...command, ...options, '--', ...args], (error, stdout, stderr) => {
      resolve({ status: error === null ? 0 : Number(error.code), stdout, stderr })
    })
  })
}
