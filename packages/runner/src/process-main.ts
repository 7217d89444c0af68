// The other side of process-run.ts.
import { Socket } from 'node:net'
import { constants } from 'node:os'
import { isRecord } from '@skein/core/internal'
import { endGroup } from './end-group.js'
import { Hosting, type RunJob } from './host.js'
import { PipeChannel } from './pipe-channel.js'
import { fromJson } from './plain-json.js'
import { CHANNEL_FD, JOB_VARIABLE } from './process-contract.js'
import type { StopOrder } from './stop-order.js'

const SIGNALS = ['SIGTERM', 'SIGINT'] as const

/**
 * Runs the job whose spec stands in the environment, and ends the process. SIGTERM and SIGINT order its end, without a
 * drain; so does the loss of whoever started it, with none.
 */
export async function processMain(job: RunJob): Promise<void> {
  const { name, spec } = takeJob()
  // For whoever looks at a list of processes.
  process.title = `skein ${name}`
  // Whoever read them may be gone, and then this process is about to end.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})

  const pipe = new Socket({ fd: CHANNEL_FD, readable: true, writable: true })
  const hosting = new Hosting((message) => channel.send(message))
  let isLost = false
  const channel = new PipeChannel(pipe, {
    message: (given) => hosting.take(given),
    close() {
      isLost = true
      // The reaper has little patience, and who has asked for what runs here has as a rule gone too.
      hosting.order.stop(1, 0)
    },
  })
  onSignals(hosting.order)

  const code = await hosting.run(job, spec)
  if (isLost) endGroup()
  await Promise.all([channel.flushed(), flushed(process.stdout), flushed(process.stderr)])
  process.exit(code)
}

/** Where they are pipes, an exit would cut off what was not read yet. */
function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => stream.write('', () => resolve()))
}

function takeJob(): { name: unknown; spec: unknown } {
  const encoded = process.env[JOB_VARIABLE]
  // At once: neither the user's code nor its children may see what is secret in it.
  delete process.env[JOB_VARIABLE]
  const job = encoded === undefined ? undefined : fromJson(encoded)
  if (isRecord(job)) return { name: job.name, spec: job.spec }
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
