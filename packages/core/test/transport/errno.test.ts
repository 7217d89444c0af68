import { expect, test } from '@jest/globals'
import { uninterrupted } from '../../src/transport/zmq/errno.js'

test('a call that signals interrupt is made again until it has an outcome', () => {
  expect(uninterrupted(calls('EINTR', 'EINTR'))).toBe('done')
  expect(() => uninterrupted(calls('EINTR', 'EINVAL'))).toThrow('EINVAL')
})

/** A call that fails with these codes, one after the other, and then no more. */
function calls(...codes: string[]): () => string {
  return () => {
    const code = codes.shift()
    if (code !== undefined) throw Object.assign(new Error(code), { code })
    return 'done'
  }
}
