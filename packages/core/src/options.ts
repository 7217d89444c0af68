import type { Clock } from './clock.js'
import type { Logger } from './logger.js'
import type { Randomness } from './random.js'
import type { Scheme } from './scheme.js'

/** How links judge their peers. All values but `heartTries` in milliseconds; the defaults suit a LAN. */
export interface LivenessOptions {
  /**
   * Silence after which a peer is asked whether it is well. Five times that after the last time it is asked in any case.
   * @default 1000
   */
  heartInterval: number
  /**
   * How many tries a peer has that says nothing, 2 or more. The one that finds that all before it were in vain declares it
   * dead, busy or not. After each try but the first the next one is `heartInterval · (heartTries − 1)` away, divided by
   * how many are left.
   * @default Infinity: it is asked in every interval, for as long as that takes, and never dead for being busy.
   */
  heartTries: number
  /**
   * How much later a heart may leave than it could, so that those of all links leave together and a runtime at rest
   * wakes seldom; at most a quarter of `heartInterval`. With 0 each leaves at its own instant. The one of two linked
   * runtimes whose instance sorts last waits for as much longer, so that not both ask, unless there are `heartTries`.
   * @default 250: of the one that asks first, the second heart is answered before `stalledAfter`; and four wake-ups a second
   * cost next to nothing.
   */
  heartSlack: number
  /**
   * Silence after which a peer whose connection stands counts as stalled: busy, not dead.
   * @default 2500: of the one of two that asks first, two hearts unanswered, and a quarter of a second for the second to be
   * answered. The other has asked once by then, and was not asked.
   */
  stalledAfter: number
  /**
   * How often hands are shaken anew with a stalled peer.
   * @default 5000: whoever was frozen, and given up meanwhile, is back within that time; to a busy peer it is one small
   * message more.
   */
  greetInterval: number
  /**
   * How long a peer that can't be reached any more is suspected before it is declared dead, where nobody else can say
   * whether it is reached from there.
   * @default 6000: with the heartbeat's two seconds, a frozen peer is known dead in 8, and a link that is plugged in
   * again within 6 costs nothing.
   */
  suspicion: number
  /**
   * The same where three others have lost it as well; with one or two it lasts 4000 or 2830 ms. Never longer than
   * `suspicion`.
   * @default 2000: as long as somebody who reaches it takes to be sure, and say so.
   */
  confirmedSuspicion: number
  /**
   * How often others are asked again about a peer that is reached from there and not from here.
   * @default 2000: two answers may fail to come within `suspicion`.
   */
  askInterval: number
  /**
   * Heartbeats of the control connection, exchanged below JavaScript.
   * @default 500
   */
  heartbeatInterval: number
  /**
   * Silence below JavaScript after which the control connection counts as lost.
   * @default 1500: three heartbeats.
   */
  heartbeatTimeout: number
  /**
   * How long a probe of an address waits for an answer.
   * @default 250: on one host the kernel answers in microseconds.
   */
  probeTimeout: number
}

/** How links are opened. All values in milliseconds. */
export interface HandshakeOptions {
  /**
   * How long a handshake may take, retries included.
   * @default 10 000
   */
  timeout: number
  /**
   * How long one endpoint is tried before the next. The last one has as long as an answer has, if that is longer.
   * @default 1000
   */
  dialTimeout: number
  /**
   * How long a greeting waits for its answer before it is made anew; doubles up to five times this.
   * @default 2000: twice the round trip of the worst network, and short beside the whole handshake.
   */
  answerTimeout: number
}

