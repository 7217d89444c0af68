import { format } from 'node:util'
import { jest } from '@jest/globals'
import { main } from '../../src/cli/command.js'
import type { Outcome } from './command.js'

/**
 * Gives the command arguments in this process, for those that start nothing: to start a process for each of them takes
 * longer than all else. It prints as where no terminal is.
 */
export async function skeinHere(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Outcome> {
  const [stdout, stderr] = [process.stdout, process.stderr].map((stream) => {
    const { isTTY } = stream
    stream.isTTY = false
    const spy = jest.spyOn(stream, 'write').mockReturnValue(true)
    const restore = () => {
      spy.mockRestore()
      stream.isTTY = isTTY
    }
    return { restore, text: () => spy.mock.calls.map(([text]) => String(text)).join('') }
  })
  const consoles = [
    jest.spyOn(console, 'log').mockImplementation((...words) => void process.stdout.write(line(words))),
    jest.spyOn(console, 'error').mockImplementation((...words) => void process.stderr.write(line(words))),
  ]
  const own = process.env
  process.env = { ...own, ...env }
  try {
    const status = await main(args)
    return { status, stdout: stdout?.text() ?? '', stderr: stderr?.text() ?? '' }
  } finally {
    process.env = own
    for (const spy of consoles) spy.mockRestore()
    for (const stream of [stdout, stderr]) stream?.restore()
  }
}

function line(words: unknown[]): string {
  return `${format(...words)}\n`
}
