import type { Timer } from '../clock.js'
import { lanes } from '../peer/lanes.js'
import { OpenBatch } from '../wire/batch.js'
import { NO_NUMBERS, NO_TOKEN } from '../wire/header.js'
import { type Hand, Kind } from '../wire/message.js'
import { Dialler } from './dialler.js'
import type { LinkParts } from './parts.js'

/** How long the connection that carries a refusal stays open for it to leave, in milliseconds. */
const LINGER = 1000

/** Tells those whose hand is refused why, each on a connection of its own that is closed again. */
export class Refusals {
  readonly #parts: LinkParts
  readonly #open = new Map<Dialler, Timer>()

  constructor(parts: LinkParts) {
    this.#parts = parts
  }

  send(hand: Hand, code: string, message: string): void {
    const { settings, transport, place, codec, self } = this.#parts
    const batch = new OpenBatch(codec)
    batch.append(
      {
        kind: Kind.shake,
        from: self,
        answers: hand.nonce,
        token: NO_TOKEN,
        attempt: 0,
        session: 0,
        taken: 0,
        network: [],
        refused: { code, message },
      },
      hand.from.uid,
    )
    const frames = batch.seal().frames(NO_TOKEN, NO_NUMBERS)
    const options = { ...settings.liveness, ...settings.handshake }
    const dialler = new Dialler(transport, lanes(hand.from, place), settings.clock, options, {
      connected: ({ data }) => void data.send(frames).catch(() => this.#close(dialler)),
      lost: () => this.#close(dialler),
      exhausted: () => this.#close(dialler),
    })
    this.#open.set(
      dialler,
      settings.clock.after(settings.handshake.dialTimeout + LINGER, () => this.#close(dialler)),
    )
  }

  close(): void {
    for (const dialler of this.#open.keys()) this.#close(dialler)
  }

  #close(dialler: Dialler): void {
    this.#open.get(dialler)?.cancel()
    this.#open.delete(dialler)
    dialler.close()
  }
}
