import { expect, test } from '@jest/globals'
import { useLedger } from '@skein/test-harness'
import { fixture, skein } from './support/command.js'
import { skeinHere } from './support/in-process.js'

useLedger()

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
  [['broker', 'chek'], "error: unknown command 'chek'\n(Did you mean skein broker check?)"],
  ...['-1', '0', 'Infinity', 'long'].flatMap((given): [string[], string][] =>
    [['broker'], ['broker', 'check', 'tcp://127.0.0.1:1']].map((words) => [
      [...words, '--timeout', given],
      `argument '${given}' is invalid. Allowed are seconds, more than 0 and at most 86400.`,
    ]),
  ),
  [
    ['broker', '--address', 'tcp://0.0.0.0:0', '--token-file', token],
    '--address is tcp://0.0.0.0:0, which other machines can reach; bind a loopback address, or pass --insecure',
  ],
  [['broker', '--name', 'no name', '--token-file', token], "--name is 'no name'; allowed: 1 to 128 letters"],
  [
    ['broker', '--address', 'ipc://x', '--token-file', token],
    "--address is 'ipc://x'; allowed: tcp://host:port",
  ],
  [['broker', '--address', 'tcp://127.0.0.1:0'], 'there is no token: set SKEIN_TOKEN, or name a file'],
  [['broker', '--config', '/nowhere.json'], "config is '/nowhere.json'; allowed: a file that can be read"],
  [
    ['broker', '--pub-address', 'tcp://127.0.0.1:0', '--token-file', token],
    '--sub-address is missing; allowed: an address, where pubAddress is one',
  ],
  [['broker', 'check'], "missing required argument 'address'"],
  [
    ['broker', 'check', 'nowhere', '--token-file', token],
    "address is 'nowhere'; allowed: the broker's address",
  ],
  [['run', script, '--drain', 'long'], "argument 'long' is invalid. Allowed are seconds, from 0 to 86400."],
])('skein %j is wrong usage: nothing is started, and the status is 2', async (args, shown) => {
  const { status, stdout, stderr } = await skeinHere(args)
  expect(stderr).toContain(shown)
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
})

test('a process of the command says the same, and ends with that status', async () => {
  const [told, wrong] = [await skein(['--version']), await skein(['walk'])]
  expect([told, wrong]).toEqual([await skeinHere(['--version']), await skeinHere(['walk'])])
  expect([told.status, wrong.status]).toEqual([0, 2])
})

test.each([
  ['--version'],
  ['help'],
  ['help', 'run'],
  ['run', '--help'],
  ['help', 'broker'],
  ['broker', 'check', '--help'],
  ['help', 'broker', 'check'],
])('skein %s %s is shown within 80 columns', async (...args) => {
  const { status, stdout, stderr } = await skeinHere(args.filter(Boolean))
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([])
  expect(stdout).toMatch(args.includes('run') ? /Example:[\s\S]*skein run hello\.ts --workers 2/ : /./)
})

test('help shows that of the command below another one, and defaults', async () => {
  const [help, check] = [
    await skeinHere(['help', 'broker', 'check']),
    await skeinHere(['broker', 'check', '--help']),
  ]
  expect(help.stdout).toBe(check.stdout)
  expect(check.stdout).toContain('Usage: skein broker check')
  const { stdout } = await skeinHere(['help', 'broker'])
  expect(stdout).toContain('(default: a free port of 127.0.0.1, from 3000 up)')
  expect(stdout).toContain('(default: 1)')
})

test('a token that is too short is named as it was given', async () => {
  const command = ['broker', 'check', 'tcp://127.0.0.1:1']
  const { status, stderr } = await skeinHere(command, { SKEIN_TOKEN: 'short' })
  expect({ status, stderr }).toEqual({
    status: 2,
    stderr: 'skein: SKEIN_TOKEN is a string of 5 characters; allowed: a string of 8 to 256 characters\n',
  })
})
