import { describe, expect, test } from '@jest/globals'
import { loadProgram, type Program, runProgram } from '../src/program.js'

describe('a program', () => {
  test('is called with the mesh and its arguments', async () => {
    const { status } = await run((mesh, args) => Number(mesh) + args.length)
    expect(status).toBe(5)
  })

  test('that returns nothing has status 0', async () => {
    expect(await run(async () => {})).toEqual({ status: 0, errors: [] })
  })

  test.each([
    [-1, '-1'],
    [256, '256'],
    [1.5, '1.5'],
    ['7', "'7'"],
    [null, 'null'],
    [{}, 'an object'],
  ])('that returns %p, which is no status, has status 1 and is told so', async (value, shown) => {
    const allowed = 'a whole number from 0 to 255, which is the exit status, or nothing'
    const told = `skein: the program returned ${shown}; allowed: ${allowed}`
    expect(await run(async () => value)).toEqual({ status: 1, errors: [told] })
  })

  test('that throws has status 1, and what it threw is told', async () => {
    const thrown = new TypeError('oh')
    const program = () => {
      throw thrown
    }
    expect(await run(program)).toEqual({ status: 1, errors: [thrown] })
  })
})

describe('loading a program', () => {
  test('gives the default export of its module', async () => {
    const program = await loadProgram<number>(
      'data:text/javascript,export default (mesh, args) => [mesh, args]',
    )
    expect(program(1, ['a'])).toEqual([1, ['a']])
  })

  test.each([
    [undefined, 'roleOptions.script'],
    ['primes.js', 'roleOptions.script'],
    [
      'data:text/javascript,export const main = 1',
      'the default export of data:text/javascript,export const main = 1',
    ],
  ])('fails where there is none: %p', async (script, option) => {
    await expect(loadProgram(script)).rejects.toMatchObject({ code: 'ERR_INVALID_OPTION', option })
  })
})

async function run(program: Program<number>): Promise<{ status: number; errors: unknown[] }> {
  const errors: unknown[] = []
  const status = await runProgram(program, 3, ['a', 'b'], { onError: (error) => errors.push(error) })
  return { status, errors }
}
