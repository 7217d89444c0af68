import type { Context, PubHandler, Publisher, Replier } from '@skein/context'
import { order } from './order.js'

export interface ThermostatPlaces {
  /** Where orders and temperatures are bound. */
  readonly at: string
  /** Where records are collected. */
  readonly log: string
}

const HIGHEST = 30

/** A room whose temperature can be ordered, one degree after the other. */
export class Thermostat {
  #celsius = 20
  readonly #status: Publisher<number>
  readonly #log: PubHandler
  #orders: Replier | undefined

  private constructor(status: Publisher<number>, log: PubHandler) {
    this.#status = status
    this.#log = log
  }

  static async start(context: Context, { at, log }: ThermostatPlaces): Promise<Thermostat> {
    const status = await context.addPub<number>(at, 'temperature', { codec: 'json' })
    const handler = await context.addPubHandler(log, { bind: false, rootTopic: 'room::thermostat' })
    const thermostat = new Thermostat(status, handler)
    const options = { codec: 'json', reqType: order } as const
    thermostat.#orders = await context.addRep(at, ({ celsius }) => thermostat.#set(celsius), options)
    return thermostat
  }

  /** Where orders are taken: `{"celsius":21}`. */
  get endpoint(): string {
    return this.#orders?.endpoint ?? ''
  }

  /** Where temperatures are published. */
  get statusEndpoint(): string {
    return this.#status.endpoint
  }

  /** Resolves when somebody follows the temperature, and somebody the log. */
  async followed(): Promise<void> {
    await this.#status.waitForSubscriber()
    await this.#log.waitForSubscriber('warn')
  }

  async #set(celsius: number): Promise<string> {
    if (celsius > HIGHEST) {
      this.#log.handle({ level: 'warn', text: `heating->${celsius} degrees were asked for` })
      throw new RangeError(`${HIGHEST} degrees at most`)
    }
    while (this.#celsius !== celsius) {
      this.#celsius += Math.sign(celsius - this.#celsius)
      await this.#status.publish(this.#celsius)
    }
    return 'done'
  }
}
