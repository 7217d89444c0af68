import { fileURLToPath } from 'node:url'
import { expect, test } from '@jest/globals'
import { runNode } from '@skein/test-harness'

const BENCH = fileURLToPath(new URL('../bin/bench.mjs', import.meta.url))
const bench = (args: string) => runNode(BENCH, args === '' ? [] : args.split(' '))

test.each([
  ['', "missing required argument 'suite'"],
  ['speed', 'Allowed choices are'],
  ['rest --json /nowhere/bench.json', 'no such file or directory'],
])('refuses %p, and says why', async (args, why) => {
  const { status, stdout, stderr } = await bench(args)
  expect(stderr).toContain(why)
  expect(stdout).toBe('')
  expect(status).toBe(2)
})

test('has help, which names the suites', async () => {
  const { status, stdout } = await bench('--help')
  for (const name of ['rpc', 'payload', 'stream', 'fanout', 'object', 'mesh', 'start', 'rest'])
    expect(stdout).toMatch(new RegExp(`^  ${name} +\\S`, 'm'))
  expect(status).toBe(0)
})
