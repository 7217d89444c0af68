import { isDeepStrictEqual } from 'node:util'
import { expect } from '@jest/globals'

/**
 * Expects strict equality, as `toStrictEqual` does. Node compares what is equal ten times as fast; Jest is asked where it
 * is not, and says what differs.
 */
export function expectSame(actual: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(actual, expected)) expect(actual).toStrictEqual(expected)
}
