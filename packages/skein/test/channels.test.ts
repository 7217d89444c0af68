import { expect, test } from '@jest/globals'
import { fixture, skein } from './support/command.js'

test('a program and the objects on its workers have channels, which find each other', async () => {
  const { status, stdout, stderr } = await skein([
    'run',
    fixture('channels.mjs'),
    '-w',
    '2',
    '-l',
    'thread',
    '-q',
  ])
  expect({ status, stdout, stderr }).toEqual({
    status: 0,
    stdout: 'worker:0:0: ready\nworker:0:1: ready\n',
    stderr: '',
  })
})
