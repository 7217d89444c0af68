import { SkeinError } from '@skein/core'
import type { Connection } from './connection.js'

/** The connections of a context, in the order of their making. */
export class Connections implements Iterable<Connection> {
  readonly #all: readonly Connection[]

  /** @internal */
  constructor(all: readonly Connection[]) {
    this.#all = all
  }

  get length(): number {
    return this.#all.length
  }

  at(index: number): Connection | undefined {
    return this.#all.at(index)
  }

  /** @throws ERR_INVALID_OPTION if none has this name */
  get(name: string): Connection {
    const found = name === '' ? undefined : this.#all.find((each) => each.name === name)
    if (found !== undefined) return found
    const names = this.#all.flatMap((each) => (each.name === '' ? [] : [each.name]))
    const allowed = names.length === 0 ? 'none: no connection has a name' : names.join(', ')
    throw new SkeinError('ERR_INVALID_OPTION', `no connection is named '${name}'; there are: ${allowed}`, {
      option: 'name',
      given: String(name),
      allowed,
    })
  }

  [Symbol.iterator](): Iterator<Connection> {
    return this.#all[Symbol.iterator]()
  }
}
