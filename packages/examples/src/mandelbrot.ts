import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Mesh } from 'skein'
import { Killing } from './mandelbrot/killing.js'
import { type MandelbrotOptions, readOptions, USAGE } from './mandelbrot/options.js'
import { Picture } from './mandelbrot/picture.js'
import { PLACE } from './mandelbrot/place.js'
import { Renderer } from './mandelbrot/renderer.js'
import { tilesOf, type View } from './mandelbrot/view.js'
import { UsageError, withUsage } from './usage-error.js'

/** `skein run mandelbrot.js -- --size 1600x1200 --out mandelbrot.png`: the tiles are spread over the workers. */
export default function main(mesh: Mesh, args: readonly string[]): Promise<number> {
  return withUsage('mandelbrot', USAGE, async () => {
    const options = readOptions(args)
    await checkFolderOf(options.out)
    await paint(mesh, options)
  })
}

async function paint(mesh: Mesh, { width, height, iterations, tile, out, killOne }: MandelbrotOptions) {
  const view: View = { ...PLACE, width, height, iterations }
  const from = new URL('./mandelbrot/renderer.js', import.meta.url)
  const pool = await mesh.pool(Renderer, { from, args: [view] })
  const killing = killOne ? await Killing.plan(mesh, pool) : undefined

  const began = performance.now()
  const workers = pool.workers.length
  const tiles = [...tilesOf(view, tile)]
  const picture = new Picture(width, height)
  const done = pool.map(tiles, async (renderer, tile) => ({ tile, pixels: await renderer.render(tile) }), {
    ordered: false,
  })
  let count = 0
  for await (const { tile, pixels } of done) {
    picture.put(tile, pixels)
    mesh.progress(++count, tiles.length, 'tiles')
    if (killing?.isDone === false && count >= tiles.length / 2) killing.kill(count)
  }
  const seconds = ((performance.now() - began) / 1000).toFixed(1)

  await picture.write(out)
  if (killing !== undefined) console.log(killing.describe())
  console.log(
    `${out}: ${width}x${height}, ${tiles.length} tiles by ${workers} ${workers === 1 ? 'worker' : 'workers'} in ${seconds} s`,
  )
}

/** Better now than when the work is done. */
async function checkFolderOf(out: string): Promise<void> {
  const folder = dirname(out)
  await access(folder, constants.W_OK).catch(() => {
    throw new UsageError(`--out is '${out}', but files can't be written to '${folder}'`)
  })
}
