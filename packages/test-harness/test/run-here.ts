import { format } from 'node:util'
import { jest } from '@jest/globals'
import type { EndedNode } from '../src/run-node.js'

/** Runs a command in this process: to start one for each run takes longer than many of them. */
export async function runHere(
  main: (args: readonly string[]) => Promise<number>,
  args: string,
): Promise<EndedNode> {
  const stdout = jest.spyOn(process.stdout, 'write').mockReturnValue(true)
  const stderr = jest.spyOn(process.stderr, 'write').mockReturnValue(true)
  const log = jest.spyOn(console, 'log').mockImplementation((...words) => {
    process.stdout.write(`${format(...words)}\n`)
  })
  const error = jest.spyOn(console, 'error').mockImplementation((...words) => {
    process.stderr.write(`${format(...words)}\n`)
  })
  const { stackTraceLimit } = Error
  try {
    const status = await main(args.split(' '))
    const printed = ({ mock }: typeof stdout) => mock.calls.map(([text]) => String(text)).join('')
    return { status, stdout: printed(stdout), stderr: printed(stderr) }
  } finally {
    // A command may do without, for its process has nothing else to do.
    Error.stackTraceLimit = stackTraceLimit
    for (const spy of [stdout, stderr, log, error]) spy.mockRestore()
  }
}