/** What may be under way to one peer. */
export interface FlowOptions {
  /**
   * Bytes sent and not acknowledged. One batch always passes, however large.
   * @default 8 MiB: a second's worth of a slow network, a few milliseconds of loopback.
   */
  windowBytes: number
  /**
   * Requests sent that the peer has not started, in messages; in bytes they may be `windowBytes`. What is over it waits in
   * the outbox.
   * @default 16 384: a peer that keeps up starts as many within a few milliseconds.
   */
  windowMessages: number
  /**
   * Requests of one peer that run here at once; others wait, and hold that peer back. Requests that call each other in
   * circles need as many as the circle is long.
   * @default 10 000: far more than any fair use, and some tens of megabytes.
   */
  maxRunning: number
  /**
   * Bytes posted and not acknowledged, those within the window included. What is over it waits or fails.
   * @default 64 MiB
   */
  outboxBytes: number
  /**
   * Messages posted and not acknowledged.
   * @default 100 000
   */
  outboxMessages: number
  /**
   * Bytes at which a batch is closed and another is begun; at most 1 MiB, so that a reader takes it whatever is in it.
   * @default 256 KiB: larger gains nothing, and delays the first message in it.
   */
  batchBytes: number
  /**
   * The longest time, in milliseconds, that an acknowledgement waits for a message to travel with.
   * @default 20
   */
  ackDelay: number
}

export interface CommsOptions {
  /** This runtime's name in the mesh: letters, digits, `_`, `-` and `.`, with indices behind colons: `worker:0:1`. */
  uid: string
  /**
   * What every member of the mesh knows and nobody else. A mesh runs code for whoever is in it: keep it secret.
   * @default random: nobody can join until they are told `meshToken`.
   */
  meshToken?: string | undefined
  /** What this runtime does for the mesh; shown to all. @default none */
  roles?: readonly string[] | undefined
  /**
   * Whether it introduces those who greet it to each other, as the monitor does.
   * @default false
   */
  introduces?: boolean | undefined
  /**
   * The lanes to offer. `inproc` serves threads of this process, `ipc` processes of this host; `mem` is the network of a
   * simulation.
   * @default inproc, ipc and tcp
   */
  transports?: readonly Scheme[] | undefined
  /** IP address or host name to bind for tcp; `*` for all of IPv4. @default '127.0.0.1' */
  bind?: string | undefined
  /** Port to bind for tcp. @default the first free one from 3000 up */
  port?: number | undefined
  /**
   * Endpoints to tell others in place of the bound tcp one, where those differ: behind NAT, in a container.
   * @default what was bound
   */
  advertise?: string | readonly string[] | undefined
  /**
   * Allows an address that other machines can reach, although anybody who can read the traffic learns the mesh's token.
   * @default false
   */
  insecure?: boolean | undefined
  /** Deadline of a request that names none, in milliseconds; `Infinity` for none. @default 30 000 */
  timeout?: number | undefined
  /**
   * Whether a method can ask for the request that it runs for (`currentRequest`), and what is asked within a request
   * inherits its deadline and ends with it. Costs every promise of the process a little, as AsyncLocalStorage does.
   * @default true
   */
  requestContext?: boolean | undefined
  /**
   * How long `stop` waits for what was posted to be acknowledged, in milliseconds.
   * @default 1000
   */
  farewellTimeout?: number | undefined
  liveness?: Partial<LivenessOptions> | undefined
  handshake?: Partial<HandshakeOptions> | undefined
  flow?: Partial<FlowOptions> | undefined
  /** @default warnings and errors to standard error */
  logger?: Logger | undefined
  /** @default the system's */
  clock?: Clock | undefined
  /** @default the system's */
  random?: Randomness | undefined
}

export const defaultLiveness: Readonly<LivenessOptions> = Object.freeze({
  heartInterval: 1000,
  heartTries: Number.POSITIVE_INFINITY,
  heartSlack: 250,
  stalledAfter: 2500,
  greetInterval: 5000,
  suspicion: 6000,
  confirmedSuspicion: 2000,
  askInterval: 2000,
  heartbeatInterval: 500,
  heartbeatTimeout: 1500,
  probeTimeout: 250,
})

export const defaultHandshake: Readonly<HandshakeOptions> = Object.freeze({
  timeout: 10_000,
  dialTimeout: 1000,
  answerTimeout: 2000,
})

export const defaultFlow: Readonly<FlowOptions> = Object.freeze({
  windowBytes: 8 * 1024 ** 2,
  windowMessages: 16_384,
  maxRunning: 10_000,
  outboxBytes: 64 * 1024 ** 2,
  outboxMessages: 100_000,
  batchBytes: 256 * 1024,
  ackDelay: 20,
})
