import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { connect, createServer } from 'node:net'
import process from 'node:process'
import { text } from 'node:stream/consumers'
import { runInThisContext } from 'node:vm'
import { MessageChannel, Worker } from 'node:worker_threads'
import { afterAll, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { eventually } from '../src/eventually.js'
import { type Ledger, openLedger } from '../src/ledger.js'
import { descendantsOf, isRunning } from '../src/process-tree.js'
import { type Hook, useLedger } from '../src/use-ledger.js'

let ledger: Ledger
beforeEach(() => {
  ledger = openLedger()
})

test('a ledger of nothing settles at once', async () => {
  expect(opened(ledger)).toEqual([])
  await ledger.settle()
})

test('what was open before is none of its business', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const later = openLedger()
  expect(opened(later)).toEqual([])
  server.close()
  await ledger.settle()
})

test('something that closed does not make up for something that opened', async () => {
  const before = createServer().listen(0, '127.0.0.1')
  await once(before, 'listening')
  const later = openLedger()
  const after = createServer().listen(0, '127.0.0.1')
  await once(after, 'listening')
  before.close()
  await once(before, 'close')
  expect(opened(later)).toHaveLength(1)
  after.close()
  await ledger.settle()
})

test('the error lists what is open, in its message and as a field', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const line = expect.stringMatching(/^TCP socket on 127\.0\.0\.1:\d+, fd \d+$/)
  await expect(ledger.settle({ timeout: 5 })).rejects.toMatchObject({
    code: 'ERR_LEFT_OPEN',
    timeoutMs: 5,
    left: expect.arrayContaining([line]),
    message: expect.stringMatching(
      /^left open after 5 ms:\n(.*\n)* {2}- TCP socket on 127\.0\.0\.1:\d+, fd \d+$/,
    ),
  })
  server.close()
  await ledger.settle()
})

test('settle waits for what is on its way out', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  let settled = false
  const settling = ledger.settle().then(() => {
    settled = true
  })
  await new Promise((resolve) => setImmediate(resolve))
  expect(settled).toBe(false)
  server.close()
  await settling
})

test('standard input and output do not count, though they are opened on first use', async () => {
  const script = `
    import { openLedger } from ${JSON.stringify(new URL('../dist/ledger.js', import.meta.url).href)}
    const ledger = openLedger()
    process.stdin.resume()
    process.stdout.write(JSON.stringify(ledger.open()))
    process.stdin.destroy()`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const printed = await text(child.stdout)
  child.stdin.destroy()
  expect(printed).toBe('[]')
  await ledger.settle()
})

