import { expect, test } from '@jest/globals'
import { Secrets, sameSecret } from '../../src/link/secrets.js'
import { tokenKey } from '../../src/wire/header.js'

test('Secrets are the same only where every character is, whatever their lengths', () => {
  expect(sameSecret('mesh token', 'mesh token')).toBe(true)
  expect(sameSecret('', '')).toBe(true)
  for (const other of ['mesh toke', 'mesh token ', 'Mesh token', '']) {
    expect(sameSecret('mesh token', other)).toBe(false)
  }
})

test('A secret is whose it was claimed for last, until it is released', () => {
  const secrets = new Secrets<string>()
  const token = new Uint8Array(16).fill(1)
  secrets.claim(token, 'first')
  secrets.claim(token, 'second')
  expect(secrets.whose(tokenKey(token))).toBe('second')
  secrets.release(token)
  expect(secrets.whose(tokenKey(token))).toBeUndefined()
})
