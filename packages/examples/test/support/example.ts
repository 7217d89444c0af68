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
  const command = [pathOf('../../../skein/bin/skein.js'), 'run', pathOf(`../../dist/${name}.js`)]
  return new Promise((resolve) => {
    execFile(process.execPath, [...command, ...options, '--', ...args], (error, stdout, stderr) => {
      resolve({ status: error === null ? 0 : Number(error.code), stdout, stderr })
    })
  })
}
