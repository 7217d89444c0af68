import { type HandshakeEvent, type HandshakeState, handshake, idle } from '../../src/peer/handshake.js'
import { Session } from '../../src/peer/session.js'
import { OpenBatch, readBatch } from '../../src/wire/batch.js'
import type { Frames } from '../../src/wire/frames.js'
import { tokenKey, tokenOf } from '../../src/wire/header.js'
import { defaultLimits } from '../../src/wire/limits.js'
import { type Hand, Kind, type Message, type Shake } from '../../src/wire/message.js'
import { MsgpackCodec } from '../../src/wire/msgpack-codec.js'
import { entryOf } from './entries.js'

/** Chooses a number from 0 up to, and without, `below`. */
export type Choose = (below: number) => number

type Packet =
  | { readonly kind: 'greeting'; readonly greeting: Hand | Shake }
  | { readonly kind: 'batch'; readonly frames: Frames }

/** One connection, from a side to the other. What is in a lane when it is lost may still come, and late. */
class Connection {
  isUp = false
  /** A data connection isn't watched: it can break while the control connection stands. */
  dataStands = true
  data: Packet[] = []
  control: Packet[] = []

  constructor(
    readonly attempt: number,
    readonly token: Uint8Array,
    readonly nonce: Uint8Array,
  ) {}
}

const codec = new MsgpackCodec()

/** So small that windows close and batches are many. */
const flow = {
  windowBytes: 200,
  windowMessages: 5,
  maxRunning: 1e9,
  outboxBytes: 1e9,
  outboxMessages: 1e9,
  batchBytes: 100,
  ackDelay: 0,
}

/** One side of a link, as `Link` and `Links` drive it: the handshake, a session, and one connection at a time. */
export class Side {
  state: HandshakeState = idle
  readonly session = new Session(1, codec, flow)
  readonly received: unknown[] = []
  posted = 0
  gaps = 0
  dials = 0
  /** Every connection of which something may still arrive. */
  readonly connections: Connection[] = []
  connection: Connection | undefined
  /** The connection is lost, and it is not yet time to dial again. */
  isResting = false
  /** The greeting, or the answer to it, is waited for. */
  isWaiting = false
  owesAck = false
  readonly #name: number

  constructor(name: number) {
    this.#name = name
  }

