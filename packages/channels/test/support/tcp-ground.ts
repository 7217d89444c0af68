import { systemClock } from '@skein/core/internal'
import { ChannelContext } from '../../src/context.js'
import { at, hostOf, silent } from './contexts.js'
import { CuttableNetwork } from './cuttable.js'
import type { Ground } from './graph-play.js'

/** Contexts that speak over tcp, whose sockets are closed where a connection is cut. Time passes by itself. */
export class TcpGround implements Ground {
  readonly #network = new CuttableNetwork()
  readonly #all: ChannelContext[] = []

  async graph(size: number, pairs: readonly (readonly [number, number])[]) {
    for (let n = 0; n < size; n++) this.#all.push(this.#open(String(n)))
    const hosts = await Promise.all(this.#all.map((context) => hostOf(context)))
    for (const [a, b] of pairs)
      await at(this.#all, a).connect(`localhost:${at(hosts, b).port}`, { timeout: 5000 })
    return this.#all
  }

  now() {
    return performance.now()
  }

  async pass(milliseconds: number) {
    await new Promise<void>((resolve) => systemClock.after(milliseconds, resolve))
  }

  cut(a: number, b: number) {
    this.#network.cut(String(a), String(b))
  }

  partition(a: number, b: number) {
    this.#network.partition(String(a), String(b))
  }

  heal(a: number, b: number) {
    this.#network.heal(String(a), String(b))
  }

  healAll() {
    this.#network.healAll()
  }

  async close() {
    await Promise.all(this.#all.splice(0).map((context) => context.close()))
  }

  #open(host: string): ChannelContext {
    // A machine that is busy must not make a connection that is healed in time look like one that is lost.
    const options = { token: 'token of the tests', logger: silent, liveness: { suspicion: 20_000 } }
    return new ChannelContext(options, {
      transport: () => this.#network.transport(host),
      schemes: ['tcp'],
    })
  }
}
