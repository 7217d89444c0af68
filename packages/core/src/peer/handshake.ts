import type { Hand, Shake } from '../wire/message.js'

/**
 * How far the opening of a link has come, seen from one side. `docs/protocol.md`, Handshake, has the exchange.
 *
 * `peerAttempt` is the latest connection of the peer's that we know of: of two hands or shakes the later one counts,
 * in whichever order they arrive.
 */
export type HandshakeState =
  | { readonly kind: 'idle'; readonly peerAttempt: number }
  /** A connection to the peer is being made. If it is made in answer to a hand, a shake will be the first thing on it. */
  | { readonly kind: 'dialling'; readonly peerAttempt: number; readonly answering: Hand | undefined }
  /** Our hand is out; the peer's token isn't known. */
  | { readonly kind: 'greeting'; readonly peerAttempt: number }
  /**
   * Both tokens are known here, so batches may be sent. `confirmed` once the peer has shown that it knows ours.
   */
  | {
      readonly kind: 'open'
      readonly peerAttempt: number
      readonly confirmed: boolean
      readonly token: Uint8Array
    }

export type HandshakeEvent =
  /** Somebody wants the link, its connection is lost or was never made, or nobody has answered in time: make a new one. */
  | { readonly kind: 'dial' }
  /** The connection stands. */
  | { readonly kind: 'connected' }
  | { readonly kind: 'hand'; readonly hand: Hand }
  /** A shake that answers the hand which is out on the present connection. */
  | { readonly kind: 'shake'; readonly shake: Shake }
  /** A batch that bears our token has come. */
  | { readonly kind: 'batch' }

export type HandshakeAction =
  /** Close the connection that is there and make another, under a new token and attempt. */
  | { readonly kind: 'dial' }
  | { readonly kind: 'send-hand' }
  | { readonly kind: 'send-shake'; readonly answers: Hand }
  /** The peer's token and numbers are known: what it has not taken is to be sent again. */
  | { readonly kind: 'resume'; readonly greeting: Hand | Shake }
  | { readonly kind: 'confirmed' }
  /** An old greeting that arrived late. */
  | { readonly kind: 'stale' }

type Step = readonly [HandshakeState, readonly HandshakeAction[]]

export const idle: HandshakeState = { kind: 'idle', peerAttempt: 0 }

export function handshake(state: HandshakeState, event: HandshakeEvent): Step {
  const { peerAttempt } = state
  switch (event.kind) {
    case 'dial':
      // With a hand of our own: one of the peer's that came before may be out no more, and nobody wait for its shake.
      return [{ kind: 'dialling', peerAttempt, answering: undefined }, [{ kind: 'dial' }]]
    case 'connected':
      if (state.kind !== 'dialling') return [state, []]
      return state.answering === undefined
        ? [{ kind: 'greeting', peerAttempt }, [{ kind: 'send-hand' }]]
        : [
            { kind: 'open', peerAttempt, confirmed: false, token: state.answering.token },
            [
              { kind: 'resume', greeting: state.answering },
              { kind: 'send-shake', answers: state.answering },
            ],
          ]
    case 'hand':
      return onHand(state, event.hand)
    case 'shake':
      return onShake(state, event.shake)
    case 'batch':
      return state.kind === 'open' && !state.confirmed
        ? [{ ...state, confirmed: true }, [{ kind: 'confirmed' }]]
        : [state, []]
  }
}

function onHand(state: HandshakeState, hand: Hand): Step {
  if (hand.attempt < state.peerAttempt) return [state, [{ kind: 'stale' }]]
  const peerAttempt = hand.attempt
  switch (state.kind) {
    case 'idle':
      return [{ kind: 'dialling', peerAttempt, answering: hand }, [{ kind: 'dial' }]]
    case 'dialling':
      return [{ kind: 'dialling', peerAttempt, answering: hand }, []]
    case 'greeting':
      // Both dialled at once. Our connection is as new as theirs: answer on it.
      return [
        { kind: 'open', peerAttempt, confirmed: false, token: hand.token },
        [
          { kind: 'resume', greeting: hand },
          { kind: 'send-shake', answers: hand },
        ],
      ]
    case 'open':
      // The same hand once more: the shake was lost or is late. A new one: the peer has dialled anew, and so do we.
      return hand.attempt === state.peerAttempt
        ? [state, [{ kind: 'send-shake', answers: hand }]]
        : [{ kind: 'dialling', peerAttempt, answering: hand }, [{ kind: 'dial' }]]
  }
}

function onShake(state: HandshakeState, shake: Shake): Step {
  if (shake.attempt < state.peerAttempt) return [state, [{ kind: 'stale' }]]
  const open = { kind: 'open', peerAttempt: shake.attempt, confirmed: true, token: shake.token } as const
  switch (state.kind) {
    case 'greeting':
      return [open, [{ kind: 'resume', greeting: shake }, { kind: 'confirmed' }]]
    case 'open':
      // The answer to our half of a double dial: the hand has opened the link already. If the peer has dialled anew
      // since, its numbers count afresh.
      return [
        open,
        [
          ...(shake.attempt > state.peerAttempt ? [{ kind: 'resume', greeting: shake } as const] : []),
          ...(state.confirmed ? [] : [{ kind: 'confirmed' } as const]),
        ],
      ]
    default:
      return [state, [{ kind: 'stale' }]]
  }
}
