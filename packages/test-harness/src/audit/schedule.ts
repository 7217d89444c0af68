import { type Random, seededRandom } from '../random.js'

/**
 * What is done to connections. The first four are those that only a safeguard survives, and so come first in every
 * schedule; each of them catches the one that is missing.
 */
export const FAULTS = [
  /** A full pipe that nobody reads; it is cut towards the sender, and what it held arrives late. */
  'frozen',
  /** Some batches arrive twice. */
  'repeat',
  /** Some batches overtake others of the same connection. */
  'swap',
  /** A session is given up while its pipe is full, and what it held arrives when the next one is in use. */
  'give-up',
  /** A clean break, on both sides. */
  'cut',
  /** The same, while hands are shaken on the connections made after a first. */
  'handshake',
  /** And again as soon as traffic flows. */
  'twice',
  /** Silence, and a break: what was sent meanwhile is gone. */
  'half-open',
  /** A break in the midst of attachments of 1 MiB. */
  'attachments',
] as const
export type Fault = (typeof FAULTS)[number]

/** Those at the front of `FAULTS`. */
const SAFEGUARDED = 4

/** The fewest members there can be: some ask one for what another has. */
export const FEWEST = 3

/** One thing that goes wrong, and when. */
export interface Appointment {
  /** It begins when so many requests have been made. */
  readonly at: number
  readonly fault: Fault | 'kill'
  /** The place, from 0, of the member that it happens to: whoever has it then. */
  readonly place: number
  /** The place of the other member, where a fault has two. */
  readonly other: number
  /** Bytes after which a cut comes that hits the midst of something. */
  readonly bytes: number
}

export interface ScheduleOptions {
  /** How many ask each other; the first introduces the others and is never killed. */
  readonly members: number
  readonly requests: number
  readonly cuts: number
  readonly kills: number
  readonly seed: number
}

/** The same for the same options, in the order of time. */
export function makeSchedule({ members, requests, cuts, kills, seed }: ScheduleOptions): Appointment[] {
  const random = seededRandom(seed)
  const faults = withKills(faultsOf(cuts, random), kills)
  const part = requests / (faults.length + 1)
  return faults.map((fault, i) => {
    const place =
      fault === 'kill' || fault === 'give-up' ? 1 + below(members - 1, random) : below(members, random)
    return {
      at: Math.round(part * (i + 0.75 + random() / 2)),
      fault,
      place,
      other: otherThan(place, members, random),
      bytes: bytesOf(fault, random),
    }
  })
}

/** Each kind as often as the others, give or take one, the safeguarded ones first. */
function faultsOf(count: number, random: Random): Fault[] {
  const faults = shuffled(FAULTS.slice(0, SAFEGUARDED), random)
  faults.push(...shuffled(FAULTS.slice(SAFEGUARDED), random))
  while (faults.length < count) faults.push(...shuffled(FAULTS, random))
  return faults.slice(0, count)
}

/** Kills are spread evenly among the others. */
function withKills(faults: readonly Fault[], kills: number): (Fault | 'kill')[] {
  const all: (Fault | 'kill')[] = [...faults]
  for (let i = kills; i > 0; i--) all.splice(Math.ceil((faults.length * i) / (kills + 1)), 0, 'kill')
  return all
}

function bytesOf(fault: Fault | 'kill', random: Random): number {
  // A ZMTP greeting has 64 bytes, and a hand some hundred.
  if (fault === 'handshake') return 1 + below(1500, random)
  return fault === 'attachments' ? 1 + below(2 ** 20, random) : 0
}

/** A place that is neither this one nor the first. */
function otherThan(place: number, members: number, random: Random): number {
  const others = Array.from({ length: members - 1 }, (_, i) => i + 1).filter((other) => other !== place)
  return others[below(others.length, random)] ?? 0
}

function shuffled<T>(items: readonly T[], random: Random): T[] {
  const rest = [...items]
  return items.flatMap(() => rest.splice(below(rest.length, random), 1))
}

/** A whole number from 0 up to, and without, `limit`. */
function below(limit: number, random: Random): number {
  return Math.floor(random() * limit)
}
