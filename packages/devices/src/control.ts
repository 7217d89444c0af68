import { type Logger, SkeinError } from '@skein/core'
import type { PlainSocket } from '@skein/core/internal'
import type { RelayStatistics, Traffic } from './relay.js'

/** A relay that does what it is told. */
export interface Steered {
  pause(): Promise<void>
  resume(): Promise<void>
  statistics(): Promise<RelayStatistics>
}

/**
 * Reads commands from a socket until it is closed: `PAUSE`, `RESUME`, `TERMINATE`, `STATISTICS`, one a message, as
 * libzmq's zmq_proxy_steerable does. The answer to STATISTICS is eight frames, each an unsigned integer of 8 bytes in this
 * machine's order: messages and bytes received and sent at `in`, then at `out`. A REP socket answers every other command
 * with an empty frame; one that is not known, with `ERR` and what is allowed: it hears no other before.
 *
 * @param terminate stops the relay, and closes the control with it
 */
export async function obey(
  control: PlainSocket,
  relay: Steered,
  terminate: () => void,
  logger: Logger,
): Promise<void> {
  try {
    for (;;) {
      const [first] = await control.receive()
      const command = String(first)
      const answer = await execute(command, relay)
      if (answer === undefined)
        logger.warn({ command: command.slice(0, 40) }, 'a relay was told what it does not know')
      if (command === 'STATISTICS' ? control.canSend : control.kind === 'rep')
        await control.send(answer ?? ['ERR allowed: PAUSE, RESUME, TERMINATE, STATISTICS'])
      if (command === 'TERMINATE') return terminate()
    }
  } catch (error) {
    if (!(error instanceof SkeinError) || error.code !== 'ERR_CLOSED') throw error
  }
}

async function execute(
  command: string,
  relay: Steered,
): Promise<readonly (Uint8Array | string)[] | undefined> {
  switch (command) {
    case 'PAUSE':
      await relay.pause()
      return ['']
    case 'RESUME':
      await relay.resume()
      return ['']
    case 'TERMINATE':
      return ['']
    case 'STATISTICS':
      return counters(await relay.statistics())
    default:
      return undefined
  }
}

function counters({ in: input, out }: RelayStatistics): Uint8Array[] {
  const traffics: readonly Traffic[] = [input.received, input.sent, out.received, out.sent]
  return traffics.flatMap(({ messages, bytes }) => [uint64(messages), uint64(bytes)])
}

function uint64(value: number): Uint8Array {
  return new Uint8Array(BigUint64Array.of(BigInt(value)).buffer)
}
