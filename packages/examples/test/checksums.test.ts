import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from '@jest/globals'
import { example } from './support/example.js'

const DOCS = fileURLToPath(new URL('../../../docs', import.meta.url))

test('two workers behind a queue sum up files in the order given, and the monitor has seen all', async () => {
  const names = ['guide.md', 'devices.md', 'protocol.md', 'guide.md', 'mosaic.md', 'audit.md', 'faults.md']
  const files = names.map((name) => join(DOCS, name))
  const sums = files.map(async (path) => {
    const hash = createHash('sha256').update(await readFile(path))
    return `${hash.digest('hex')}  ${path}`
  })
  const { status, stdout } = await example('checksums', ['--workers', '2'], files)
  const [lines = '', summary = ''] = stdout.split('\n\n')
  expect(lines.split('\n')).toEqual(await Promise.all(sums))
  expect(summary).toMatch(/^7 requests, 7 answers, at most [1-4] under way\n$/)
  expect(status).toBe(0)
})

test('a file that is not there is said without a stack, and the status is 1', async () => {
  const missing = join(DOCS, 'nowhere.md')
  expect(await example('checksums', ['--workers', '1', '--quiet'], [missing])).toEqual({
    status: 1,
    stdout: '',
    stderr: `checksums: '${missing}' can't be read (ENOENT)\n\nusage: checksums FILE…\n`,
  })
})
