import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect, test } from '@jest/globals'
import type { EndedNode } from '@skein/test-harness'
import { Runtime } from '../src/runtime.js'
import type { Stall } from '../src/stall-watch.js'

const FIXTURE = fileURLToPath(new URL('./fixtures/stalling.mjs', import.meta.url))

/** Tells it of every report that is read: it need not be stuck any longer. */
async function stalling(way: string): Promise<EndedNode> {
  const child = spawn(process.execPath, [FIXTURE, way])
  child.stdin.on('error', () => {}) // it has ended meanwhile
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (part: string) => {
    stderr += part
    if (part.includes('is stuck')) child.stdin.write('.')
  })
  const [[status], stdout] = await Promise.all([once(child, 'close'), text(child.stdout)])
  return { status, stdout, stderr }
}

test.concurrent('a loop that is stuck in a function is reported with the place, while it lasts and afterwards, each time', async () => {
  const { status, stdout, stderr } = await stalling('twice')
  expect(stderr).toMatch(
    /^(skein warning: the event loop is stuck for \d+ ms uid=busy in=spinning at=file:\S+stalling\.mjs:(20|21|22|23):\d+\n){2}$/,
  )
  const stall: Stall = JSON.parse(stdout)
  expect(stall.stack[0]).toMatchObject({ function: 'spinning', url: expect.stringContaining('stalling.mjs') })
  expect(stall.ms).toBeGreaterThanOrEqual(2600)
  expect(status).toBe(0)
})

test.concurrent('of one that is stuck in a system call only the time is known', async () => {
  const { status, stdout, stderr } = await stalling('sleep')
  expect(stderr).toMatch(/^skein warning: the event loop is stuck for \d+ ms uid=busy\n$/)
  const stall: Stall = JSON.parse(stdout)
  expect(stall.stack).toEqual([])
  expect(stall.ms).toBeGreaterThanOrEqual(2600)
  expect(status).toBe(0)
})

test.concurrent('one that a debugger holds stays held: the report does not let go of it', async () => {
  const { status, stdout, stderr } = await stalling('debugger')
  expect(stderr).toContain('in=held')
  const { heldMs } = JSON.parse(stdout)
  expect(heldMs).toBeGreaterThanOrEqual(5000)
  expect(status).toBe(0)
})

test.concurrent('where nobody reads standard error any more, the stall is told all the same', async () => {
  const child = spawn(process.execPath, [FIXTURE, 'spin'], { stdio: 'pipe' })
  child.stderr.destroy()
  const exited = once(child, 'exit')
  const stall: Stall = JSON.parse(await text(child.stdout))
  expect(stall.stack[0]).toMatchObject({ function: 'spinning' })
  expect(await exited).toEqual([0, null])
})

test.concurrent('a listener that throws is logged, and the runtime goes on', async () => {
  const { status, stderr } = await stalling('throws')
  expect(stderr).toContain('a listener has thrown')
  expect(status).toBe(0)
})

test.concurrent('a process may exit while its stall is looked into', async () => {
  const { status, stderr } = await stalling('exit')
  expect(stderr).toContain('in=spinning')
  expect(status).toBe(3)
})

test('another value than true or false is refused', () => {
  const options = { uid: 'a', meshToken: 'token of the tests' }
  expect(() => Reflect.construct(Runtime, [{ ...options, stallReports: 'yes' }])).toThrow(
    expect.objectContaining({ code: 'ERR_INVALID_OPTION', option: 'stallReports' }),
  )
})
