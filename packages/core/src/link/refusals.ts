import type { Timer } from '../clock.js'
import { lanes } from '../peer/lanes.js'
import type { Hand } from '../wire/message.js'
import { Dialler } from './dialler.js'
import { greetingFrames, refusalOf } from './greetings.js'
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
    const frames = greetingFrames(refusalOf(hand, self, { code, message }), codec, hand.from.uid)
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
