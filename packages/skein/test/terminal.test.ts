import { spawnSync } from 'node:child_process'
import { stripVTControlCharacters } from 'node:util'
import { expect, test } from '@jest/globals'
import { ProgressLog } from '../src/cli/progress-log.js'
import { fixture, skein } from './support/command.js'

const hasScript = spawnSync('script', ['--version']).status === 0
if (!hasScript) console.warn("util-linux's script is missing: nothing is tried on a terminal")
const onTerminal = hasScript ? test : test.skip

/** One worker: a thread is one process less to start. */
const ONE = ['-w', '1', '-l', 'thread']

const ESCAPE = '\u001b'

onTerminal('the progress stands below what is printed, and is left there when it is complete', async () => {
  const { status, stdout } = await skein(['run', fixture('progress.mjs'), ...ONE], { columns: 80 })
  expect(status).toBe(0)
  const lines = screenAfter(stdout)
  expect(lines.slice(0, 4)).toEqual([
    'half a line, and the rest',
    'half a line, and the rest',
    'worker:0:0 | greeting Ada',
    expect.stringMatching(/^█{30} 100% {2}4\/4 steps with colour$/),
  ])
  expect(lines.filter((line) => line.length > 80)).toEqual([])
  expect(stdout).toContain(`${ESCAPE}[36mworker:0:0 |${ESCAPE}[39m greeting Ada`)
})

onTerminal('NO_COLOR is heeded', async () => {
  const { stdout } = await skein(['run', fixture('spread.mjs'), ...ONE], {
    columns: 80,
    env: { NO_COLOR: '1' },
  })
  expect(stdout).toContain('worker:0:0 | asked')
  expect(stdout).not.toContain(ESCAPE)
})

test('without a terminal no more than a line in ten seconds tells of progress', () => {
  let now = 0
  const said: string[] = []
  const log = new ProgressLog(
    (text) => said.push(text),
    () => now,
  )
  for (let done = 0; done <= 250; done++) {
    log.show({ done, total: 250, text: 'tiles' })
    now += 100
  }
  expect(said).toEqual(['100/250 tiles (40%)', '200/250 tiles (80%)'])
})

/** What a terminal shows after it was sent this: our sequences only clear the line where the cursor is. */
function screenAfter(sent: string): string[] {
  const lines = sent.replaceAll('\r\n', '\n').split('\n')
  return lines.map((line) =>
    stripVTControlCharacters(line.slice(line.lastIndexOf(`${ESCAPE}[2K`) + 1)).replace(/^\[2K/, ''),
  )
}
