import { randomBytes } from 'node:crypto'
import { constants } from 'node:os'
import { SkeinError } from '@skein/core'
import { messageOf } from '@skein/core/internal'
import { LocalLauncher, type LocalProcess, parseRoleReport, type RoleReport } from '@skein/launch'
import { execArgvFor } from '@skein/launch/internal'
import type { RuntimeStats } from '@skein/runtime'
import type { Ending, LaunchEvents, RuntimeSpec } from '@skein/runtime/internal'
import { HEAD_MAIN } from '../files.js'
import { type ProgramSummary, parseSummary, type RuntimeSummary } from '../program/summary.js'
import { wayOf } from './closing-table.js'
import { type Crew, WORKER_GRACE } from './crew.js'
import { HeldLines } from './held-lines.js'
import type { RunOptions } from './options.js'
import type { Screen } from './screen.js'

const MONITOR = 'monitor'
const HEAD = 'head'

/** Any free port: those from 3000 up, which a runtime takes by itself, are for what the user serves. */
const COMMS = { port: 0 }

/** How often a monitor that has ended is started anew. One that goes on ending would be started for ever. */
const MOST_RESTARTS = 5

const THREADS_ARE_CLOSED =
  'workers are threads, which can not be looked into: of their stalls the time is reported, and not the place'

type Start = Pick<RuntimeSpec, 'uid' | 'role' | 'monitor' | 'comms' | 'execArgv' | 'roleOptions'>

/** The mesh of one `skein run`: monitor, nodes and head are processes of the crew. */
export class MeshRun {
  readonly #options: RunOptions
  readonly #crew: Crew
  readonly #screen: Screen
  readonly #meshToken = randomBytes(24).toString('base64url')
  readonly #execArgv: readonly string[]
  /** How runtimes ended that nobody had asked to, by uid. */
  readonly #losses = new Map<string, Ending>()
  readonly #nodes: LocalProcess[] = []
  /** The uids of all that was started. */
  readonly #started = new Set<string>()
  /** What they did who have closed in order, by uid. */
  readonly #closed = new Map<string, RuntimeStats>()
  #summary: ProgramSummary | undefined
  #restarts = 0
  #isEnding = false

  constructor(options: RunOptions, crew: Crew, screen: Screen) {
    this.#options = options
    this.#crew = crew
    this.#screen = screen
    this.#execArgv = execArgvFor(options.script)
  }

