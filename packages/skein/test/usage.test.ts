import { expect, test } from '@jest/globals'
import { fixture, skein } from './support/command.js'

const script = fixture('idle.mjs')
const token = fixture('token.txt')

test.each([
  [['run'], "missing required argument 'script'"],
  [['run', 'nowhere.js'], "there is no script 'nowhere.js'"],
  [['run', fixture('.')], 'is no file; the script is a JavaScript or TypeScript module'],
  [['run', script, '--workers', '0'], "argument '0' is invalid. Allowed is a whole number from 1 to 4096."],
  [['run', script, '--workers', '1.5'], "argument '1.5' is invalid. Allowed is a whole number"],
  [
    ['run', script, '--workers', '2', '--nodes', '3'],
    '--nodes is 3, but there are only 2 workers to share; allowed: 1 to 2',
  ],
  [['run', script, '--launcher', 'ssh'], "argument 'ssh' is invalid. Allowed choices are local, thread."],
  [['run', script, '--wrokers', '2'], "unknown option '--wrokers'"],
  [['walk'], "unknown command 'walk'"],
  [['p1.ts', '-w', '2'], "unknown command 'p1.ts'\n(Did you mean skein run p1.ts -w 2?)"],
  [['broker', 'start'], "error: too many arguments for 'broker'"],
  [
    ['broker', '--address', 'ipc://x', '--token-file', token],
    "address is 'ipc://x'; allowed: tcp://host:port",
  ],
  [['broker', '--address', 'tcp://127.0.0.1:0'], 'there is no token: set SKEIN_TOKEN, or name a file'],
  [['broker', '--config', '/nowhere.json'], "config is '/nowhere.json'; allowed: a file that can be read"],
  [
    ['broker', '--pub-address', 'tcp://127.0.0.1:0', '--token-file', token],
    'subAddress is undefined; allowed: an address, where pubAddress is one',
  ],
  [['broker', 'check'], "missing required argument 'address'"],
  [['broker', 'check', 'nowhere', '--token-file', token], 'nowhere is not a usable address'],
  [['run', script, '--drain', 'long'], "argument 'long' is invalid. Allowed are seconds, from 0 to 86400."],
])('skein %j is wrong usage: nothing is started, and the status is 2', async (args, shown) => {
  const { status, stdout, stderr } = await skein(args)
  expect(stderr).toContain(shown)
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
})

test.each([
  ['--version'],
  ['help'],
  ['help', 'run'],
  ['run', '--help'],
  ['help', 'broker'],
  ['broker', 'check', '--help'],
])('skein %s %s is shown within 80 columns', async (...args) => {
  const { status, stdout, stderr } = await skein(args.filter(Boolean))
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([])
  expect(stdout).toMatch(args.includes('run') ? /Example:[\s\S]*skein run hello\.ts --workers 2/ : /./)
})
