import { expect, test } from '@jest/globals'
import { GREETING, readIntroduction } from '../../src/transport/zmq/zmtp.js'

/** What a listener says: its greeting, and a READY with these properties. */
function introduction(properties: Record<string, string>, { long = false } = {}): Buffer {
  const fields = Object.entries(properties).flatMap(([name, value]) => {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(value.length)
    return [Buffer.from([name.length]), Buffer.from(name), length, Buffer.from(value)]
  })
  const body = Buffer.concat([Buffer.from('\x05READY'), ...fields])
  const head = long ? Buffer.alloc(9) : Buffer.from([0x04, body.length])
  if (long) {
    head[0] = 0x06
    head.writeBigUInt64BE(BigInt(body.length), 1)
  }
  return Buffer.concat([GREETING, head, body])
}

test.each([{ long: false }, { long: true }])('A listener goes by its routing id: %j', (form) => {
  const said = introduction({ 'Socket-Type': 'ROUTER', Identity: 'instance' }, form)
  expect(readIntroduction(said)).toEqual({ kind: 'named', routingId: 'instance' })
  for (let length = 0; length < said.length; length++) {
    expect(readIntroduction(said.subarray(0, length))).toEqual({ kind: 'partial' })
  }
})

test('A listener may have no routing id', () => {
  expect(readIntroduction(introduction({ 'Socket-Type': 'REP' }))).toEqual({ kind: 'named', routingId: '' })
})

test('What does not speak ZMTP 3 is foreign, whatever it says', () => {
  const http = Buffer.from(
    'HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\nno!\n',
  )
  const older = introduction({})
  older[10] = 1
  const message = introduction({})
  message[64] = 0
  const endless = introduction({}, { long: true })
  endless.writeBigUInt64BE(2n ** 60n, 65)
  const broken = introduction({ Identity: 'instance' })
  broken.writeUInt32BE(1000, broken.length - 12)
  for (const said of [http, older, message, endless, broken]) {
    expect(readIntroduction(said)).toEqual({ kind: 'foreign' })
  }
})
