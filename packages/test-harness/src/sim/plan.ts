import { type Random, seededRandom } from '../random.js'

/** What can be done to a mesh. */
export const FAULTS = [
  'delay',
  'cut',
  'refused',
  'half-open',
  'one-way',
  'partition',
  'restart',
  'stall',
  'drift',
  'repeat',
  'swap',
] as const
export type FaultKind = (typeof FAULTS)[number]

/** A fault of a simulation. Times are milliseconds from its beginning, members are places in its list of runtimes. */
export interface Fault {
  readonly kind: FaultKind
  readonly at: number
  /** When it is over: the same as `at` for what takes no time. */
  readonly until: number
  readonly member: number
  /** The second one, of faults that are between two. */
  readonly other: number
  /** Of `delay`, milliseconds more from one to another; of `drift`, what a second is taken for; of the rest, how many batches. */
  readonly size: number
}

export interface PlannedRequest {
  readonly at: number
  readonly from: number
  readonly to: number
  /** Milliseconds. */
  readonly deadline: number
  /** Milliseconds that the method takes. */
  readonly takes: number
  readonly bytes: number
}

/** All that happens in a simulation, but for what the seed draws meanwhile. */
export interface Plan {
  readonly seed: number
  /** How many; the first is the monitor. */
  readonly runtimes: number
  readonly latency: { readonly min: number; readonly max: number }
  /** Whether a runtime listens at the same address after a restart. */
  readonly keepsAddress: boolean
  /** Whether all are on one machine, whose kernel tells whether somebody listens at an address. */
  readonly oneMachine: boolean
  readonly faults: readonly Fault[]
  readonly requests: readonly PlannedRequest[]
}

/** Milliseconds that a simulation takes, and those at its end in which nothing bad happens any more. */
export const LENGTH = 60_000
export const CALM = 20_000

/** The longest deadline of a request, in milliseconds. */
export const LONGEST_DEADLINE = 10_000

/** Milliseconds before which nothing bad happens: all have found each other by then. */
const START = 2000

/** The shortest and the longest that a fault takes, in milliseconds. */
const LENGTHS: Record<FaultKind, readonly [number, number]> = {
  delay: [1000, 10_000],
  cut: [0, 0],
  refused: [500, 8000],
  'half-open': [500, 8000],
  'one-way': [300, 12_000],
  partition: [300, 12_000],
  restart: [100, 6000],
  stall: [200, 9000],
  drift: [5000, 30_000],
  repeat: [1000, 5000],
  swap: [1000, 2000],
}

/** The largest part by which a clock is wrong, and the most milliseconds that a delay adds. */
const DRIFT = 0.01
const DELAY = 300

/** What is done to whole batches: no network does it, and yet it must do no harm. */
export const TAMPERING: readonly FaultKind[] = ['repeat', 'swap']
const DRAWN = FAULTS.filter((kind) => !TAMPERING.includes(kind))

/** The most batches that come twice, or pairs that change places. */
const BATCHES = 10

/** Requests more at every fault, and milliseconds before and after it within which they are made. */
const BURST = 12
const AROUND = 25

/** What a seed stands for: the same each time. */
export function makePlan(seed: number): Plan {
  const random = seededRandom(seed)
  const runtimes = 5 + below(random, 3)
  const most = random() < 0.5 ? 1 : 10
  const oneMachine = random() < 0.25
  // A machine that refuses a connection to one of its own processes says that the process is gone, and is to be believed.
  const kinds = oneMachine ? DRAWN.filter((kind) => kind !== 'refused') : DRAWN
  const faults = Array.from({ length: 5 + below(random, 4) }, () => drawFault(random, runtimes, kinds))
  faults.push(drawFault(random, runtimes, TAMPERING))
  const requests = Array.from({ length: 240 + below(random, 60) }, () => drawRequest(random, runtimes))
  return {
    seed,
    runtimes,
    latency: { min: most / 10, max: most },
    keepsAddress: random() < 0.5,
    oneMachine,
    faults: inOrder(faults),
    requests: inOrder([...requests, ...faults.flatMap((fault) => drawBurst(random, fault))]),
  }
}

function drawFault(random: Random, runtimes: number, kinds: readonly FaultKind[]): Fault {
  const kind = kinds[below(random, kinds.length)] ?? 'cut'
  const [least, most] = LENGTHS[kind]
  const takes = Math.round(least + random() * (most - least))
  const at = START + below(random, LENGTH - CALM - START - takes)
  const [member, other] = drawTwo(random, runtimes)
  const part = random()
  return { kind, at, until: at + takes, member, other, size: sizeOf(kind, part) }
}

function sizeOf(kind: FaultKind, part: number): number {
  switch (kind) {
    case 'drift':
      return 1 + (part * 2 - 1) * DRIFT
    case 'delay':
      return Math.ceil(part * DELAY)
    case 'repeat':
    case 'swap':
      return Math.ceil(part * BATCHES)
    default:
      return 0
  }
}

function drawRequest(random: Random, runtimes: number): PlannedRequest {
  const at = 1000 + below(random, LENGTH - 1000)
  const [from, to] = drawTwo(random, runtimes)
  const isShort = random() < 0.3
  const deadline = isShort ? 5 + below(random, 500) : 2000 + below(random, LONGEST_DEADLINE - 2000)
  const takes = random() < 0.5 ? 0 : below(random, 200)
  return { at, from, to, deadline, takes, bytes: below(random, 200) }
}

/** Requests between the two whom a fault concerns, so that it finds some under way: in both directions, or in one. */
function drawBurst(random: Random, { at, member, other }: Fault): PlannedRequest[] {
  const isMutual = random() < 0.5
  return Array.from({ length: BURST }, (_, i) => {
    const [from, to] = isMutual && i % 2 === 1 ? [other, member] : [member, other]
    const instant = at - AROUND + below(random, 2 * AROUND)
    return { at: instant, from, to, deadline: LONGEST_DEADLINE, takes: 0, bytes: below(random, 200) }
  })
}

function drawTwo(random: Random, runtimes: number): [number, number] {
  const first = below(random, runtimes)
  return [first, (first + 1 + below(random, runtimes - 1)) % runtimes]
}

function below(random: Random, most: number): number {
  return Math.floor(random() * most)
}

function inOrder<T extends { readonly at: number }>(list: T[]): T[] {
  return list.sort((a, b) => a.at - b.at)
}
