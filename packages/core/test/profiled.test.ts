import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from '@jest/globals'
import { sized } from '@skein/test-harness/size'

/** How often two runtimes dial each other. */
const ROUNDS = String(sized(15, 100))

const FIXTURE = fileURLToPath(new URL('./fixtures/profiled.mjs', import.meta.url))

// A profiler interrupts a process by signals, and with it calls into libzmq: ten times as often here as by default.
test('runtimes in a process that is profiled link as others do', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'skein-profile-'))
  try {
    const flags = ['--cpu-prof', '--cpu-prof-interval', '100', '--cpu-prof-dir', folder]
    const { stdout } = await promisify(execFile)(process.execPath, [...flags, FIXTURE, ROUNDS])
    expect(stdout).toBe('done\n')
  } finally {
    await rm(folder, { recursive: true })
  }
})
