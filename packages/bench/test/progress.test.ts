import { expect, test } from '@jest/globals'
import { Progress } from '../src/progress.js'

function written(isTTY: boolean): string {
  let text = ''
  const write = (more: string | Uint8Array) => {
    text += more
    return true
  }
  const progress = new Progress({ isTTY, columns: 24, write })
  progress.tell('rpc: round 1 of 5', 'raw')
  progress.tell('rpc: round 1 of 5', 'skein over tcp')
  progress.tell('rpc: round 2 of 5')
  progress.clear()
  return text
}

test('on a terminal each step takes the place of the one before, and no line is wrapped', () => {
  expect(written(true).split('\r\x1b[K')).toEqual([
    '',
    'rpc: round 1 of 5: raw',
    'rpc: round 1 of 5: skei',
    'rpc: round 2 of 5',
    '',
  ])
})

test('elsewhere each stage has a line', () => {
  expect(written(false)).toBe('rpc: round 1 of 5\nrpc: round 2 of 5\n')
})