  event(event: HandshakeEvent): void {
    const [state, actions] = handshake(this.state, event)
    this.state = state
    for (const action of actions) {
      switch (action.kind) {
        case 'dial':
          this.#dial()
          break
        case 'send-hand':
          this.#greet({
            ...this.#greeting(),
            kind: Kind.hand,
            meshToken: 'm',
            toUid: null,
            to: null,
            nonce: this.nonce,
          })
          break
        case 'send-shake':
          this.#greet({
            ...this.#greeting(),
            kind: Kind.shake,
            answers: action.answers.nonce,
            network: [],
            refused: null,
          })
          break
        case 'resume':
          if (!this.session.resume(action.greeting.taken)) throw new Error('acknowledged what was never sent')
          break
        case 'confirmed':
          this.isWaiting = false
          this.heart({ kind: Kind.heart, n: 1 })
          break
        case 'stale':
          break
      }
    }
    this.pump()
  }

  up(): void {
    if (this.connection !== undefined) this.connection.isUp = true
    this.event({ kind: 'connected' })
  }

  /** The connection is lost, of its lanes all but what is under way in the first places. */
  lose(data: number, control: number): void {
    const { connection } = this
    if (connection === undefined) return
    connection.isUp = false
    connection.data.length = Math.min(connection.data.length, data)
    connection.control.length = Math.min(connection.control.length, control)
    this.isWaiting = false
    this.isResting = true
  }

  post(): void {
    this.posted += 1
    this.session.post(call(this.posted), 'peer')
    this.pump()
  }

  /** An acknowledgement that travels alone. */
  acknowledge(): void {
    if (this.state.kind !== 'open' || !this.#isUp()) return
    this.#put(
      'data',
      new OpenBatch(codec)
        .seal()
        .frames(this.state.token, { seq: 0, ack: this.session.taken, admitted: this.session.taken }),
    )
    this.owesAck = false
  }

  heart(message: Message): void {
    if (this.state.kind !== 'open' || !this.#isUp()) return
    const batch = new OpenBatch(codec)
    batch.append(message, 'peer')
    this.#put(
      'control',
      batch
        .seal()
        .frames(this.state.token, { seq: 0, ack: this.session.taken, admitted: this.session.taken }),
    )
  }

  receive(packet: Packet): void {
    if (packet.kind === 'batch') return this.#onBatch(packet.frames)
    const { greeting } = packet
    if (greeting.kind === Kind.hand) return this.event({ kind: 'hand', hand: greeting })
    // A shake that answers a hand of an earlier connection finds nobody.
    if (this.connection === undefined || tokenKey(greeting.answers) !== tokenKey(this.nonce)) return
    this.event({ kind: 'shake', shake: greeting })
  }

  /** Sends what the session has, as far as it may. */
  pump(): void {
    while (this.state.kind === 'open' && this.#isUp()) {
      const next = this.session.next()
      if (next === undefined) return
      this.#put(
        'data',
        next.batch.frames(this.state.token, {
          seq: next.seq,
          ack: this.session.taken,
          admitted: this.session.taken,
        }),
      )
      this.owesAck = false
    }
  }

  get nonce(): Uint8Array {
    return this.connection?.nonce ?? new Uint8Array(16)
  }

  /** Whether this side takes a batch under the token that the other one has. */
  accepts(other: Side): boolean {
    return (
      this.connection !== undefined &&
      other.state.kind === 'open' &&
      tokenKey(other.state.token) === tokenKey(this.connection.token)
    )
  }

  #isUp(): boolean {
    return this.connection?.isUp === true && !this.isResting
  }

  #dial(): void {
    this.dials += 1
    if (this.connection !== undefined) this.connection.isUp = false
    const attempt = (this.connection?.attempt ?? 0) + 1
    this.connection = new Connection(attempt, secret(this.#name, attempt, 1), secret(this.#name, attempt, 2))
    this.connections.push(this.connection)
    this.isResting = false
    this.isWaiting = true
  }

  #greeting() {
    const { attempt, token } = this.connection ?? new Connection(0, new Uint8Array(16), new Uint8Array(16))
    const { generation, taken } = this.session
    return { from: entryOf(`side:${this.#name}`), token, attempt, session: generation, taken }
  }

  #greet(greeting: Hand | Shake): void {
    if (this.#isUp() && this.connection?.dataStands) this.connection.data.push({ kind: 'greeting', greeting })
  }

  #put(lane: 'data' | 'control', frames: Frames): void {
    if (lane === 'control' || this.connection?.dataStands)
      this.connection?.[lane].push({ kind: 'batch', frames })
  }

  #onBatch(frames: Frames): void {
    const reading = tokenOf(frames[0])
    const token = this.connection === undefined ? undefined : tokenKey(this.connection.token)
    if (reading.kind !== 'token' || reading.token !== token) return
    this.event({ kind: 'batch' })
    const { seq, ack, admitted, messages } = readBatch(frames, codec, defaultLimits, 'peer')
    if (!this.session.acknowledge(ack)) throw new Error('acknowledged what was never sent')
    this.session.admit(admitted)
    if (seq !== 0) {
      const taking = this.session.take(seq)
      this.owesAck ||= taking !== 'gap'
      if (taking === 'gap') {
        this.gaps += 1
        this.event({ kind: 'dial' })
      }
      if (taking !== 'new') return
    }
    for (const message of messages) {
      if (message.kind === Kind.call) this.received.push(message.args[0])
      if (message.kind === Kind.heart) this.heart(beat)
    }
    this.pump()
  }
}

