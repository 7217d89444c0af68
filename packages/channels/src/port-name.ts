import { SkeinError } from '@skein/core'

const FACTOR = 0xd2d84a61n
/** The dynamic ports, which IANA leaves to everybody: 49152 to 65535. */
const FIRST_PORT = 49_152
const PORTS = 16_384n

/**
 * The port of a name: yoton's hash, so that both agree. In whole numbers of any size, since it shifts what would not fit
 * into 64 bits.
 */
export function portOfName(name: string): number {
  let v = 0n
  const characters = [...name]
  for (const character of characters) v += (v >> 3n) + BigInt(character.codePointAt(0) ?? 0) * FACTOR
  v += (v >> 3n) + BigInt(characters.length) * FACTOR
  return FIRST_PORT + Number(v % PORTS)
}

/**
 * The port that an address names: a number, or a name with an offset, `whop+2`.
 *
 * @throws ERR_INVALID_ADDRESS
 */
export function portOf(text: string, address: string): number {
  const number = /^\d+$/.test(text) ? Number(text) : named(text)
  if (number !== undefined && number >= 1024 && number <= 65_535) return number
  const why = number === undefined ? `'${text}' names no port` : `its port would be ${number}`
  const allowed =
    'host:port, the port from 1024 to 65535, or a name with a letter in it, to which a number may be added: name+1'
  throw new SkeinError(
    'ERR_INVALID_ADDRESS',
    `${address} is not a usable address: ${why}; allowed: ${allowed}`,
    {
      address,
      allowed,
    },
  )
}

function named(text: string): number | undefined {
  // What has no letter is a number that went wrong, and no name.
  const [, name, offset = '0'] = /^(?=.*\p{L})([\p{L}\p{N}_.-]+)(?:\+(\d+))?$/u.exec(text) ?? []
  return name === undefined ? undefined : portOfName(name) + Number(offset)
}
