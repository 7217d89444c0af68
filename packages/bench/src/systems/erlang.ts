import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Figures, Load } from '../load.js'
import { freePort } from './free-port.js'
import type { System } from './system.js'

const MODULE = fileURLToPath(new URL('../../peers/echo.erl', import.meta.url))

/** Two nodes of Erlang, whose processes call each other's functions. */
export const erlang: System = {
  name: 'erlang',
  packages: [],
  programs: [
    {
      name: 'erl',
      version: ['-noshell', '-eval', 'io:format("~s", [erlang:system_info(otp_release)]), halt().'],
    },
  ],
  lanes: ['tcp'],
  settings: 'erpc:call/5 between two nodes, a process for each caller, compiled; timeout 30 s',

  async serve() {
    const port = await freePort()
    const node = new Node(
      ['-name', `server${port}@127.0.0.1`, '-erl_epmd_port', String(port)],
      'echo:serve()',
    )
    await node.ready
    return { endpoint: String(port), close: () => node.end() }
  },

  async call(_lane, [endpoint]) {
    const node = new Node(
      ['-name', `caller${endpoint}@127.0.0.1`, '-erl_epmd_port', endpoint, '-dist_listen', 'false'],
      `echo:call('server${endpoint}@127.0.0.1')`,
    )
    await node.ready
    return { measure: (load) => node.measure(load), close: () => node.end() }
  },
}

/** Loads and compiles the module, then does what the node is for. */
function started(main: string): string {
  return `{ok, echo, Code} = compile:file("${MODULE}", [binary]), code:load_binary(echo, "echo", Code), ${main}.`
}

class Node {
  readonly ready: Promise<void>
  readonly #child: ChildProcess
  readonly #ended: Promise<unknown>
  readonly #lines: AsyncIterator<string>

  constructor(args: readonly string[], main: string) {
    const alone = ['-noshell', '-setcookie', 'bench', '-start_epmd', 'false']
    const loopback = ['-kernel', 'inet_dist_use_interface', '{127,0,0,1}']
    this.#child = spawn('erl', [...alone, ...loopback, ...args, '-eval', started(main)], {
      stdio: ['pipe', 'pipe', 'inherit'],
      // A node that is killed while it starts would leave a dump of some megabytes in the working directory.
      env: { ...process.env, ERL_CRASH_DUMP_SECONDS: '0' },
    })
    this.#ended = once(this.#child, 'exit').catch(() => {})
    if (this.#child.stdout === null) throw new TypeError('the node has no standard output')
    this.#lines = createInterface(this.#child.stdout)[Symbol.asyncIterator]()
    this.ready = this.#nextLine().then((line) => {
      if (line !== 'ready') throw new Error(`a node of Erlang says: ${line}`)
    })
  }

  async measure({ window, milliseconds, payload }: Load): Promise<Figures> {
    if (payload !== undefined) throw new Error('the nodes of Erlang echo only the small object')
    this.#child.stdin?.write(`${window} ${milliseconds}\n`)
    const line = await this.#nextLine()
    const [perSecond = Number.NaN, p50us = Number.NaN, p99us = Number.NaN] = line.split(' ').map(Number)
    if (Number.isNaN(perSecond + p50us + p99us)) throw new Error(`a node of Erlang says: ${line}`)
    return { perSecond, p50us, p99us }
  }

  async end(): Promise<void> {
    this.#child.stdin?.end()
    await this.#ended
  }

  async #nextLine(): Promise<string> {
    const { value, done } = await this.#lines.next()
    if (done === true) throw new Error('a node of Erlang has ended')
    return value
  }
}
