import { expect, test } from '@jest/globals'
import { fixture, skein } from './support/command.js'

const stuck = (...flags: string[]) => skein(['run', fixture('stuck.mjs'), '-w', '1', '--quiet', ...flags])

const PLACE = 'in=stick at=file:\\S+stuck\\.mjs:6:\\d+'

// A machine that stands still for long enough is reported as well.
test.concurrent('with --stall-reports each runtime says where it is stuck, and a stalled worker for how long it was', async () => {
  const { status, stdout, stderr } = await stuck('--stall-reports')
  expect(stdout).toBe('alive\n')
  const report = 'skein warning: the event loop is stuck for \\d+ ms'
  expect(stderr).toMatch(new RegExp(`^worker:0:0 \\| ${report} uid=worker:0:0 ${PLACE}$`, 'm'))
  expect(stderr).toMatch(new RegExp(`^${report} uid=head ${PLACE}$`, 'm'))
  expect(status).toBe(0)
})

test.concurrent('of workers that are threads the time is reported, and it is said that the place is not', async () => {
  const { status, stderr } = await stuck('--stall-reports', '--launcher', 'thread')
  expect(stderr).toMatch(/^skein: workers are threads, .* the time is reported, and not the place$/m)
  expect(stderr).toMatch(/^node:0 \| skein warning: the event loop is stuck for \d+ ms uid=worker:0:0$/m)
  expect(stderr).toMatch(new RegExp(`uid=head ${PLACE}$`, 'm'))
  expect(status).toBe(0)
})
