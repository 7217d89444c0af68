import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { Address } from '../proxied-connection.js'
import { HostProcess } from './host-process.js'
import type { Line } from './line.js'
import { MemoryLine } from './memory-line.js'
import { type MemberConfig, type News, type Progress, uidOf } from './orders.js'
import { PipeLine } from './pipe-line.js'

/** A member, as the auditor sees it. */
export interface Mate {
  readonly number: number
  readonly host: HostProcess
  readonly line: Line
  readonly journal: string
  /** What it has told of itself last. */
  progress: Progress
  /** How many requests it may make. */
  until: number
  lives: boolean
}

export interface CrewOptions extends Pick<MemberConfig, 'seed' | 'window' | 'transport' | 'sabotage'> {
  /** A folder for logs and sockets. */
  readonly folder: string
}

/** The members of an audit, those that are dead included, and the processes in which they are. */
export class Crew {
  /** By their numbers. */
  readonly all: Mate[] = []
  readonly #options: CrewOptions
  readonly #meshToken = randomBytes(24).toString('base64url')
  readonly #hosts = new Set<HostProcess>()
  readonly #bound = new Map<number, string>()
  readonly #pipes = new Map<number, PipeLine>()
  #simulation: HostProcess | undefined

  constructor(options: CrewOptions) {
    this.#options = options
  }

  get living(): readonly Mate[] {
    return this.all.filter((mate) => mate.lives)
  }

  /** Starts another member, the first of which introduces all others. */
  async add(): Promise<Mate> {
    const { seed, window, transport, sabotage, folder } = this.#options
    const number = this.all.length
    const isSimulated = transport === 'memory'
    const host = isSimulated ? await this.#simulated() : await this.#newHost()
    const pipe = isSimulated ? undefined : await PipeLine.start(listenAt(transport, folder, number))
    if (pipe !== undefined) this.#pipes.set(number, pipe)
    const mate: Mate = {
      number,
      host,
      line: pipe ?? new MemoryLine(host, number),
      journal: join(folder, `${number}.log`),
      progress: { member: number, issued: 0, sent: 0, settled: 0, streaming: 0 },
      until: 0,
      lives: true,
    }
    this.all.push(mate)
    const config: MemberConfig = {
      member: number,
      seed,
      window,
      transport,
      sabotage,
      meshToken: this.#meshToken,
      journal: mate.journal,
      monitor: number === 0 ? undefined : this.#monitor(),
      endpoint: pipe?.endpoint,
    }
    await host.ask({ kind: 'start', config })
    return mate
  }

  /** Who is there is told to everybody. */
  introduce(): void {
    const peers = this.living.map(({ number }) => number)
    for (const { host, number } of this.living) host.tell({ kind: 'peers', member: number, peers })
  }

  /** Ends a member without a farewell. */
  async kill(mate: Mate): Promise<void> {
    mate.lives = false
    if (this.#options.transport === 'memory') await mate.host.ask({ kind: 'kill', member: mate.number })
    else await mate.host.kill()
    // What it had sent is in the pipes of the others still; those to it are refused from now on.
    await mate.line.close()
    this.#pipes.delete(mate.number)
  }

  /** Nothing more is written to the logs. Whoever doesn't hear that has written all that matters. */
  async seal(limit: number): Promise<void> {
    const hosts = [...this.#hosts].map((host) => host.ask({ kind: 'seal' }, limit).catch(() => {}))
    await Promise.all(hosts)
  }

  /** Ends everything, in order or at once. */
  async close(how: 'stop' | 'kill'): Promise<void> {
    await Promise.all([...this.#hosts].map((host) => (how === 'stop' ? host.end() : host.kill())))
    await Promise.all([...this.#pipes.values()].map((pipe) => pipe.close()))
  }

  async #simulated(): Promise<HostProcess> {
    this.#simulation ??= await this.#newHost()
    return this.#simulation
  }

  async #newHost(): Promise<HostProcess> {
    const host = new HostProcess((news) => this.#told(news))
    this.#hosts.add(host)
    void host.ended.then(() => this.#hosts.delete(host))
    await host.ready
    return host
  }

  #monitor(): string | undefined {
    return this.#pipes.get(0)?.endpoint ?? this.#bound.get(0)
  }

  #told(news: News): void {
    switch (news.kind) {
      case 'bound':
        this.#bound.set(news.member, news.endpoint)
        this.#pipes.get(news.member)?.leadTo(addressOf(news.endpoint))
        return
      case 'progress': {
        const mate = this.all[news.member]
        if (mate === undefined) throw new RangeError(`${uidOf(news.member)} is none of the crew`)
        mate.progress = news
      }
    }
  }
}

function listenAt(transport: 'tcp' | 'ipc', folder: string, number: number): Address {
  return transport === 'tcp' ? { host: '127.0.0.1', port: 0 } : { path: join(folder, `${number}.sock`) }
}

function addressOf(endpoint: string): Address {
  const url = new URL(endpoint)
  return url.protocol === 'ipc:' ? { path: url.pathname } : { host: url.hostname, port: Number(url.port) }
}
