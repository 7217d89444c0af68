/// <reference lib="es2024.string" />
import { types } from 'node:util'
import { type Encoder, ExtData } from '@msgpack/msgpack'
import { describe } from '../errors.js'
import { NO_ATTACHMENTS } from './attachment.js'
import type { StreamSource } from './codec.js'
import { describeError, isError } from './error-value.js'
import { type Exporters, isStream } from './exporters.js'
import { Extension } from './extension.js'
import type { Limits } from './limits.js'
import { lowerBinary } from './lower-binary.js'
import { isPlain, partOf } from './plain.js'
import { property, Refusal, tooLarge, uncopyable } from './refusal.js'
import { bigintToBytes, dateToBytes, streamToBytes } from './scalar.js'

const UNDEFINED = new ExtData(Extension.undefined, new Uint8Array(0))
const NEGATIVE_ZERO = new ExtData(Extension.negativeZero, new Uint8Array(0))

export interface LoweringOptions {
  /** Encodes what lies in extensions. */
  readonly encoder: Encoder
  readonly exporters: Exporters
  readonly limits: Readonly<Limits>
}

/**
 * Makes of a value one that MessagePack has words for: what it doesn't know becomes an extension, what can't be sent
 * throws a `Refusal`. Copies on write: a value of plain records, lists, strings and numbers is returned as it is.
 *
 * It is told apart by what it is, not by `instanceof`, since it may come from another realm (`node:vm`).
 */
export class Lowering {
  readonly #encoder: Encoder
  readonly #exporters: Exporters
  readonly #frameBytes: number
  readonly #depthLimit: number
  readonly #nodeLimit: number
  // Of the present run:
  #attachments = NO_ATTACHMENTS
  #peer = ''
  #nodes = 0
  /** The errors around the present value: an error may refer to itself, and is sent nevertheless. */
  #errors: object[] = []

  constructor({ encoder, exporters, limits }: LoweringOptions) {
    this.#encoder = encoder
    this.#exporters = exporters
    this.#frameBytes = limits.frameBytes
    this.#depthLimit = limits.depth
    // Half of what the reader takes in a batch: the other messages of the batch have the other half.
    this.#nodeLimit = limits.nodes / 2
  }

  /**
   * @param attachments receives large binaries.
   * @throws Refusal
   */
  run(value: unknown, attachments: Uint8Array[], peer: string): unknown {
    this.#attachments = attachments
    this.#peer = peer
    this.#nodes = 1
    try {
      return this.#lower(value, 1)
    } finally {
      // Held longer, they would keep large binaries in memory.
      this.#attachments = NO_ATTACHMENTS
      if (this.#errors.length > 0) this.#errors = []
    }
  }

  /** @param depth of the value itself, if it is a container: 1 for the outermost. */
  #lower(value: unknown, depth: number): unknown {
    switch (typeof value) {
      case 'string':
        return value.isWellFormed() ? value : new ExtData(Extension.utf16, Buffer.from(value, 'utf16le'))
      case 'number':
        return value === 0 && Object.is(value, -0) ? NEGATIVE_ZERO : value
      case 'boolean':
        return value
      case 'undefined':
        return UNDEFINED
      case 'bigint':
        return new ExtData(Extension.bigint, bigintToBytes(value))
      case 'object':
        if (value === null) return null
        if (Array.isArray(value)) return this.#array(value, depth)
        if (isPlain(value)) return this.#recordOrStream(value, depth)
        return this.#special(value, depth)
      case 'function':
        return this.#reference(value, depth)
      case 'symbol':
        throw new Refusal('ERR_NOT_SERIALISABLE', 'is a symbol: send a string instead')
    }
  }

