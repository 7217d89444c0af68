import { expect, test } from '@jest/globals'
import { sameSecret } from '../../src/link/secrets.js'

test('Secrets are the same only where every character is, whatever their lengths', () => {
  expect(sameSecret('mesh token', 'mesh token')).toBe(true)
  expect(sameSecret('', '')).toBe(true)
  for (const other of ['mesh toke', 'mesh token ', 'Mesh token', '']) {
    expect(sameSecret('mesh token', other)).toBe(false)
  }
})