/** Two sides and what lies between them. Every connection keeps its order; nothing else does. */
export class TwoSides {
  readonly a = new Side(1)
  readonly b = new Side(2)

  /**
   * One step of a hostile time: anybody may dial, lose a connection, run out of patience or post a message, and what is
   * under way comes, or stays away.
   */
  disturb(choose: Choose): void {
    const sure = this.#moves()
    const faults = [this.a, this.b].flatMap((side) => this.#faults(side, choose))
    const moves = [...sure, ...sure, ...sure, ...faults]
    moves[choose(moves.length)]?.()
  }

  /**
   * From now on nothing fails. Lets everything that is under way arrive, in any order; where that leads nowhere, somebody's
   * patience runs out.
   *
   * @returns how often that was
   */
  settle(choose: Choose, patience: number): number {
    for (let rounds = 0; ; rounds++) {
      for (let moves = this.#moves(); moves.length > 0; moves = this.#moves()) {
        moves[choose(moves.length)]?.()
      }
      const impatient = [this.a, this.b].flatMap((side) => this.#impatience(side))
      if (impatient.length === 0) return rounds
      if (rounds === patience) throw new Error('patience has run out')
      // One of them, or both at once.
      const one = choose(impatient.length + 1)
      for (const [i, act] of impatient.entries()) if (one === i || one === impatient.length) act()
    }
  }

  /** What happens of itself sooner or later. */
  #moves(): (() => void)[] {
    return this.#directions().flatMap(([side, other]) => {
      const moves: (() => void)[] = []
      const { connection } = side
      if (side.isResting) moves.push(() => side.event({ kind: 'dial' }))
      else if (connection !== undefined && !connection.isUp) moves.push(() => side.up())
      if (side.owesAck && side.state.kind === 'open' && !side.isResting && connection?.isUp) {
        moves.push(() => side.acknowledge())
      }
      for (const lane of this.#underWay(side)) {
        moves.push(() => {
          const packet = lane.shift()
          if (packet !== undefined) other.receive(packet)
        })
      }
      return moves
    })
  }

  #faults(side: Side, choose: Choose): (() => void)[] {
    const { connection } = side
    const faults: (() => void)[] = [() => side.event({ kind: 'dial' }), () => side.post()]
    if (connection !== undefined && !side.isResting) {
      faults.push(() => side.lose(choose(4), choose(4)))
      faults.push(() => {
        connection.dataStands = false
        connection.data.length = Math.min(connection.data.length, choose(4))
      })
    }
    for (const old of side.connections) {
      if (old === connection || old.data.length + old.control.length === 0) continue
      faults.push(() => {
        old.data.length = old.control.length = 0
      })
    }
    return faults
  }

  /** What somebody does whom waiting has led nowhere. */
  #impatience(side: Side): (() => void)[] {
    if (side.isWaiting) return [() => side.event({ kind: 'dial' })]
    // Beats tell that what was sent doesn't arrive.
    const isStuck = side.state.kind === 'open' && !side.session.isEmpty
    return isStuck ? [() => side.event({ kind: 'dial' })] : []
  }

  #directions(): [Side, Side][] {
    return [
      [this.a, this.b],
      [this.b, this.a],
    ]
  }

  #underWay(side: Side): Packet[][] {
    return side.connections.flatMap(({ data, control }) => [data, control]).filter((lane) => lane.length > 0)
  }
}

const beat: Message = { kind: Kind.beat, n: 1, lag: 0, running: 0, queued: 0, sent: 0, taken: 0 }

function call(n: number): Message {
  return { kind: Kind.call, id: n, service: 's', method: 'm', args: [n], timeLeft: null }
}

function secret(...parts: number[]): Uint8Array {
  const bytes = new Uint8Array(16)
  new Uint16Array(bytes.buffer).set(parts)
  return bytes
}
