import { isSharedArrayBuffer } from 'node:util/types'

/** What a copier gives for an item that it doesn't copy. */
export const NOT_COPIED = Symbol('not copied')

/** Values in an item, and bytes of a binary, up to which it is copied: more would take longer than a message of its own. */
const MOST_VALUES = 128
const MOST_BYTES = 1024

/**
 * Copies items that wait for others of their message: whoever yields them may use a record or a buffer for the next one
 * again. Copies only what is small and plain, and what can't be changed anyway; any other is to be encoded at once.
 */
export class ItemCopier {
  #left = 0

  copy(item: unknown): unknown {
    if (!isObject(item)) return item
    this.#left = MOST_VALUES
    try {
      return this.#copy(item)
    } catch {
      return NOT_COPIED // a getter has thrown: who encodes it says where
    }
  }

  #copy(value: object): unknown {
    const prototype: object | null = Object.getPrototypeOf(value)
    if (prototype === Object.prototype) return this.#record(value as Readonly<Record<string, unknown>>)
    if (prototype === Array.prototype) return this.#list(value as readonly unknown[])
    if (ArrayBuffer.isView(value)) return binary(value, prototype)
    return NOT_COPIED
  }

  #list(list: readonly unknown[]): unknown {
    const { length } = list
    this.#left -= length
    if (this.#left < 0) return NOT_COPIED
    const copy = list.slice()
    for (let i = 0; i < length; i++) {
      const value = copy[i]
      if (!isObject(value)) continue
      const own = this.#copy(value)
      if (own === NOT_COPIED) return NOT_COPIED
      copy[i] = own
    }
    return copy
  }

  #record(record: Readonly<Record<string, unknown>>): unknown {
    if (Symbol.asyncIterator in record) return NOT_COPIED
    // Far sooner done than key by key.
    const copy: Record<string, unknown> = { ...record }
    for (const key in copy) {
      this.#left -= 1
      const value = copy[key]
      if (!isObject(value) || !Object.hasOwn(copy, key)) continue
      const own = key === '__proto__' ? NOT_COPIED : this.#copy(value)
      if (own === NOT_COPIED) return NOT_COPIED
      copy[key] = own
    }
    return this.#left < 0 ? NOT_COPIED : copy
  }
}

function binary(view: ArrayBufferView, prototype: object | null): unknown {
  if (view.byteLength > MOST_BYTES || isSharedArrayBuffer(view.buffer)) return NOT_COPIED
  if (prototype === Buffer.prototype) return Buffer.from(view as Buffer)
  // Of a subclass, which would make one of its own, or a DataView.
  if (prototype === null || !Object.hasOwn(prototype, 'BYTES_PER_ELEMENT')) return NOT_COPIED
  return (view as Uint8Array).slice()
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
