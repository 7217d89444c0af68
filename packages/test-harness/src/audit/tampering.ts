import {
  type DialOptions,
  type Frames,
  type Inbound,
  type InboundEvents,
  type ListenOptions,
  type Outbound,
  type OutboundEvents,
  type ProbeVerdict,
  readHeader,
  type Transport,
  tokenOf,
} from '@skein/core/internal'

/** What the others are told instead of what was bound: where the proxy listens. */
export type Detour = (bound: readonly string[]) => readonly string[]

type Mode =
  | { readonly kind: 'honest' }
  /** Hands numbered batches over twice. */
  | { readonly kind: 'repeating'; left: number }
  /** Hands numbered batches of one connection over in the wrong order, two by two. */
  | { readonly kind: 'swapping'; left: number; readonly first: Map<string, Frames> }
  /** Keeps numbered batches: of the connections that are there, or of those that are made from now on. */
  | {
      readonly kind: 'withholding'
      readonly which: 'present' | 'future'
      readonly known: ReadonlySet<string>
    }
  /** Hands over what was kept, once a connection has been used that is not among those known. */
  | { readonly kind: 'releasing'; readonly known: ReadonlySet<string>; readonly late: ReadonlySet<string> }

/**
 * A transport that does to what comes in what a network can do, where that can't be done to bytes from outside: to whole
 * batches, of which it reads no more than token and number. Greetings, hearts and beats always pass.
 */
export class TamperingTransport implements Transport {
  readonly #inner: Transport
  readonly #detour: Detour
  #mode: Mode = { kind: 'honest' }
  /** Every token that was seen, which is one for each connection. */
  readonly #tokens = new Set<string>()
  #kept: Frames[] = []
  #on: InboundEvents = { batch() {}, settled() {} }

  constructor(inner: Transport, detour: Detour = (bound) => bound) {
    this.#inner = inner
    this.#detour = detour
  }

  /** Batches that are withheld. */
  get kept(): number {
    return this.#kept.length
  }

  /** The next `count` batches come twice. */
  repeat(count: number): void {
    this.#begin({ kind: 'repeating', left: count })
  }

  /** The next `count` pairs of batches come in the wrong order. */
  swap(count: number): void {
    this.#begin({ kind: 'swapping', left: count, first: new Map() })
  }

  /** Nothing comes over the connections that there are, or over those that are made from now on, until `release`. */
  withhold(which: 'present' | 'future'): void {
    this.#begin({ kind: 'withholding', which, known: new Set(this.#tokens) })
  }

  /** What was withheld comes late: after the first batch of a connection that is made from now on. */
  release(): void {
    const late = new Set(this.#kept.flatMap((frames) => numberedToken(frames) ?? []))
    this.#mode = { kind: 'releasing', known: new Set(this.#tokens), late }
  }

  /** Ends whatever is being done, and hands over what was kept. */
  behave(): void {
    this.#begin({ kind: 'honest' })
  }

  async listen(options: ListenOptions, on: InboundEvents): Promise<Inbound> {
    this.#on = on
    const inbound = await this.#inner.listen(options, {
      batch: (frames) => this.#received(frames),
      settled: () => on.settled(),
    })
    return { endpoints: this.#detour(inbound.endpoints), close: () => inbound.close() }
  }

  dial(endpoint: string, options: DialOptions, on: OutboundEvents): Outbound {
    return this.#inner.dial(endpoint, options, on)
  }

  probe(endpoint: string, timeoutMs: number): Promise<ProbeVerdict> {
    return this.#inner.probe(endpoint, timeoutMs)
  }

  close(): Promise<void> {
    return this.#inner.close()
  }

  #begin(mode: Mode): void {
    const was = this.#mode
    this.#mode = mode
    const left = was.kind === 'swapping' ? [...was.first.values()] : []
    const late = [...left, ...this.#kept.splice(0)]
    for (const frames of late) this.#on.batch(frames)
    if (late.length > 0) setImmediate(() => this.#on.settled())
  }

  #received(frames: Frames): void {
    const token = numberedToken(frames)
    if (token === undefined) return this.#on.batch(frames)
    const mode = this.#mode
    switch (mode.kind) {
      case 'honest':
        this.#on.batch(frames)
        break
      case 'repeating':
        this.#repeat(frames, mode)
        break
      case 'swapping':
        this.#swap(frames, token, mode)
        break
      case 'withholding':
        if (mode.known.has(token) === (mode.which === 'present')) this.#kept.push(frames)
        else this.#on.batch(frames)
        break
      case 'releasing':
        // What follows in the same pipes waits behind what is in them.
        if (mode.late.has(token)) this.#kept.push(frames)
        else this.#on.batch(frames)
        if (!mode.known.has(token)) this.behave()
        break
    }
    this.#tokens.add(token)
  }

  #repeat(frames: Frames, mode: Mode & { kind: 'repeating' }): void {
    mode.left -= 1
    if (mode.left === 0) this.#mode = { kind: 'honest' }
    // A view of the same bytes would share what the first reading made of its attachments.
    const again = frames.map((frame) => new Uint8Array(frame))
    this.#on.batch(frames)
    this.#on.batch(again)
  }

  #swap(frames: Frames, token: string, mode: Mode & { kind: 'swapping' }): void {
    const first = mode.first.get(token)
    if (first === undefined) {
      mode.first.set(token, frames)
      return
    }
    mode.first.delete(token)
    this.#on.batch(frames)
    this.#on.batch(first)
    mode.left -= 1
    if (mode.left === 0) this.behave()
  }
}

/** The token of a batch that has a number: of one that the session counts. */
function numberedToken(frames: Frames): string | undefined {
  const [frame] = frames
  const reading = tokenOf(frame)
  if (frame === undefined || reading.kind !== 'token') return undefined
  try {
    return readHeader(frame).seq > 0 ? reading.token : undefined
  } catch {
    return undefined // a greeting, or none of ours
  }
}
