import type { Instant } from '../clock.js'
import type { LivenessOptions } from '../options.js'
import { asksSecond } from '../peer/heart-schedule.js'
import { nextTick } from '../peer/liveness.js'
import type { PeerEvent, PeerState } from '../peer/peer-state.js'
import type { Scheme } from '../transport/transport.js'
import type { DirectoryEntry } from '../wire/message.js'
import type { LinkHost } from './link-host.js'
import { crashed, refusedFromAfar } from './proof.js'

export interface JudgeEvents {
  /** The peer is to be asked whether it is well. */
  heart(): void
  /** Hands are to be shaken anew. */
  greet(): void
  /** The peer is dead or has left; `changed` follows. */
  over(): void
}

/** Who is judged, as far as that is known, and over which lane it is reached. */
export interface Judged {
  readonly entry: DirectoryEntry | undefined
  readonly lane: Scheme | undefined
}

/** Judges the peer of one link: performs what `peer/liveness.ts` decides. */
export class Judge<L extends Judged> {
  readonly #host: LinkHost<L>
  readonly #link: L
  readonly #on: JudgeEvents
  #liveness: Readonly<LivenessOptions>
  #state: PeerState
  /** Whether the last connection was lost, rather than closed by ourselves to greet the peer anew. */
  #isCutOff = false
  /** Whether the peer was heard since it was last judged. */
  #isUnsettled = false
  #closed = false

  constructor(host: LinkHost<L>, link: L, on: JudgeEvents) {
    this.#host = host
    this.#link = link
    this.#on = on
    this.#liveness = this.#livenessWith(link.entry)
    this.#state = { kind: 'connecting', since: this.#now() }
  }

  get state(): PeerState {
    return this.#state
  }

  get isOver(): boolean {
    return this.#state.kind === 'dead' || this.#state.kind === 'left'
  }

  /** Whether the peer was alive, and is not known to be now. */
  get isLost(): boolean {
    return ['suspect', 'unreachable', 'stalled'].includes(this.#state.kind)
  }

  /** The instant at which a tick has something to do. */
  get due(): Instant {
    return nextTick(this.#state, this.#liveness)
  }

  /** Who the peer is has become known. */
  identify(entry: DirectoryEntry): void {
    this.#liveness = this.#livenessWith(entry)
  }

  connected(): void {
    this.#isCutOff = false
    this.weigh({ kind: 'up' })
  }

  /** The connection that stood is lost. */
  cutOff(): void {
    this.#isCutOff = true
    this.weigh({ kind: 'down' })
  }

  /** No connection can be made. One that we gave up ourselves was no loss; that no other can be made is one. */
  unreachable(): void {
    this.weigh({ kind: 'down' })
    this.#probe()
  }

  /** That the peer was heard is noted when what it asked for has left, or before anything else is judged. */
  heard(): void {
    if (this.#isUnsettled) return
    this.#isUnsettled = true
    this.#host.on.unsettled(this.#link)
  }

  /** What the peer asked for has left. */
  settle(): void {
    if (this.#isUnsettled) this.weigh({ kind: 'heard' })
  }

  /** Takes in what has happened. May end the link, and close this, before it returns. */
  weigh(event: PeerEvent): void {
    if (this.#closed) return
    const isHeard = this.#isUnsettled && event.kind !== 'heard'
    this.#isUnsettled = false
    if (isHeard) this.weigh({ kind: 'heard' })
    const was = this.#state
    const [state, actions] = this.#host.safeguards.liveness(was, event, this.#now(), this.#liveness)
    this.#state = state
    for (const action of actions) {
      if (action === 'heart') this.#on.heart()
      else if (action === 'greet') this.#on.greet()
      else if (action === 'ask') this.#host.on.asks(this.#link)
      // While the control connection of a watched lane stands, there is nothing to prove.
      else if (this.#link.lane === 'inproc' || state.kind !== 'stalled') this.#probe()
    }
    if (state.kind === was.kind) {
      // Others have a say in when a suspicion ends, and so has a probe: no batch of its own brings us here.
      if (state !== was && state.kind === 'suspect') this.#host.on.sooner(this.#link)
      return
    }
    if (this.isOver) this.#on.over()
    this.#host.on.changed(this.#link, was)
  }

  /** Nothing is judged any more, whatever is still found out. */
  close(): void {
    this.#closed = true
  }

  /** Of two runtimes one asks first, and the other has its answer from being asked. */
  #livenessWith(entry: DirectoryEntry | undefined): Readonly<LivenessOptions> {
    const { self, settings } = this.#host
    return entry === undefined || self.instance < entry.instance
      ? settings.liveness
      : asksSecond(settings.liveness)
  }

  /**
   * If the peer's own host says that nobody listens at its address any more, the peer is gone. Another's host may say so
   * of one that lives, behind a firewall.
   */
  #probe(): void {
    const { transport, place, settings } = this.#host
    const { probeTimeout } = settings.liveness
    const { entry } = this.#link
    const suspicion = this.#state
    if (entry?.host === place.host) {
      void crashed(transport, entry, probeTimeout).then((gone) => {
        // unless it has answered since
        if (gone && this.#state.kind !== 'alive') this.weigh({ kind: 'ended', reason: 'crashed' })
      })
    } else if (entry !== undefined && suspicion.kind === 'suspect' && this.#isCutOff) {
      void refusedFromAfar(transport, entry, probeTimeout).then((refused) => {
        const isSame = this.#state.kind === 'suspect' && this.#state.since === suspicion.since
        if (refused && isSame) this.weigh({ kind: 'refused' })
      })
    }
  }

  #now(): Instant {
    return this.#host.settings.clock.now()
  }
}
