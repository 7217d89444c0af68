import type { PlainSocket, SocketSpace } from '@skein/devices'
import { UsageError } from '../usage-error.js'

/** A queue gives no work to a second worker when the first is lost: who asks has to lose patience, in milliseconds. */
const PATIENCE = 60_000

/** A client of the queue. */
export class Asker {
  readonly #socket: PlainSocket

  static async connect(space: SocketSpace, front: string): Promise<Asker> {
    const socket = space.open('req', { receiveTimeout: PATIENCE })
    await socket.connect(front)
    return new Asker(socket)
  }

  private constructor(socket: PlainSocket) {
    this.#socket = socket
  }

  /** @throws UsageError if the file can't be read; ERR_TIMEOUT if nobody answers */
  async sumOf(path: string): Promise<string> {
    await this.#socket.send([path])
    const [outcome, answer] = (await this.#socket.receive()).map(String)
    if (outcome === 'sum' && answer !== undefined) return answer
    throw new UsageError(`'${path}' can't be read (${answer})`)
  }
}
