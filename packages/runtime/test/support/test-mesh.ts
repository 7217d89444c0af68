import type { Logger } from '@skein/core'
import { MemoryNetwork, systemClock, type Transport } from '@skein/core/internal'
import type { RuntimeSpec } from '../../src/launcher.js'
import { startMonitor } from '../../src/roles/monitor.js'
import type { Role } from '../../src/roles/role.js'
import { Runtime } from '../../src/runtime.js'
import type { RuntimeOptions } from '../../src/runtime-options.js'

/** What was logged, for whoever looks. */
export class MemoryLogger implements Logger {
  readonly lines: { readonly level: string; readonly facts: object; readonly message: string }[] = []
  readonly debug = this.#at('debug')
  readonly info = this.#at('info')
  readonly warn = this.#at('warn')
  readonly error = this.#at('error')

  #at(level: string) {
    return (facts: object, message: string) => void this.lines.push({ level, facts, message })
  }
}

/** The runtimes of one test, on a network in memory, each on a host of its uid. All are closed at the test's end. */
export class TestMesh {
  readonly meshToken = 'token of the tests'
  readonly network = new MemoryNetwork({ clock: systemClock, seed: 1, latency: { min: 0, max: 0 } })
  readonly logger = new MemoryLogger()
  readonly #open: { stop(): Promise<void> }[] = []
  #monitor: Role | undefined

  /** A runtime that has been started, and knows nobody but the monitor, if there is one. */
  async runtime(uid: string, options: Partial<RuntimeOptions> = {}): Promise<Runtime> {
    const { meshToken, logger, address: monitor } = this
    const all = { uid, meshToken, monitor, logger, ...options }
    const runtime = new Runtime(all, { transport: this.transport(uid) })
    this.#open.push(runtime)
    await runtime.start()
    return runtime
  }

  /** Starts the monitor: runtimes made from now on connect to it. */
  async monitor(): Promise<Role> {
    this.#monitor = await this.role(startMonitor, { role: 'monitor', uid: 'monitor' })
    return this.#monitor
  }

  /** Starts a role by a spec; what is not given is the mesh's own. */
  async role<R extends Role>(
    start: (spec: RuntimeSpec, parts: { transport: Transport }) => Promise<R>,
    spec: Pick<RuntimeSpec, 'role' | 'uid'> & Partial<RuntimeSpec>,
  ): Promise<R> {
    const { meshToken, logger, address: monitor } = this
    const full = { meshToken, monitor, ...spec, comms: { logger, ...spec.comms } }
    const role = await start(full, { transport: this.transport(spec.uid) })
    this.#open.push(role)
    return role
  }

  get address(): string | undefined {
    return this.#monitor?.runtime.comms.address
  }

  /** Runtimes offer the lanes of a real network; here there is one, whatever they ask for. */
  transport(host: string): Transport {
    const transport = this.network.transport(host)
    return {
      listen: (options, on) => transport.listen({ ...options, schemes: ['mem'] }, on),
      dial: (endpoint, options, on) => transport.dial(endpoint, options, on),
      probe: (...asked) => transport.probe(...asked),
      close: () => transport.close(),
    }
  }

  /** Two runtimes that are linked. */
  async pair(a = 'a', b = 'b'): Promise<[Runtime, Runtime]> {
    const [one, other] = [await this.runtime(a), await this.runtime(b)]
    await this.link(one, other)
    return [one, other]
  }

  async link(one: Runtime, other: Runtime): Promise<void> {
    await one.comms.connect(other.comms.address ?? '')
    await Promise.all([one.waitFor(other.uid), other.waitFor(one.uid)])
  }

  /** Ends a runtime as a crash would. */
  async kill(runtime: Runtime): Promise<void> {
    this.network.kill(runtime.uid)
    await runtime.destroy()
  }

  async close(): Promise<void> {
    await Promise.all(this.#open.map((each) => each.stop()))
    await this.network.close()
  }
}