describe('the ledger notices', () => {
  test('both ends of a TCP connection, and what they are connected to, even if they are unreferenced', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    if (address === null || typeof address === 'string') throw new TypeError('the server has no port')
    const client = connect(address.port, '127.0.0.1')
    const [[accepted]] = await Promise.all([once(server, 'connection'), once(client, 'connect')])
    client.unref()
    expect(opened(ledger)).toHaveLength(3)
    expect(opened(ledger)).toContainEqual(
      expect.stringContaining(`TCP socket 127.0.0.1:${client.localPort} to 127.0.0.1:${address.port}`),
    )
    client.destroy()
    accepted.destroy()
    server.close()
    await ledger.settle()
  })

  test('timers', async () => {
    // Several, since one of jest's own may end meanwhile.
    const timers = Array.from({ length: 5 }, () => setInterval(() => {}, 60_000))
    expect(ledger.open()).toEqual([expect.stringMatching(/^\d+ × Timeout \(\d+ at the beginning\)$/)])
    for (const timer of timers) clearInterval(timer)
    await ledger.settle()
  })

  test('handlers of signals', async () => {
    // jest gives its tests a copy of `process`, on which a handler handles nothing.
    const realProcess: NodeJS.Process = runInThisContext('process')
    const handler = () => {}
    realProcess.on('SIGUSR2', handler)
    expect(opened(ledger)).toEqual(['handler of SIGUSR2'])
    realProcess.off('SIGUSR2', handler)
    await ledger.settle()
  })

  test('message ports that are listened to', async () => {
    const { port1, port2 } = new MessageChannel()
    port1.on('message', () => {})
    expect(opened(ledger)).toEqual([expect.stringMatching(/^1 × MessagePort /)])
    port1.close()
    port2.close()
    await ledger.settle()
  })

  test('worker threads, also one that answers nobody', async () => {
    const worker = new Worker('Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)', { eval: true })
    await once(worker, 'online')
    expect(opened(ledger)).toContain(`worker thread ${worker.threadId}`)
    await worker.terminate()
    await ledger.settle()
  })

  test('ZeroMQ sockets, which Node itself does not list', async () => {
    const { context, Dealer } = createRequire(new URL('../../core/package.json', import.meta.url))('zeromq')
    // As core does: the context is that of all test files in this process, and this holds from its first socket on.
    context.maxSockets = 16_384
    const afterLoading = openLedger()
    const socket = new Dealer({ linger: 0 })
    expect(opened(afterLoading)).toEqual([
      expect.stringMatching(/^a native addon's socket, fd \d+: a ZeroMQ socket/),
    ])
    socket.close()
    await afterLoading.settle()
    await ledger.settle()
  })

  test('children, by their command, even if they are unreferenced', async () => {
    const child = spawn('sleep', ['60'], { stdio: 'ignore' })
    child.unref()
    expect(opened(ledger)).toEqual([`process ${child.pid}, child of ${process.pid}: sleep 60`])
    child.kill()
    await ledger.settle()
  })

  test('the children of children, and once it has seen them, when they have lost their parent', async () => {
    const shell = spawn('sh', ['-c', 'sleep 61 & read line'], { stdio: ['pipe', 'ignore', 'ignore'] })
    const grandchild = await eventually(() =>
      descendantsOf(process.pid).find((it) => it.command === 'sleep 61'),
    )
    expect(grandchild.parent).toBe(shell.pid)
    expect(opened(ledger)).toContain(`process ${grandchild.pid}, child of ${shell.pid}: sleep 61`)

    shell.kill('SIGKILL')
    await once(shell, 'exit')
    expect(descendantsOf(process.pid).map(({ pid }) => pid)).not.toContain(grandchild.pid)
    await eventually(() => opened(ledger).length === 1, { message: 'the shell and its pipe to be gone' })
    expect(opened(ledger)).toEqual([expect.stringMatching(/child of \d+: sleep 61$/)])
    process.kill(grandchild.pid)
    await eventually(() => !isRunning(grandchild))
    await ledger.settle()
  })

  test('no process that has ended, though nobody has collected it', async () => {
    const parent = spawn('sh', ['-c', 'sleep 62 & exec sleep 63'], { stdio: 'ignore' })
    const child = await eventually(() => descendantsOf(process.pid).find((it) => it.command === 'sleep 62'))
    await eventually(() => descendantsOf(process.pid).some((it) => it.command === 'sleep 63'))
    process.kill(child.pid)
    await eventually(() => !isRunning(child))
    expect(descendantsOf(process.pid).map(({ pid }) => pid)).not.toContain(child.pid)
    expect(opened(ledger)).toEqual([expect.stringMatching(/: sleep 63$/)])
    parent.kill()
    await ledger.settle()
  })

  test('whatever it is given to count', async () => {
    let links = 3
    const counting = openLedger({ counters: { links: () => links } })
    links = 2
    expect(opened(counting)).toEqual([])
    links = 5
    expect(opened(counting)).toEqual(['2 × links (3 at the beginning)'])
    links = 3
    await counting.settle()
  })
})

describe('useLedger', () => {
  test('opens in the one hook and settles in the other', async () => {
    const { before, after } = await installed()
    await before()
    const timer = setTimeout(() => {}, 60_000)
    await expect(after()).rejects.toMatchObject({ code: 'ERR_LEFT_OPEN' })
    clearTimeout(timer)
    await before()
    await after()
  })

  test('settles nothing where it was never opened', async () => {
    const { after } = await installed()
    const timer = setTimeout(() => {}, 60_000)
    await after()
    clearTimeout(timer)
  })

  test('gives its hook more time than the ledger takes', async () => {
    const { afterHook } = await installed(20_000)
    expect(afterHook.mock.calls[0]?.[1]).toBeGreaterThan(20_000)
  })

  const order: string[] = []
  describe('in a file with hooks of its own', () => {
    useLedger({
      after: (run) =>
        afterAll(async () => {
          order.push('ledger')
          await run()
        }),
    })
    let timer: ReturnType<typeof setTimeout>
    afterAll(() => {
      order.push('own hook')
      clearTimeout(timer)
    })
    test('leaves something to be closed by the file', () => {
      timer = setTimeout(() => {}, 60_000)
    })
  })
  afterAll(() => {
    // Added before the microtask, so run before the ledger's hook.
    expect(order).toEqual(['own hook'])
  })
})

/** Without timers: jest's own come and go. */
function opened(ledger: Ledger): string[] {
  return ledger.open().filter((line) => !line.includes('× Timeout'))
}

async function installed(timeout = 300) {
  const beforeHook = jest.fn<Hook>()
  const afterHook = jest.fn<Hook>()
  useLedger({ before: beforeHook, after: afterHook, timeout })
  await Promise.resolve()
  const before = beforeHook.mock.calls[0]?.[0]
  const after = afterHook.mock.calls[0]?.[0]
  if (before === undefined || after === undefined) throw new TypeError('useLedger installed no hooks')
  return { before, after: async () => after(), afterHook }
}
