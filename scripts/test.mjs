// `npm test`: sets up where that is needed, then checks types, lint and behaviour. Arguments go to jest.
// The last line on stdout is always "N passed, N failed"; a type or lint error counts as one failure.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, watch } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { lint } from './lint.mjs'
import { buildAndCheck, install } from './setup.mjs'
import { root } from './step.mjs'

/** How long jest may go on after its last test, in milliseconds, before what keeps it is a failure. */
const EXIT_LIMIT = 10_000

const bin = (...path) => join(root, 'node_modules', ...path)
const total = (await install()) ? await check() : { passed: 0, failed: 1 }
process.exitCode = total.failed === 0 ? 0 : 1
console.log(`${total.passed} passed, ${total.failed} failed`)

async function check() {
  // Nothing waits for it: it goes on beside the compiler and the first tests, and is told of last.
  const linted = lint()
  const types = await buildAndCheck()
  const tests = await test(process.argv.slice(2))
  const isInOrder = await linted()
  return { passed: tests.passed, failed: tests.failed + Number(!types) + Number(!isInOrder) }
}

async function test(args) {
  const folder = mkdtempSync(join(tmpdir(), 'skein-test-'))
  const file = join(folder, 'result.json')
  // The young generation of V8 is made larger, since what a test makes lives as long as the test. The processors are busy
  // with other tests: helpers of V8's would save no time, and take a tenth of it.
  const node = [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    '--max-semi-space-size=128',
    '--single-threaded',
  ]
  const jest = [bin('jest', 'bin', 'jest.js'), '--passWithNoTests', '--json', `--outputFile=${file}`]
  // Node would read these certificates, for some 0.1 s, in each of the hundreds of processes that tests start.
  const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env
  // jest reports on stderr and keeps its stdout for JSON, of which there is none here.
  const child = spawn(process.execPath, [...node, ...jest, ...args], {
    cwd: root,
    env,
    stdio: ['inherit', 2, 2],
  })

  let limit
  const watcher = watch(folder, () => {
    limit ??= setTimeout(() => child.kill('SIGKILL'), EXIT_LIMIT)
  })
  const [code, signal] = await once(child, 'exit')
  watcher.close()
  clearTimeout(limit)
  if (signal === 'SIGKILL')
    console.error('Jest did not end: a test left something open. --detectOpenHandles tells what.')

  const result = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined
  rmSync(folder, { recursive: true })
  const passed = result?.numPassedTests ?? 0
  const failed = (result?.numFailedTests ?? 0) + (result?.numRuntimeErrorTestSuites ?? 0)
  return { passed, failed: failed === 0 && code !== 0 ? 1 : failed }
}
