import { jest } from '@jest/globals'

export interface Refused {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

/** Gives a command wrong arguments, in this process: to start one for each of them takes longer than all else. */
export async function refusalOf(
  main: (args: readonly string[]) => Promise<number>,
  args: string,
): Promise<Refused> {
  const stdout = jest.spyOn(process.stdout, 'write').mockReturnValue(true)
  const stderr = jest.spyOn(process.stderr, 'write').mockReturnValue(true)
  try {
    const status = await main(args.split(' '))
    const printed = ({ mock }: typeof stdout) => mock.calls.map(([text]) => String(text)).join('')
    return { status, stdout: printed(stdout), stderr: printed(stderr) }
  } finally {
    stdout.mockRestore()
    stderr.mockRestore()
  }
}
