import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import type { Belongings } from './belongings.js'

/** Namespaces of the rig are named `skein-<pid of the rig>-<network>` and, for a place in it, `-<place>`. */
const PREFIX = 'skein-'

/** Where the system keeps the names of its network namespaces. */
const NAMES = '/run/netns'

/** Rules of these numbers and above come before the system's own, but for that about what is local. */
const FIRST_RULE = 100

let networks = 0

/**
 * A network of its own: a namespace for each place, every one of them linked to a router in another. All that is broken
 * is broken at the router, so that those at the ends learn nothing of it but silence.
 */
export class Network {
  readonly #router: string
  readonly #belongings: Belongings
  readonly #places = new Set<number>()
  /** The numbers of the rules by which something gets lost. */
  #rules: number[] = []

  /** @throws Error where namespaces can't be made */
  constructor(belongings: Belongings) {
    this.#router = `${PREFIX}${process.pid}-${networks++}`
    this.#belongings = belongings
    this.#add(this.#router)
    const forward = 'echo 1 > /proc/sys/net/ipv4/ip_forward'
    ip('netns', 'exec', this.#router, 'sh', '-c', forward)
  }

  /** Makes a place; does nothing if it is there. */
  open(place: number): void {
    if (this.#places.has(place)) return
    this.#places.add(place)
    const [name, link] = [this.#nameOf(place), linkOf(place)]
    this.#add(name)
    ip('-n', this.#router, 'link', 'add', link, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name)
    ip('-n', this.#router, 'address', 'add', `${NET}.${place}.1/24`, 'dev', link)
    ip('-n', this.#router, 'link', 'set', link, 'up')
    for (const end of [CONTROL, DATA])
      ip('-n', name, 'address', 'add', `${NET}.${place}.${end}/24`, 'dev', 'eth0')
    ip('-n', name, 'link', 'set', 'eth0', 'up')
    ip('-n', name, 'link', 'set', 'lo', 'up')
    ip('-n', name, 'route', 'add', 'default', 'via', `${NET}.${place}.1`)
  }

  /** What to put before a command that is to run at a place. */
  within(place: number): readonly string[] {
    return ['ip', 'netns', 'exec', this.#nameOf(place)]
  }

  /** Nothing gets from one place to another any more, in this direction; undefined stands for every place. */
  drop(from: number | undefined, to: number | undefined): void {
    this.#blackhole([...at('from', from), ...at('to', to)])
  }

  /** What comes to a place over the data connections that there are gets lost; others can be made. Returns how many. */
  dropData(to: number): number {
    const there = `${NET}.${to}.${DATA}`
    const args = ['netns', 'exec', this.#nameOf(to), 'ss', '--no-header', '--tcp', '--numeric', 'src', there]
    const lines = ip(...args).split('\n')
    // State, two queues, the address here, the one there.
    const connections = lines
      .map((line) => /^ESTAB\s+\d+\s+\d+\s+\S+\s+(\S+):(\d+)/.exec(line))
      .filter((match) => match !== null)
    for (const [, from = '', port = ''] of connections)
      this.#blackhole(['from', from, 'to', there, 'ipproto', 'tcp', 'sport', port])
    return connections.length
  }

  /** Ends all drops. */
  heal(): void {
    for (const number of this.#rules) ip('-n', this.#router, 'rule', 'delete', 'preference', `${number}`)
    this.#rules = []
  }

  /** Takes the link between a place and the router down, or up again. */
  link(place: number, state: 'up' | 'down'): void {
    ip('-n', this.#router, 'link', 'set', linkOf(place), state)
  }

  #blackhole(which: readonly string[]): void {
    const number = FIRST_RULE + this.#rules.length
    ip('-n', this.#router, 'rule', 'add', ...which, 'blackhole', 'preference', `${number}`)
    this.#rules.push(number)
  }

  /** Makes a namespace. Those that are in it keep it until they end, whenever it is deleted. */
  #add(name: string): void {
    this.#belongings.add(() => {
      if (namespaces().includes(name)) ip('netns', 'delete', name)
    })
    ip('netns', 'add', name)
  }

  #nameOf(place: number): string {
    return `${this.#router}-${place}`
  }
}

/** The addresses of a place are `10.0.<place>.…`: that by which all know it, and one for data connections. */
const NET = '10.0'
const CONTROL = 2
const DATA = 3

export function addressOf(place: number): string {
  return `${NET}.${place}.${CONTROL}`
}

/** What turns the end of an address into that of the one for data connections. */
export const DATA_DETOUR = [`.${CONTROL}:`, `.${DATA}:`] as const

/** Why there can't be networks here, for people; undefined if there can. */
export function whyNoNetworks(belongings: Belongings): string | undefined {
  if (process.platform !== 'linux') return 'network namespaces are there on Linux only'
  if (process.getuid?.() !== 0) return 'only root may make network namespaces'
  try {
    sweep()
    const network = new Network(belongings)
    network.open(1)
    network.drop(1, 2)
    network.heal()
    return undefined
  } catch (error) {
    return error instanceof Error ? (error.message.split('\n').at(-1) ?? error.message) : String(error)
  } finally {
    belongings.release()
  }
}

/** Removes what rigs have left behind that were killed. */
function sweep(): void {
  for (const name of namespaces()) {
    const pid = new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1]
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) ip('netns', 'delete', name)
  }
}

function namespaces(): string[] {
  try {
    return readdirSync(NAMES)
  } catch {
    return []
  }
}

/** All addresses of a place, for a rule. */
function at(end: 'from' | 'to', place: number | undefined): readonly string[] {
  return place === undefined ? [] : [end, `${NET}.${place}.0/24`]
}

/** The router's end of the link to a place. */
function linkOf(place: number): string {
  return `place${place}`
}

function ip(...args: string[]): string {
  return execFileSync('ip', args, { stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' })
}
