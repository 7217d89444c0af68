import { expect, test } from '@jest/globals'
import { parseReference } from '../src/reference.js'

const service = { uid: 'b', service: 'maths' }
const object = { uid: 'b', instance: 'i', type: 'Counter', object: 'x', ticket: 't' }

test('a reference is one of a service, or of an object', () => {
  expect(parseReference({ ...service, more: 1 })).toEqual(service)
  expect(parseReference({ ...object, more: 1 })).toEqual(object)
  expect(parseReference({ ...object, ticket: null })).toEqual({ ...object, ticket: null })
})

test.each([
  ['nothing', null],
  ['a text', 'b'],
  ['a service of nobody', { service: 'maths' }],
  ['a service whose name is a number', { uid: 'b', service: 1 }],
  ['an object without an instance', { ...object, instance: undefined }],
  ['an object whose type is a number', { ...object, type: 1 }],
  ['an object without a name', { ...object, object: null }],
  ['an object without a ticket', { ...object, ticket: undefined }],
  ['what has it all by inheritance', Object.create(object)],
])('anything else breaks the protocol: %s', (_, value) => {
  expect(() => parseReference(value)).toThrow(expect.objectContaining({ code: 'ERR_PROTOCOL' }))
})