  #array(array: readonly unknown[], depth: number): readonly unknown[] {
    const { length } = array
    this.#enter(depth, length)
    // A subclass may iterate otherwise than it counts.
    let copy = Object.getPrototypeOf(array) === Array.prototype ? undefined : new Array<unknown>(length)
    let index = 0
    try {
      for (; index < length; index++) {
        const item = array[index]
        const lowered = this.#lower(item, depth + 1)
        if (copy !== undefined || lowered !== item) {
          copy ??= array.slice(0, length)
          copy[index] = lowered
        }
      }
    } catch (thrown) {
      throw Refusal.within(array, `[${index}]`, thrown)
    }
    return copy ?? array
  }

  /** A literal with a method of that name is a stream, like any other async iterable. */
  #recordOrStream(value: Readonly<Record<string, unknown>>, depth: number): unknown {
    if (Symbol.asyncIterator in value && isStream(value)) return this.#stream(value)
    return this.#record(value, depth)
  }

  #record(record: Readonly<Record<string, unknown>>, depth: number): Readonly<Record<string, unknown>> {
    const keys = Object.keys(record)
    this.#enter(depth, keys.length * 2)
    let copy: Record<string, unknown> | undefined
    let index = 0
    try {
      for (; index < keys.length; index++) {
        const key = keys[index] ?? ''
        if (key === '__proto__') throw new Refusal('ERR_NOT_SERIALISABLE', "is a key that can't be sent")
        if (!key.isWellFormed()) {
          throw new Refusal('ERR_NOT_SERIALISABLE', 'is a key with a lone surrogate: send a Map instead')
        }
        const value = record[key]
        const lowered = this.#lower(value, depth + 1)
        if (copy !== undefined || lowered !== value) {
          copy ??= partOf(record, keys, index)
          copy[key] = lowered
        }
      }
    } catch (thrown) {
      throw Refusal.within(record, property(keys[index] ?? ''), thrown)
    }
    return copy ?? record
  }

  #special(value: object, depth: number): ExtData {
    if (ArrayBuffer.isView(value) || types.isArrayBuffer(value)) {
      return lowerBinary(value, this.#attachments, this.#frameBytes)
    }
    if (types.isDate(value)) return new ExtData(Extension.date, dateToBytes(value))
    if (types.isMap(value)) return this.#map(value, depth)
    if (types.isSet(value)) return this.#set(value, depth)
    if (types.isRegExp(value)) return this.#regexp(value, depth)
    if (isError(value)) return this.#error(value, depth)
    return this.#reference(value, depth)
  }

  #map(map: ReadonlyMap<unknown, unknown>, depth: number): ExtData {
    this.#enter(depth + 1, map.size * 2)
    const flat: unknown[] = []
    for (const [key, value] of map) {
      flat.push(this.#within(map, () => `.keys()[${flat.length / 2}]`, key, depth + 2))
      flat.push(this.#within(map, () => `.get(${describe(key)})`, value, depth + 2))
    }
    return this.#nested(Extension.map, flat)
  }

  #set(set: ReadonlySet<unknown>, depth: number): ExtData {
    this.#enter(depth + 1, set.size)
    const flat: unknown[] = []
    for (const value of set) flat.push(this.#within(set, () => `.values()[${flat.length}]`, value, depth + 2))
    return this.#nested(Extension.set, flat)
  }

  #regexp(regexp: RegExp, depth: number): ExtData {
    this.#enter(depth + 1, 2)
    return this.#nested(Extension.regexp, [this.#lower(regexp.source, depth + 2), regexp.flags])
  }

  /** An error always encodes: what it carries besides name, message and stack is left out where it can't be sent. */
  #error(error: object, depth: number): ExtData {
    if (this.#errors.includes(error)) {
      throw new Refusal('ERR_NOT_SERIALISABLE', 'is the error that carries it')
    }
    const { name, message, stack, extras } = describeError(error)
    this.#enter(depth + 2, 4 + 2 * extras.length)
    this.#errors.push(error)
    const kept: Record<string, unknown> = {}
    for (const [key, value] of extras) {
      const lowered = this.#attempt(() =>
        key === 'errors' && Array.isArray(value)
          ? this.#some(value, depth + 3)
          : this.#lower(value, depth + 3),
      )
      if (lowered !== undefined) kept[key] = lowered
    }
    this.#errors.pop()
    const texts = [name, message, stack].map((text) => this.#lower(text, depth + 2))
    return this.#nested(Extension.error, [...texts, kept])
  }

  /** Those of a list that can be sent. */
  #some(items: readonly unknown[], depth: number): unknown[] {
    this.#enter(depth, items.length)
    return items
      .map((item) => this.#attempt(() => this.#lower(item, depth + 1)))
      .filter((lowered) => lowered !== undefined)
  }

  /** What was lowered, or undefined, with no trace left, if it can't be sent. */
  #attempt(lower: () => unknown): unknown {
    const attachments = this.#attachments
    const [attached, nodes, errors] = [attachments.length, this.#nodes, this.#errors.length]
    const mark = this.#exporters.mark()
    try {
      return lower()
    } catch {
      this.#exporters.rollback(mark)
      attachments.length = attached
      this.#errors.length = errors
      this.#nodes = nodes
      return undefined
    }
  }

  /** What is neither data nor plain: sent as a reference if it is one of ours or as a stream, refused otherwise. */
  #reference(value: object, depth: number): ExtData {
    const reference = this.#export(value)
    if (reference === undefined) {
      if (typeof value !== 'function' && isStream(value)) return this.#stream(value)
      throw uncopyable(value)
    }
    this.#enter(depth, 1)
    return this.#nested(Extension.reference, this.#lower(reference, depth + 1))
  }

  #stream(source: StreamSource): ExtData {
    const { streams } = this.#exporters
    if (streams === undefined) {
      throw new Refusal('ERR_NOT_SERIALISABLE', 'is a stream, and nothing here sends streams: send an array')
    }
    return new ExtData(Extension.stream, streamToBytes(streams.offer(source, this.#peer)))
  }

  #within(container: object, step: () => string, value: unknown, depth: number): unknown {
    try {
      return this.#lower(value, depth)
    } catch (thrown) {
      throw Refusal.within(container, step(), thrown)
    }
  }

  /** Whoever exports may encode something else meanwhile. */
  #export(value: object): unknown {
    const { references } = this.#exporters
    if (references === undefined) return undefined
    const [attachments, peer, nodes, errors] = [this.#attachments, this.#peer, this.#nodes, this.#errors]
    this.#errors = []
    try {
      return references.export(value, peer)
    } finally {
      this.#attachments = attachments
      this.#peer = peer
      this.#nodes = nodes
      this.#errors = errors
    }
  }

  #nested(type: Extension, lowered: unknown): ExtData {
    return new ExtData(type, this.#encoder.encode(lowered))
  }

  /** Counts a container and what it holds. */
  #enter(depth: number, items: number): void {
    if (depth > this.#depthLimit) {
      throw new Refusal('ERR_NOT_SERIALISABLE', `is nested deeper than ${this.#depthLimit} levels`, {
        limit: this.#depthLimit,
        size: depth,
      })
    }
    this.#nodes += items
    if (this.#nodes > this.#nodeLimit) throw tooLarge('values', this.#nodes, this.#nodeLimit)
  }
}
