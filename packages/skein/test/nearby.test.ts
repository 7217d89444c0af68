import { expect, test } from '@jest/globals'
import { nearby } from '../src/nearby.js'

test('paths and URLs below the folder are as short as the user would write them, and others as they are', () => {
  const text = 'at /home/ada/mesh/src/a.mjs, file:///home/ada/mesh/b.mjs:2, /home/ada/mesher/c.mjs'
  expect(nearby(text, '/home/ada/mesh')).toBe('at src/a.mjs, b.mjs:2, /home/ada/mesher/c.mjs')
  expect(nearby(text, '/')).toBe(text)
})
