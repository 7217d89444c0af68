import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { HarnessError } from '../errors.js'
import { Crew } from './crew.js'
import { examine } from './examine.js'
import { commit } from './faults.js'
import type { Findings, Suspect } from './findings.js'
import { readJournal } from './journal.js'
import type { MemberLog } from './logs.js'
import { operations } from './operations.js'
import type { Sabotage } from './sabotage.js'
import { type Appointment, makeSchedule, type ScheduleOptions } from './schedule.js'
import { Stage } from './stage.js'

export interface AuditOptions extends ScheduleOptions {
  /** What the members are linked by; `memory` is a simulated network, in one process. */
  readonly transport: 'tcp' | 'ipc' | 'memory'
  /** A safeguard to do without. */
  readonly sabotage?: Sabotage | undefined
  /** Milliseconds without any progress, after which the run is given up. */
  readonly patience: number
}

export interface AuditReport {
  readonly findings: Findings
  /** Some of what should not have happened, to begin the search with. */
  readonly suspects: readonly Suspect[]
  readonly schedule: readonly Appointment[]
  /** Why it was given up before its end, if it was: what has not settled by then is counted as it is. */
  readonly givenUp: string | undefined
}

/** Requests that one member may have under way to another. */
const WINDOW = 256

/** The share of the requests between two faults that is let out at once. */
const BURST = 1 / 6

/**
 * Runs members that ask each other, does to them and to their connections what the schedule says, and examines what they
 * have written down. Ends, whatever the members do.
 *
 * @param tell what happens, for people
 */
export async function audit(options: AuditOptions, tell: (line: string) => void): Promise<AuditReport> {
  const { members, seed, transport, sabotage, patience } = options
  const schedule = makeSchedule(options)
  const folder = await mkdtemp(join(tmpdir(), 'skein-audit-'))
  const crew = new Crew({ seed, transport, sabotage, folder, window: WINDOW })
  const stage = new Stage(crew, patience)
  let givenUp: string | undefined
  try {
    await stage.open(members)
    await play(stage, schedule, options, tell)
  } catch (error) {
    if (!(error instanceof HarnessError)) {
      await crew.close('kill')
      await rm(folder, { recursive: true })
      throw error
    }
    givenUp = error.message
  }
  await crew.seal(patience)
  await crew.close(givenUp === undefined ? 'stop' : 'kill')
  const logs = crew.all.map(
    ({ number, lives, journal }): MemberLog => ({
      member: number,
      lived: lives,
      records: readJournal(journal),
    }),
  )
  await rm(folder, { recursive: true })
  return { ...examine(logs, (place) => operations[place]?.isOneWay === true), schedule, givenUp }
}

async function play(
  stage: Stage,
  schedule: readonly Appointment[],
  { requests }: AuditOptions,
  tell: (line: string) => void,
): Promise<void> {
  const part = requests / (schedule.length + 1)
  // So much further than the next fault that it comes in the midst of traffic.
  const ahead = part * BURST
  stage.allow(Math.min(requests, (schedule[0]?.at ?? requests) + ahead), part * BURST)
  stage.burst(0, { all: true })
  for (const [i, appointment] of schedule.entries()) {
    const { at, fault, place } = appointment
    await stage.until(() => stage.issued >= at)
    tell(`${stage.issued} requests: ${fault} at member ${stage.at(place).number}`)
    stage.allow(Math.min(requests, (schedule[i + 1]?.at ?? requests) + ahead), part * BURST)
    await commit(stage, appointment)
    stage.burst(place, { all: true })
  }
  await stage.until(() => stage.isQuiet)
  const { living } = stage.crew
  await Promise.all(living.map(({ host, number }) => host.ask({ kind: 'flush', member: number })))
  // What was sent before has arrived by now, and so has any stream that was in it.
  await stage.until(() => stage.isQuiet)
}
