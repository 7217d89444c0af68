import { expect, test } from '@jest/globals'
import { fixture, skein } from './support/command.js'

const stuck = (...flags: string[]) => skein(['run', fixture('stuck.mjs'), '-w', '1', '--quiet', ...flags])

const PLACE = 'in=stick at=file:\\S+stuck\\.mjs:6:\\d+'

test('with --stall-reports each runtime says where it is stuck, and a stalled worker for how long it was', async () => {
  const { status, stdout, stderr } = await stuck('--stall-reports')
  expect(stdout).toBe('alive true\n')
  expect(stderr.trimEnd().split('\n')).toEqual([
    expect.stringMatching(
      `^worker:0:0 \\| skein warning: the event loop is stuck for \\d+ ms uid=worker:0:0 ${PLACE}$`,
    ),
    expect.stringMatching(`^skein warning: the event loop is stuck for \\d+ ms uid=head ${PLACE}$`),
  ])
  expect(status).toBe(0)
})

test('of workers that are threads the time is reported, and it is said that the place is not', async () => {
  const { status, stderr } = await stuck('--stall-reports', '--launcher', 'thread')
  const [note, worker, head] = stderr.trimEnd().split('\n')
  expect(note).toMatch(/^skein: workers are threads, .* the time is reported, and not the place$/)
  expect(worker).toMatch(/^node:0 \| skein warning: the event loop is stuck for \d+ ms uid=worker:0:0$/)
  expect(head).toMatch(new RegExp(`uid=head ${PLACE}$`))
  expect(status).toBe(0)
})
