import { SkeinError } from '@skein/core'
import type { PlainSocket } from '@skein/core/internal'

/** The one reader of a socket: hands over each message when the one before has been taken. Ends when it is closed. */
export async function readEach(
  socket: PlainSocket,
  take: (frames: Buffer[]) => void | Promise<void>,
): Promise<void> {
  for (;;) {
    const frames = await nextOf(socket)
    if (frames === undefined) return
    const taken = take(frames)
    if (taken !== undefined) await taken
  }
}

async function nextOf(socket: PlainSocket): Promise<Buffer[] | undefined> {
  try {
    return await socket.receive()
  } catch (error) {
    if (error instanceof SkeinError && error.code === 'ERR_CLOSED') return undefined
    throw error
  }
}
