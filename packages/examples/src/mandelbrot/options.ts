import { parseArgs } from 'node:util'
import { UsageError } from '../usage-error.js'

export const USAGE = `usage: mandelbrot [--size 1600x1200] --out FILE.png [options]

  --size WxH      size of the picture in pixels (1600x1200)
  --out FILE      the PNG to write
  --iterations N  after so many a point counts as one of the set (1500)
  --tile N        side of the squares that workers are given, in pixels (64)
  --kill-one      kill a worker halfway, to see that nothing is lost`

export interface MandelbrotOptions {
  readonly width: number
  readonly height: number
  readonly out: string
  readonly iterations: number
  readonly tile: number
  readonly killOne: boolean
}

const MAX_SIDE = 16_384

/** @throws UsageError */
export function readOptions(args: readonly string[]): MandelbrotOptions {
  const { size, out, iterations, tile, 'kill-one': killOne } = parse(args)
  const [width = '', height = ''] = size.split('x')
  if (!/^\d+x\d+$/.test(size)) throw wrong('size', size, 'width and height in pixels, such as 1600x1200')
  if (out === undefined || out === '') throw new UsageError('--out is missing: the PNG file to write')
  return {
    width: count('size', width, MAX_SIDE),
    height: count('size', height, MAX_SIDE),
    out,
    iterations: count('iterations', iterations, 1_000_000),
    tile: count('tile', tile, MAX_SIDE),
    killOne,
  }
}

function parse(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        size: { type: 'string', default: '1600x1200' },
        out: { type: 'string' },
        iterations: { type: 'string', default: '1500' },
        tile: { type: 'string', default: '64' },
        'kill-one': { type: 'boolean', default: false },
      },
    })
    return values
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

function count(option: string, given: string, most: number): number {
  const count = Number(given)
  if (/^\d+$/.test(given) && count >= 1 && count <= most) return count
  throw wrong(option, given, `a whole number from 1 to ${most}`)
}

function wrong(option: string, given: string, allowed: string): UsageError {
  return new UsageError(`--${option} is '${given}'; allowed: ${allowed}`)
}
