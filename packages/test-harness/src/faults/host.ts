import { SkeinError } from '@skein/core'
import { systemClock, type Timer } from '@skein/core/internal'
import { done } from '../ordered-main.js'
import { instant } from './instant.js'
import { Member } from './member.js'
import type { MemberConfig, News, Order } from './orders.js'
import { perform } from './tasks.js'

/** How often a member tells how it is, in milliseconds. */
const TELL_EVERY = 100

/** The member in this process. Does what the rig orders. */
export class Host {
  readonly #tell: (news: News) => void
  #member: Member | undefined
  #timer: Timer | undefined

  constructor(tell: (news: News) => void) {
    this.#tell = tell
  }

  async obey(order: Order): Promise<void> {
    switch (order.kind) {
      case 'peers':
        return this.#member?.load.meet(order.peers)
      case 'load':
        return this.#member?.load.turn(order.isOn)
      default:
        this.#tell(await done(order.id, () => this.#perform(order)))
    }
  }

  async #perform(order: Order): Promise<void> {
    switch (order.kind) {
      case 'start':
        return this.#start(order.config)
      case 'task':
        return perform(order.task, this.#there())
      case 'seal':
        return this.#there().seal()
      case 'stop':
        this.#timer?.cancel()
        await this.#member?.stop()
    }
  }

  async #start(config: MemberConfig): Promise<void> {
    const member = new Member(config, (change) => this.#tell({ kind: 'change', at: instant(), change }))
    try {
      await member.start()
    } catch (error) {
      if (!(error instanceof SkeinError)) throw error
      return this.#tell({ kind: 'refused', instance: member.runtime.comms.instance, code: error.code })
    }
    this.#member = member
    const { instance, entry } = member.runtime.comms
    const endpoints = entry?.endpoints ?? []
    this.#tell({ kind: 'started', number: config.number, instance, endpoints })
    this.#report(member)
  }

  #report(member: Member): void {
    this.#tell({ kind: 'status', at: instant(), open: member.load.open, views: member.views })
    this.#timer = systemClock.after(TELL_EVERY, () => this.#report(member))
  }

  #there(): Member {
    if (this.#member === undefined) throw new RangeError('no member was started here')
    return this.#member
  }
}
