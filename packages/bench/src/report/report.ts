import { availableParallelism, cpus } from 'node:os'
import type { Present, Skipped } from '../installed.js'
import type { Measured } from '../suite.js'

/** What a suite has measured. */
export interface SuiteReport extends Measured {
  readonly suite: string
}

/** Everything that a run of the bench has measured, and of what: what `--json` writes. */
export interface Report {
  readonly command: string
  readonly machine: Machine
  readonly systems: readonly {
    readonly system: string
    readonly version: string
    readonly settings: string
  }[]
  readonly skipped: readonly { readonly system: string; readonly why: string }[]
  readonly suites: readonly SuiteReport[]
}

export interface Machine {
  readonly processors: number
  readonly model: string | undefined
  readonly platform: string
  readonly node: string
}

export function thisMachine(): Machine {
  return {
    processors: availableParallelism(),
    model: cpus()[0]?.model,
    platform: `${process.platform} ${process.arch}`,
    node: process.version,
  }
}

export function reportOf(
  command: string,
  { present, skipped }: { readonly present: readonly Present[]; readonly skipped: readonly Skipped[] },
  suites: readonly SuiteReport[],
): Report {
  return {
    command,
    machine: thisMachine(),
    systems: present.map(({ system: { name, settings }, version }) => ({ system: name, version, settings })),
    skipped: skipped.map(({ system: { name }, why }) => ({ system: name, why })),
    suites,
  }
}
