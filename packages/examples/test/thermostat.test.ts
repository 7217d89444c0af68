import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from '@jest/globals'

test('the thermostat is set and followed, refuses what is wrong, and its warning reaches the log', async () => {
  const program = fileURLToPath(new URL('../dist/thermostat.js', import.meta.url))
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [program])
  expect(stdout.replace(/tcp:\S+/, 'ENDPOINT').split('\n')).toEqual([
    'set to 23: done',
    'temperature 21',
    'temperature 22',
    'temperature 23',
    'RangeError: 30 degrees at most',
    'SkeinError: the request at ENDPOINT is of the wrong type at celsius: a whole number of degrees is wanted',
    'room::thermostat says of heating, as warn: 90 degrees were asked for',
    '',
  ])
  // The replier's own word of what it refused.
  expect(stderr).toMatch(/^skein warning: a request was refused endpoint=\S+ error=.*\n$/)
})
