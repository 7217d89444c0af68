// What bin/runtime.mjs runs: one runtime in a process of its own, started by LocalLauncher.
import { Socket } from 'node:net'
import { constants } from 'node:os'
import { endGroup } from './end-group.js'
import { runRuntime, type StartRole } from './entry.js'
import { holdLifeline } from './lifeline.js'
import { type FromRuntime, parseToRuntime } from './messages.js'
import { PipeChannel } from './pipe-channel.js'
import { fromJson } from './plain-json.js'
import { CHANNEL_FD, SPEC_VARIABLE } from './process-contract.js'
import { isRecord } from './spec.js'
import { StopOrder } from './stop-order.js'

const SIGNALS = ['SIGTERM', 'SIGINT'] as const

/** Runs the runtime whose spec stands in the environment, and ends the process. */
export async function main(start: StartRole): Promise<void> {
  const given = takeSpec()
  // For whoever looks at a list of processes.
  if (isRecord(given)) process.title = `skein ${given.uid}`
  holdLifeline()
  // Whoever read them may be gone, and then this process is about to end.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})

  const order = new StopOrder()
  let isLost = false
  const channel = new PipeChannel(new Socket({ fd: CHANNEL_FD, readable: true, writable: true }), {
    message(given) {
      const message = parseToRuntime(given)
      if (message?.kind === 'stop') order.stop(0, message.drain ?? 0)
    },
    close() {
      isLost = true
      // The lifeline has little patience, and who has asked for what runs here has as a rule gone too.
      order.stop(1, 0)
    },
  })
  onSignals(order)

  const send = (message: FromRuntime) => channel.send(message)
  const ready = () => send({ kind: 'ready' })
  const report = (report: unknown) => send({ kind: 'report', report })
  const code = await runRuntime(given, { order, ready, report }, start)
  if (isLost) endGroup()
  await Promise.all([channel.flushed(), flushed(process.stdout), flushed(process.stderr)])
  process.exit(code)
}

/** Where they are pipes, an exit would cut off what was not read yet. */
function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => stream.write('', () => resolve()))
}

function takeSpec(): unknown {
  const encoded = process.env[SPEC_VARIABLE]
  // At once: neither the user's code nor its children may see the token.
  delete process.env[SPEC_VARIABLE]
  if (encoded !== undefined) return fromJson(encoded)
  process.stderr.write('this program is run by Skein; to start a mesh, see `skein run --help`\n')
  process.exit(1)
}

/** The first signal lets what runs end, and stops it in order; the second ends it at once. */
function onSignals(order: StopOrder): void {
  for (const signal of SIGNALS) {
    const code = 128 + constants.signals[signal]
    process.once(signal, () => {
      process.once(signal, () => process.exit(code))
      order.stop(code)
    })
  }
}
