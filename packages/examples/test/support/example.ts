import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const pathOf = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))

export interface Outcome {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

const END = '--- end of an example, with status '

/** An example, and its arguments. */
export type Call = readonly [name: string, args: readonly string[]]

/**
 * Runs examples one after the other in one mesh of two worker processes, as `skein run` would run each: that costs less than
 * a mesh for each. What became of each stands under the name that was given to it.
 */
export async function examplesTogether(calls: Readonly<Record<string, Call>>): Promise<Map<string, Outcome>> {
  const given = Object.values(calls).map(([name, args]) => ({ url: urlOf(name), args }))
  const command = [pathOf('../../../skein/bin/skein.js'), 'run', pathOf('./several.mjs')]
  const all = await runNode(command, ['--workers', '2', '--quiet', '--', END, JSON.stringify(given)])
  const outcomes = outcomesOf(all)
  return new Map(Object.keys(calls).map((call, index) => [call, outcomes[index] ?? all]))
}

/** What becomes of a script that is a program of its own, with each of some arguments. */
export async function scriptWith(name: string, each: readonly (readonly string[])[]): Promise<Outcome[]> {
  return outcomesOf(
    await runNode([pathOf('./scripts.mjs')], [END, JSON.stringify({ url: urlOf(name), each })]),
  )
}

function outcomesOf(all: Outcome): Outcome[] {
  if (all.status !== 0) throw new Error(`several examples could not be run: ${all.stderr}`)
  const stderrs = all.stderr.split(`${END}\n`)
  const printed = [...all.stdout.matchAll(new RegExp(`(.*?)${END}(\\d+)\n`, 'gs'))]
  return printed.map(([, stdout = '', status], index) => {
    return { status: Number(status), stdout, stderr: stderrs[index] ?? '' }
  })
}

function urlOf(name: string): string {
  return new URL(`../../dist/${name}.js`, import.meta.url).href
}

function runNode(command: readonly string[], args: readonly string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(process.execPath, [...command, ...args], (error, stdout, stderr) => {
      resolve({ status: error === null ? 0 : Number(error.code), stdout, stderr })
    })
  })
}
