import { bytes16, ID, integer, list, NAME, nullable, string, TEXT } from './field.js'
import { type DirectoryEntry, type Hand, Kind, type Shake } from './message.js'

const MAX_ENDPOINTS = 16
const MAX_ROLES = 64

export function handToArray(hand: Hand): unknown[] {
  const { kind, from, meshToken, toUid, to, nonce, token, attempt, session, taken } = hand
  return [kind, entryToArray(from), meshToken, toUid, to, nonce, token, attempt, session, taken]
}

export function parseHand(raw: readonly unknown[]): Hand {
  return {
    kind: Kind.hand,
    from: parseEntry(raw[1], 'hand.from'),
    meshToken: string(raw[2], 'hand.meshToken', NAME),
    toUid: nullable(raw[3], 'hand.toUid', string, ID),
    to: nullable(raw[4], 'hand.to', string, ID),
    nonce: bytes16(raw[5], 'hand.nonce'),
    token: bytes16(raw[6], 'hand.token'),
    attempt: integer(raw[7], 'hand.attempt'),
    session: integer(raw[8], 'hand.session'),
    taken: integer(raw[9], 'hand.taken'),
  }
}

export function shakeToArray(shake: Shake): unknown[] {
  const { kind, from, answers, token, attempt, session, taken, network, refused } = shake
  const refusal = refused === null ? null : [refused.code, refused.message.slice(0, TEXT)]
  return [
    kind,
    entryToArray(from),
    answers,
    token,
    attempt,
    session,
    taken,
    network.map(entryToArray),
    refusal,
  ]
}

export function parseShake(raw: readonly unknown[]): Shake {
  return {
    kind: Kind.shake,
    from: parseEntry(raw[1], 'shake.from'),
    answers: bytes16(raw[2], 'shake.answers'),
    token: bytes16(raw[3], 'shake.token'),
    attempt: integer(raw[4], 'shake.attempt'),
    session: integer(raw[5], 'shake.session'),
    taken: integer(raw[6], 'shake.taken'),
    network: list(raw[7], 'shake.network').map((entry, i) => parseEntry(entry, `shake.network[${i}]`)),
    refused: nullable(raw[8], 'shake.refused', parseRefused),
  }
}

function parseRefused(value: unknown, name: string): { code: string; message: string } {
  const raw = list(value, name)
  return { code: string(raw[0], `${name}.code`, ID), message: string(raw[1], `${name}.message`, TEXT) }
}

export function entryToArray({ uid, instance, endpoints, roles, host, process }: DirectoryEntry): unknown[] {
  return [uid, instance, endpoints, roles, host, process]
}

export function parseEntry(value: unknown, name: string): DirectoryEntry {
  const raw = list(value, name)
  return {
    uid: string(raw[0], `${name}.uid`, ID),
    instance: string(raw[1], `${name}.instance`, ID),
    endpoints: list(raw[2], `${name}.endpoints`, MAX_ENDPOINTS).map((e) =>
      string(e, `${name}.endpoints`, TEXT),
    ),
    roles: list(raw[3], `${name}.roles`, MAX_ROLES).map((role) => string(role, `${name}.roles`, ID)),
    host: string(raw[4], `${name}.host`, NAME),
    process: string(raw[5], `${name}.process`, NAME),
  }
}