  /**
   * Starts it, lets the program run, and resolves with its exit status.
   *
   * @throws ERR_LAUNCH
   */
  async play(): Promise<number> {
    const { stallReports, launcher } = this.#options
    if (stallReports && launcher === 'thread') this.#screen.say(THREADS_ARE_CLOSED)
    const monitor = await this.#startMonitor()
    await this.#startNodes(monitor)
    const { code, signal } = await this.#runHead(monitor)
    if (signal !== null && !this.#isEnding) this.#screen.say(`the program was ended by ${signal}`)
    return code ?? 128 + signalNumber(signal)
  }

  /**
   * Ends what is left of it, and shows what became of it. Nothing runs any more when it resolves.
   *
   * @param drain milliseconds that what runs on the workers may take: as long the program is there for the answers
   */
  async end(drain: number): Promise<void> {
    this.#isEnding = true
    if (drain > 0) {
      this.#screen.say(`draining for up to ${drain / 1000} s; another signal ends it at once`)
      await this.#crew.stop(this.#nodes, drain)
    }
    await this.#crew.end()
    this.#screen.close()
    // Where all were killed there is nothing to tell.
    if (drain > 0 && this.#closed.size > 0) this.#summary ??= this.#afterDrain()
    if (this.#summary !== undefined) this.#screen.table(this.#withMissing(this.#summary), this.#losses)
  }

  async #startMonitor(comms = COMMS): Promise<string> {
    let address = ''
    const monitor = this.#start({ uid: MONITOR, role: 'monitor', comms }, (report) => {
      if (report.kind === 'listening') address = report.address
    })
    await monitor.ready
    this.#losses.delete(MONITOR)
    void monitor.ended.then(() => this.#restartMonitor(address))
    return address
  }

  /** All the others go on without a monitor, and dial its address until there is one: so another is started there. */
  async #restartMonitor(address: string): Promise<void> {
    if (this.#isEnding || this.#restarts >= MOST_RESTARTS) return
    this.#restarts += 1
    try {
      await this.#startMonitor({ port: Number(new URL(address).port) })
      this.#screen.say('monitor was started anew')
    } catch (error) {
      if (!this.#isEnding) this.#screen.say(`monitor could not be started anew: ${messageOf(error)}`)
    }
  }

  async #startNodes(monitor: string): Promise<void> {
    const { workers, nodes, launcher } = this.#options
    const starting = shares(workers, nodes).map((count, index) => {
      const roleOptions = { launcher, grace: WORKER_GRACE, workers: { count, comms: COMMS } }
      const node = this.#start({
        uid: `node:${index}`,
        role: 'node',
        monitor,
        roleOptions,
        execArgv: this.#execArgv,
      })
      this.#nodes.push(node)
      return node.ready
    })
    await Promise.all(starting)
  }

  async #runHead(monitor: string): Promise<Ending> {
    const { script, args } = this.#options
    const launcher = new LocalLauncher({ main: HEAD_MAIN, stdin: 'inherit', stdout: this.#screen.output })
    const roleOptions = { script: script.href, args }
    const head = this.#launch(
      launcher,
      { uid: HEAD, role: 'head', monitor, roleOptions, execArgv: this.#execArgv },
      {
        line: (_stream, text) => this.#screen.programError(text),
        report: (report) => this.#heardOfProgram(report),
      },
    )
    if (head.pid === undefined) await head.ready
    // Why it did not become ready otherwise, it has printed.
    const isReady = await head.ready.then(
      () => true,
      () => false,
    )
    const ending = await head.ended
    if (isReady && this.#summary === undefined && !this.#isEnding) this.#sumUp(ending)
    return ending
  }

  /** In place of a head that has died, or stopped its runtime: what was started here, and how the head has ended. */
  #sumUp(head: Ending): void {
    const stats = this.#closed.get(HEAD)
    if (stats === undefined) this.#losses.set(HEAD, head)
    const alive = [...this.#started].filter((uid) => uid !== HEAD && !this.#losses.has(uid))
    this.#summary = [
      ...alive.map((uid): RuntimeSummary => ({ uid, state: 'alive', stats: undefined })),
      { uid: HEAD, state: stats === undefined ? 'dead' : 'left', stats },
    ]
  }

  /** What each had done when it closed; those that didn't were killed. */
  #afterDrain(): ProgramSummary {
    return [...this.#closed].map(([uid, stats]) => ({ uid, state: 'left', stats }))
  }

  /** The mesh forgets its dead; whoever reads the table has not. */
  #withMissing(summary: ProgramSummary): ProgramSummary {
    const known = new Set(summary.map(({ uid }) => uid))
    const missing = [...this.#started].filter((uid) => !known.has(uid))
    return [...summary, ...missing.map((uid): RuntimeSummary => ({ uid, state: 'dead', stats: undefined }))]
  }

  /** Starts a runtime of the mesh's own. What it prints before it is ready is for the error, if it never is. */
  #start(start: Start, onReport = (_report: RoleReport): void => {}): LocalProcess {
    const lines = new HeldLines((uid, text) => this.#screen.line(uid, text))
    const runtime = this.#launch(new LocalLauncher(), start, {
      line: (_stream, text) => lines.push(start.uid, text),
      report: (given) => {
        const report = parseRoleReport(given)
        if (report?.kind === 'line') lines.push(report.uid, report.text)
        else if (report?.kind === 'started') this.#workerStarted(report.uid, report.pid)
        else if (report?.kind === 'closed') this.#closed.set(report.uid, report)
        else if (report?.kind === 'ended') this.#workerEnded(report.uid, report)
        else if (report !== undefined) onReport(report)
      },
    })
    runtime.ready.then(
      () => {
        lines.release()
        void runtime.ended.then((ending) => this.#ended(start.uid, ending))
      },
      () => {},
    )
    return runtime
  }

  #launch(launcher: LocalLauncher, start: Start, on: LaunchEvents): LocalProcess {
    // What plays on after it was interrupted must start nothing more.
    if (this.#isEnding) throw new SkeinError('ERR_CLOSED', 'the run is ending', { executed: 'no' })
    const { drain, stallReports } = this.#options
    const spec = { comms: COMMS, ...start, meshToken: this.#meshToken, drain, stallReports }
    this.#started.add(spec.uid)
    return this.#crew.add(launcher.start(spec, on))
  }

  #heardOfProgram(given: unknown): void {
    const report = parseRoleReport(given)
    if (report?.kind === 'progress') this.#screen.progress(report)
    if (report?.kind === 'closed') this.#closed.set(report.uid, report)
    // Of a program that was interrupted there is nothing to sum up.
    if (!this.#isEnding) this.#summary ??= parseSummary(given)
  }

  #workerStarted(uid: string, pid: number | undefined): void {
    this.#started.add(uid)
    this.#crew.worker(uid, pid)
  }

  #workerEnded(uid: string, ending: Ending): void {
    this.#crew.worker(uid, undefined)
    this.#ended(uid, ending)
  }

  /** One of the mesh's own has ended; if nobody has asked it to, the user wants to know. */
  #ended(uid: string, ending: Ending): void {
    if (this.#isEnding) return
    this.#losses.set(uid, ending)
    this.#screen.say(`${uid} has ended (${wayOf(ending)})`)
  }
}

/** Of `count` things as even a share for each of `parts` as there can be, the greater ones first. */
export function shares(count: number, parts: number): number[] {
  return Array.from({ length: parts }, (_, part) => Math.ceil((count - part) / parts))
}

function signalNumber(signal: string | null): number {
  return Object.entries(constants.signals).find(([name]) => name === signal)?.[1] ?? 0
}
