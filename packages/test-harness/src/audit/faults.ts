import type { Mate } from './crew.js'
import type { Asked, Tampering } from './orders.js'
import type { Appointment, Fault } from './schedule.js'
import type { Stage } from './stage.js'

/** How long traffic is given to do what a fault needs, in milliseconds; it goes on all the same after that. */
const MOMENT = 300
const WHILE = 1000

/** Batches that come twice, and pairs that come in the wrong order. */
const REPEATED = 20
const SWAPPED = 12

/** So often requests are let out while batches are tampered with. */
const BURSTS = 6

/** Requests that are let out at once while sessions are given up: those in them are lost, and shall not be many. */
const GIVEN_UP = 20

/** Payloads of 1 MiB that each member sends first. */
const LARGE = 2

type Perform = (stage: Stage, mate: Mate, appointment: Appointment) => Promise<void>

/** Does to a member what the schedule says, under traffic. */
export function commit(stage: Stage, appointment: Appointment): Promise<void> {
  const { fault, place } = appointment
  if (fault === 'kill') return kill(stage, place)
  return perform[fault](stage, stage.at(place), appointment)
}

const perform: Record<Fault, Perform> = {
  async frozen(stage, mate, { place }) {
    await mate.line.freeze()
    stage.burst(place)
    await stage.flowed(100, MOMENT)
    await mate.line.strand()
    stage.burst(place)
    await used(stage, mate)
    await mate.line.deliver()
    stage.burst(place)
    await stage.flowed(100, MOMENT)
    await tamper(mate, { how: 'behave' })
  },

  repeat: (stage, mate, { place }) => tampered(stage, mate, place, { how: 'repeat', count: REPEATED }),

  swap: (stage, mate, { place }) => tampered(stage, mate, place, { how: 'swap', count: SWAPPED }),

  async 'give-up'(stage, mate, { place, other }) {
    // What was asked before is answered first: what is under way in a session that is given up is lost for certain.
    await stage.brief(() => stage.isQuiet, WHILE)
    let isDone = false
    const order: Asked = { kind: 'give-up', member: mate.number, peer: stage.at(other).number }
    const done = mate.host.ask(order).finally(() => {
      isDone = true
    })
    // Sessions are opened, and pipes filled, by the one whose words come late.
    while (!isDone) {
      stage.burst(place, { most: GIVEN_UP, only: other })
      await stage.brief(() => isDone, MOMENT / 10)
    }
    await done
  },

  async cut(stage, mate, { place }) {
    stage.burst(place)
    await mate.line.cut()
  },

  async handshake(stage, mate, { place, bytes }) {
    await mate.line.cut()
    mate.line.cutAfter(bytes)
    stage.burst(place)
    await stage.brief(() => !mate.line.isFusePending, WHILE)
  },

  async twice(stage, mate, { place }) {
    stage.burst(place)
    await mate.line.cut()
    await used(stage, mate)
    stage.burst(place)
    await mate.line.cut()
  },

  async 'half-open'(stage, mate, { place }) {
    await mate.line.darken()
    stage.burst(place)
    await stage.flowed(1000, MOMENT)
    await mate.line.cut()
    await mate.line.lighten()
  },

  async attachments(stage, mate, { place, bytes }) {
    mate.line.cutAfter(bytes)
    stage.burst(place, { large: LARGE })
    await stage.brief(() => !mate.line.isFusePending, WHILE)
    await mate.line.cut()
  },
}

async function kill(stage: Stage, place: number): Promise<void> {
  stage.burst(place)
  await stage.flowed(20, MOMENT)
  await stage.replace(place)
}

async function tampered(stage: Stage, mate: Mate, place: number, tampering: Tampering): Promise<void> {
  await tamper(mate, tampering)
  // Requests that go out together are one batch, and it takes some.
  for (let i = 0; i < BURSTS; i++) {
    stage.burst(place)
    await stage.flowed(200, MOMENT / 4)
  }
  await tamper(mate, { how: 'behave' })
}

function tamper({ host, number }: Mate, tampering: Tampering): Promise<void> {
  return host.ask({ kind: 'tamper', member: number, tampering })
}

/** Resolves when what was made after a cut carries more than greetings. */
async function used(stage: Stage, { line }: Mate): Promise<void> {
  const before = line.forwarded
  await stage.brief(() => line.forwarded >= before + GREETINGS, WHILE)
}

/** More than all members say to each other before the first request. */
const GREETINGS = 8192
