import { setImmediate } from 'node:timers/promises'
import type { StopOptions } from '@skein/core'
import { checkTimeout, invalidOption, type Transport } from '@skein/core/internal'
import {
  type Ending,
  type Launched,
  type Mesh,
  type Role,
  type RuntimeParts,
  type RuntimeSpec,
  startHead,
  startMonitor,
  startNode,
  startWorker,
} from '@skein/runtime/internal'
import type { RunningRole } from './entry.js'
import { launcherNamed } from './launchers.js'
import { loadProgram, runProgram } from './program.js'
import { parseRoleReport, type RoleReport } from './role-report.js'

/** A role, and the runtime that plays it. */
export interface StartedRole extends RunningRole, Pick<Role, 'runtime'> {}

type Report = (report: RoleReport) => void

/** Starts the role that a spec asks for. */
export async function startRole(
  spec: RuntimeSpec,
  report: Report,
  transport: Transport,
): Promise<StartedRole> {
  const { runtime, over, stop: end } = await start(spec, report, { transport })
  const stop = async (options?: StopOptions): Promise<void> => {
    await end(options)
    const { uid, served } = runtime
    if (served !== undefined) report({ kind: 'closed', uid, ...served })
  }
  return { runtime, over, stop, destroy: () => runtime.comms.destroy() }
}

type Playing = Omit<StartedRole, 'destroy'>

function start(spec: RuntimeSpec, report: Report, parts: RuntimeParts): Promise<Playing> {
  switch (spec.role) {
    case 'monitor':
      return monitor(spec, report, parts)
    case 'node':
      return node(spec, report, parts)
    case 'worker':
      return startWorker(spec, parts).then(playing)
    case 'head':
      return head(spec, report, parts)
  }
}

async function monitor(spec: RuntimeSpec, report: Report, parts: RuntimeParts): Promise<Playing> {
  const role = await startMonitor(spec, parts)
  report({ kind: 'listening', address: role.runtime.comms.address ?? '' })
  return playing(role)
}

/**
 * Its `roleOptions`: `launcher`, by name; `workers`, how many to start at once: a number or a WorkersSpec; `grace`, of
 * WorkersOptions.
 */
async function node(spec: RuntimeSpec, report: Report, parts: RuntimeParts): Promise<Playing> {
  const { launcher, workers, grace } = spec.roleOptions ?? {}
  const options = {
    launcher: launcherNamed(launcher),
    grace: grace === undefined ? undefined : checkTimeout('roleOptions.grace', grace, 0),
    onLine: (uid: string, stream: 'stdout' | 'stderr', text: string) =>
      report({ kind: 'line', uid, stream, text }),
    onReport: (_uid: string, given: unknown) => {
      const told = parseRoleReport(given)
      if (told?.kind === 'closed') report(told)
    },
    onStart: ({ uid, pid }: Launched) => report({ kind: 'started', uid, pid }),
    onEnd: (uid: string, ending: Ending) => report({ kind: 'ended', uid, ...ending }),
  }
  const role = await startNode(spec, options, parts)
  try {
    if (workers !== undefined) await role.workers.start(workers)
  } catch (error) {
    await role.stop()
    throw error
  }
  return playing(role)
}

/**
 * Its `roleOptions`: `script`, the URL of the user's program, and `args` for it. The program begins once whoever started
 * the head knows that it is ready, and the head is over when the program is, or a peer has asked it to end.
 */
async function head(spec: RuntimeSpec, report: Report, parts: RuntimeParts): Promise<Playing> {
  const { script, args } = spec.roleOptions ?? {}
  const given = parseArgs(args)
  const program = await loadProgram<Mesh>(script)
  const role = await startHead(
    spec,
    { onProgress: (progress) => report({ kind: 'progress', ...progress }) },
    parts,
  )
  const { runtime, stop } = playing(role)
  let isStopping = false
  const run = async (): Promise<number> => {
    await setImmediate()
    const status = await runProgram(program, role.mesh, given, {
      // What it does after it was stopped fails, and that is no news.
      onError: (error) => isStopping || console.error(error),
    })
    report({ kind: 'done', status })
    return status
  }
  return {
    runtime,
    // A program that stops its own runtime has an exit status all the same.
    over: Promise.race([run(), role.dismissed.then(() => 0)]),
    stop(options) {
      isStopping = true
      return stop(options)
    },
  }
}

function playing({ runtime, ended, stop }: Role): Playing {
  return { runtime, over: ended.then(() => 0), stop }
}

/** @throws ERR_INVALID_OPTION */
function parseArgs(given: unknown): readonly string[] {
  if (given === undefined) return []
  if (Array.isArray(given) && given.every((arg): arg is string => typeof arg === 'string')) return given
  throw invalidOption('roleOptions.args', given, 'an array of strings')
}
