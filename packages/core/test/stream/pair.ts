import { TurnedClock } from '../../src/clock.js'
import { Deadlines } from '../../src/deadlines.js'
import type { Run } from '../../src/stream/ports.js'
import type { StreamOutcome } from '../../src/stream/producer.js'
import { RemoteStream } from '../../src/stream/remote-stream.js'
import { Streams } from '../../src/stream/streams.js'
import { defaultLimits } from '../../src/wire/limits.js'
import { Kind, type Message, type Next, type StreamMessage } from '../../src/wire/message.js'
import { nameField, parse, toArray } from '../../src/wire/messages.js'
import { MsgpackCodec } from '../../src/wire/msgpack-codec.js'

interface Letter {
  readonly message: Message
  readonly bytes: Uint8Array
  readonly attachments: Uint8Array[]
}

/** One runtime's streams and codec, with an outbox that leaves when the pair is turned. */
export class Side {
  readonly clock = new TurnedClock()
  /** Milliseconds that its iterators have had the processor. */
  worked = 0
  readonly deadlines = new Deadlines(this.clock)
  /** Every message that was posted, also what was delivered since. */
  readonly posted: StreamMessage[] = []
  readonly outbox: Letter[] = []
  /** Of each message in `posted`. */
  readonly sizes: number[] = []
  onPost: (message: StreamMessage, size: number) => void = () => {}
  room = true
  readonly waiting: (() => void)[] = []
  bind: (() => Run) | undefined
  outside: Run | undefined
  /** Sees what is asked of this side's ports, and what is posted. */
  onAsked: (what: 'defer' | 'later' | 'gathered' | 'alone' | 'end' | 'fail') => void = () => {}
  readonly streams: Streams
  readonly codec: MsgpackCodec
  #deferred: (() => void)[] = []
  #resting: (() => void)[] = []

  constructor(
    readonly uid: string,
    readonly peer: string,
  ) {
    this.streams = new Streams({
      post: (_, message) => {
        if (message.kind === Kind.next) this.onAsked(message.encoded === undefined ? 'alone' : 'gathered')
        if (message.kind === Kind.end) this.onAsked('end')
        if (message.kind === Kind.fail) this.onAsked('fail')
        const size = this.post(message)
        const given = asGiven(message)
        this.posted.push(given)
        this.sizes.push(size)
        this.onPost(given, size)
        return size
      },
      hasRoom: () => this.room,
      whenRoom: (_, fn) => void this.waiting.push(fn),
      defer: (fn) => {
        this.onAsked('defer')
        this.#deferred.push(fn)
      },
      later: (fn) => {
        this.onAsked('later')
        this.#resting.push(fn)
      },
      clock: { now: () => this.clock.now() + this.worked, after: (ms, fn) => this.clock.after(ms, fn) },
      deadlines: this.deadlines,
      limits: defaultLimits,
      bind: () => this.bind?.() ?? ((fn) => fn()),
      outside: (fn) => (this.outside === undefined ? fn() : this.outside(fn)),
    })
    this.codec = new MsgpackCodec({ streams: this.streams })
  }

  post(message: Message): number {
    const attachments: Uint8Array[] = []
    try {
      const bytes = Uint8Array.from(this.codec.encode(toArray(message), attachments, this.peer))
      this.outbox.push({ message, bytes, attachments })
      return attachments.reduce((sum, { byteLength }) => sum + byteLength, bytes.length)
    } catch (error) {
      throw nameField(error, message.kind)
    }
  }

  open({ bytes, attachments }: Letter): Message | undefined {
    return parse(this.codec.decode(bytes, attachments, defaultLimits, this.peer))
  }

  /** What was put off to the end of this turn happens, then the next one begins. */
  endTurn(): boolean {
    const [deferred, resting] = [this.#deferred, this.#resting]
    this.#deferred = []
    this.#resting = []
    for (const fn of deferred.concat(resting)) fn()
    return deferred.length + resting.length > 0
  }

  grantRoom(): void {
    for (const fn of this.waiting.splice(0)) fn()
  }
}

const plain = new MsgpackCodec()

/** A message with the items that were encoded before. */
function asGiven(message: StreamMessage): StreamMessage {
  if (message.kind !== Kind.next || message.encoded === undefined) return message
  const items = plain.decode(plain.encode(message.encoded, [], ''), [], defaultLimits, '')
  return { kind: message.kind, stream: message.stream, items: items as unknown[] }
}

/** Two runtimes with streams between them, through the real codec. */
export class Pair {
  readonly a = new Side('a', 'b')
  readonly b = new Side('b', 'a')
  /** Sees each message as it reaches the other side. */
  delivered: (message: StreamMessage) => void = () => {}

  /** Sends a value from `a` to `b`, as a reply would, and gives what arrives. */
  send(value: unknown): unknown {
    this.a.post({ kind: Kind.reply, id: 1, value })
    const letter = this.a.outbox.pop()
    const message = letter && this.b.open(letter)
    if (message?.kind !== Kind.reply) throw new TypeError('a reply was sent')
    return message.value
  }

  /** The same for a stream, as its consumer gets it. */
  stream<T = unknown, R = unknown>(source: unknown): RemoteStream<T, R> {
    const arrived = this.send(source)
    if (!(arrived instanceof RemoteStream)) throw new TypeError('a stream was sent')
    return arrived
  }

  /** The same with what its sender knows of it. */
  offer<T = unknown>(source: unknown) {
    const stream = this.stream<T>(source)
    const [offered] = this.a.streams.taken()
    if (offered === undefined) throw new TypeError('a stream was offered')
    const outcomes: StreamOutcome[] = []
    offered.onEnd((outcome) => outcomes.push(outcome))
    return { stream, offered, outcomes }
  }

  /** The messages with items that were posted. */
  get batches(): Next[] {
    return this.a.posted.filter((message): message is Next => message.kind === Kind.next)
  }

  /** What a promise settles with once everything has happened that can. */
  async outcome(promise: Promise<unknown>): Promise<unknown> {
    let settled: unknown = 'pending'
    promise.then(
      (value) => (settled = value),
      (error) => (settled = { threw: error }),
    )
    await this.settle()
    return settled
  }

  /** Everything that can happen without another word from a test happens. */
  async settle(): Promise<void> {
    for (;;) {
      await this.a.clock.advance(0)
      if (!this.turn()) return
    }
  }

  /** One turn of both event loops: false if nothing happened. */
  turn(): boolean {
    const worked = [this.a.endTurn(), this.b.endTurn()].includes(true)
    return [this.#carry(this.a, this.b), this.#carry(this.b, this.a)].includes(true) || worked
  }

  #carry(from: Side, to: Side): boolean {
    const letters = from.outbox.splice(0)
    for (const letter of letters) {
      const message = to.open(letter)
      if (message === undefined || !('stream' in message)) throw new TypeError('a stream message was posted')
      to.streams.received(from.uid, message)
      this.delivered(message)
    }
    return letters.length > 0
  }
}
