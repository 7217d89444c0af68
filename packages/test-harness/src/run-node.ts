import { execFile } from 'node:child_process'

export interface EndedNode {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs a script in a process of its own, to its end, whatever its exit status. */
export function runNode(script: string, args: readonly string[]): Promise<EndedNode> {
  return new Promise((resolve) => {
    execFile(process.execPath, [script, ...args], (error, stdout, stderr) => {
      resolve({ status: Number(error?.code ?? 0), stdout, stderr })
    })
  })
}
