import { randomBytes } from 'node:crypto'
import { constants } from 'node:os'
import { LocalLauncher, type LocalProcess, parseRoleReport } from '@skein/launch'
import { execArgvFor } from '@skein/launch/internal'
import type { Ending, LaunchEvents, RuntimeSpec } from '@skein/runtime/internal'
import { type ProgramSummary, parseSummary } from '../program/summary.js'
import { type Crew, WORKER_GRACE } from './crew.js'
import type { RunOptions } from './options.js'
import type { Screen } from './screen.js'

const MONITOR = 'monitor'
const HEAD = 'head'

/** Any free port: those from 3000 up, which a runtime takes by itself, are for what the user serves. */
const COMMS = { port: 0 }

type Start = Pick<RuntimeSpec, 'uid' | 'role' | 'monitor' | 'execArgv' | 'roleOptions'>

/** The mesh of one `skein run`: monitor, nodes and head are processes of the crew. */
export class MeshRun {
  readonly #options: RunOptions
  readonly #crew: Crew
  readonly #screen: Screen
  readonly #meshToken = randomBytes(24).toString('base64url')
  readonly #execArgv: readonly string[]
  /** How runtimes ended that nobody had asked to, by uid. */
  readonly #losses = new Map<string, string>()
  #summary: ProgramSummary | undefined
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
    const monitor = await this.#startMonitor()
    await this.#startNodes(monitor)
    const { code, signal } = await this.#runHead(monitor)
    return code ?? 128 + signalNumber(signal)
  }

  /** Ends what is left of it, and shows what became of it. Nothing runs any more when it resolves. */
  async end(): Promise<void> {
    this.#isEnding = true
    await this.#crew.end()
    this.#screen.close()
    if (this.#summary !== undefined) this.#screen.table(this.#summary, this.#losses)
  }

  async #startMonitor(): Promise<string> {
    let address = ''
    const monitor = this.#start(new LocalLauncher(), { uid: MONITOR, role: 'monitor' }, (report) => {
      if (report?.kind === 'listening') address = report.address
    })
    await monitor.ready
    return address
  }

  async #startNodes(monitor: string): Promise<void> {
    const { workers, nodes, launcher } = this.#options
    const launcherOfNodes = new LocalLauncher()
    const starting = shares(workers, nodes).map((count, index) => {
      const start: Start = {
        uid: `node:${index}`,
        role: 'node',
        monitor,
        execArgv: this.#execArgv,
        roleOptions: { launcher, grace: WORKER_GRACE, workers: { count, comms: COMMS } },
      }
      return this.#start(launcherOfNodes, start).ready
    })
    await Promise.all(starting)
  }

  #runHead(monitor: string): Promise<Ending> {
    const { script, args } = this.#options
    const launcher = new LocalLauncher({
      main: new URL('../../bin/head.js', import.meta.url),
      stdin: 'inherit',
      stdout: this.#screen.output,
    })
    const head: Start = {
      uid: HEAD,
      role: 'head',
      monitor,
      execArgv: this.#execArgv,
      roleOptions: { script: script.href, args },
    }
    // Whether it was ready is of no interest: why it was not, it has printed.
    return this.#start(launcher, head).ended
  }

  #start(launcher: LocalLauncher, start: Start, onReport = (_report: RoleReport) => {}): LocalProcess {
    const spec = { ...start, meshToken: this.#meshToken, comms: COMMS }
    const show = start.role === 'head' ? (_uid: string, text) => this.#screen.programError(text) : 
  }
}
