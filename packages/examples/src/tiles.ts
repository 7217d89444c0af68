// A service behind a broker, and a program that uses it. In three terminals, each with the same SKEIN_TOKEN:
//
//   npx skein broker --address tcp://127.0.0.1:5555
//   node packages/examples/dist/tiles.js serve tcp://127.0.0.1:5555
//   node packages/examples/dist/tiles.js draw tcp://127.0.0.1:5555 mandelbrot.png
//
// Serve in as many terminals as the machine has processors: the tiles are shared out among them.
import { Client, Worker } from 'skein/broker'
import { Picture } from './mandelbrot/picture.js'
import { tilesOf } from './mandelbrot/view.js'
import { type TileRequest, TileService } from './tiles/tile-service.js'
import { UsageError, withUsage } from './usage-error.js'

const USAGE = 'usage: tiles serve BROKER | tiles draw BROKER FILE'
const SERVICE = 'tiles'
const SIDE = 64
const VIEW = {
  width: 320,
  height: 200,
  centre: { re: -0.7435, im: 0.1314 },
  span: 0.004,
  iterations: 1000,
}

const [role, broker, file] = process.argv.slice(2)

process.exitCode = await withUsage('tiles', USAGE, async () => {
  const token = process.env.SKEIN_TOKEN
  if (token === undefined) throw new UsageError('SKEIN_TOKEN is not set')
  if (broker === undefined) throw new UsageError('the address of a broker is missing')
  if (role === 'serve') return serve({ broker, token })
  if (role === 'draw' && file !== undefined) return draw({ broker, token }, file)
  throw new UsageError(role === 'draw' ? 'the file to draw into is missing' : `there is no role '${role}'`)
})

interface Joining {
  readonly broker: string
  readonly token: string
}

/** Serves until it is interrupted; what it is drawing then is drawn to the end. */
async function serve(joining: Joining): Promise<void> {
  const worker = new Worker({ ...joining, service: SERVICE, handlers: new TileService() })
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void worker.stop({ drain: 10_000 }))
  worker.on('ready', (name) => console.log(`${worker.name} serves ${SERVICE} for ${name}`))
  worker.on('lost', ({ uid, is }) => console.log(`${uid} is ${is}; it is looked for`))
  await worker.start()
}

async function draw(joining: Joining, file: string): Promise<void> {
  const client = new Client(joining)
  await client.start()
  try {
    await client.waitFor(SERVICE, { timeout: 10_000 })
    const picture = new Picture(VIEW.width, VIEW.height)
    // All at once: the broker gives each worker one at a time. A tile does no harm if it is drawn twice.
    const drawn = [...tilesOf(VIEW, SIDE)].map(async (tile) => {
      const request: TileRequest = { view: VIEW, tile }
      const pixels = await client.ask<Uint8Array>(SERVICE, 'draw', request, { idempotent: true })
      picture.put(tile, pixels)
    })
    await Promise.all(drawn)
    await picture.write(file)
    console.log(`${drawn.length} tiles in ${file}`)
  } finally {
    await client.stop()
  }
}
