import { type Job, type Run, type RunEvents, runInProcess, runInThread } from '../src/internal.js'

export const fixture = (name: string): URL => new URL(`./fixtures/${name}`, import.meta.url)

export interface Started<R extends Run> {
  readonly run: R
  readonly stdout: string[]
  readonly stderr: string[]
  readonly reports: unknown[]
}

/** Starts a job that runs some code: `fixtures/run-code.mjs` says with what. */
type Start<R extends Run> = (code: string, job?: Partial<Job>) => Started<R>

export const inProcess = starter(runInProcess, 'process.mjs')
export const inThread = starter(runInThread, 'thread.mjs')

function starter<R extends Run>(start: (job: Job, on: RunEvents) => R, main: string): Start<R> {
  return (code, job) => {
    const stdout: string[] = []
    const stderr: string[] = []
    const reports: unknown[] = []
    const run = start(
      { name: 'relay', main: fixture(main), spec: { code }, ...job },
      {
        line: (stream, text) => (stream === 'stdout' ? stdout : stderr).push(text),
        report: (report) => reports.push(report),
      },
    )
    return { run, stdout, stderr, reports }
  }
}
