import { fileURLToPath } from 'node:url'
import type { PeerChange, PeerKind } from '@skein/core'
import { OrderedProcess } from '../ordered-process.js'
import type { Asked, Known, News, Order, Status } from './orders.js'

const MAIN = fileURLToPath(new URL('../../bin/faults-host.mjs', import.meta.url))

/** A change of a peer, and when its observer was told. */
export interface SeenChange {
  readonly at: number
  readonly change: PeerChange
}

export interface MateOptions {
  readonly number: number
  readonly place: number
  readonly uid: string
  readonly journal: string
  /** A command to run its process within. */
  readonly within: readonly string[]
}

/** An instance of a runtime, in a process of its own, as the rig sees it. */
export class Mate {
  readonly number: number
  readonly place: number
  readonly uid: string
  readonly journal: string
  readonly process: OrderedProcess<Order, Asked, News>
  readonly changes: SeenChange[] = []
  instance = ''
  endpoints: readonly string[] = []
  /** Why its start was refused: the error's code. */
  refusal: string | undefined
  /** What it has told of itself last. */
  status: Status = { at: 0, open: 0, views: [] }
  /** Whether it is one of the mesh: it was started, and is not dead. */
  lives = false

  /** @param dies it has told of a death */
  constructor({ number, place, uid, journal, within }: MateOptions, dies: (seen: SeenChange) => void) {
    this.number = number
    this.place = place
    this.uid = uid
    this.journal = journal
    this.process = new OrderedProcess({ main: MAIN, of: 'the rig', stop: { kind: 'stop' }, within }, (news) =>
      this.#told(news, dies),
    )
  }

  /** Under which others know it. */
  get known(): Known {
    return { number: this.number, uid: this.uid }
  }

  /** Where it listens, once it was started. */
  get port(): number {
    return Number(this.endpoints.find(isTcp)?.split(':').at(-1))
  }

  /** The first change since an instant by which it has seen what became of an instance. */
  seen(instance: string, is: PeerKind, since: number): SeenChange | undefined {
    return this.changes.find(
      ({ at, change }) => at >= since && change.is === is && change.instance === instance,
    )
  }

  #told(news: News, dies: (seen: SeenChange) => void): void {
    switch (news.kind) {
      case 'started':
        this.instance = news.instance
        this.endpoints = news.endpoints
        return
      case 'refused':
        this.instance = news.instance
        this.refusal = news.code
        return
      case 'status':
        this.status = news
        return
      case 'change': {
        this.changes.push(news)
        if (news.change.is === 'dead') dies(news)
      }
    }
  }
}

export function isTcp(endpoint: string): boolean {
  return endpoint.startsWith('tcp:')
}
