import { afterEach } from '@jest/globals'
import { type PlainSocket, type SocketKind, type SocketOptions, SocketSpace } from '@skein/core/internal'
import type { Device } from '../../src/device.js'

let space = new SocketSpace()
const devices: Device[] = []

afterEach(async () => {
  await Promise.all(devices.splice(0).map((device) => device.stop()))
  await space.close()
  space = new SocketSpace()
})

/** A socket that is closed when the test is over. */
export function open(kind: SocketKind, options: SocketOptions = {}): PlainSocket {
  return space.open(kind, options)
}

/** The same, connected. */
export async function joined(kind: SocketKind, endpoint: string | undefined, options: SocketOptions = {}) {
  if (endpoint === undefined) throw new RangeError('it is bound nowhere')
  const socket = open(kind, options)
  await socket.connect(endpoint)
  return socket
}

/** A device that is stopped when the test is over. */
export function kept<D extends Device>(device: D): D {
  devices.push(device)
  return device
}

export async function texts(socket: PlainSocket): Promise<string[]> {
  return (await socket.receive()).map(String)
}

/** Answers everything with what `answer` makes of it, until it is closed. */
export async function serve(socket: PlainSocket, answer: (text: string) => string): Promise<void> {
  for (;;) {
    try {
      const [text = ''] = await texts(socket)
      await socket.send([answer(text)])
    } catch {
      return
    }
  }
}
