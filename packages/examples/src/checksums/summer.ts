import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { type PlainSocket, SocketSpace } from '@skein/devices'

/** On a worker, answers what comes over a queue: the path of a file by its SHA-256. */
export class Summer {
  readonly #space = new SocketSpace()

  async serve(back: string): Promise<void> {
    const socket = this.#space.open('rep')
    await socket.connect(back)
    // It ends when the socket is closed.
    this.#answer(socket).catch(() => {})
  }

  async close(): Promise<void> {
    await this.#space.close()
  }

  async #answer(socket: PlainSocket): Promise<void> {
    for (;;) {
      const [path] = (await socket.receive()).map(String)
      await socket.send(await answerTo(path ?? ''))
    }
  }
}

async function answerTo(path: string): Promise<readonly [outcome: string, answer: string]> {
  const hash = createHash('sha256')
  try {
    await pipeline(createReadStream(path), hash)
    return ['sum', hash.digest('hex')]
  } catch (error) {
    const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined
    return ['failure', String(code ?? error)]
  }
}
