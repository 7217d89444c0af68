/** Places of an empty table: a power of 2, as all numbers of places are. */
const LEAST = 64

/** A table that has more places begins anew when it is empty. */
const LARGE = 4096

/**
 * A map for entries that come and go by the hundred thousand, under ids that are counted up: nearly all stand at a place
 * that follows from the id alone.
 *
 * A Map would do but for the garbage collector. Whenever it makes room it leaves its old table behind with a pointer to
 * the new one, and once such a table has grown old, it keeps all that followed alive until the next full collection.
 * Measured with 256 calls in flight: 38 % of the young generation survived each collection.
 */
export class IdTable<T extends object> {
  #places: (T | undefined)[] = places(LEAST)
  /** Whose each place is; means nothing where there is no value. */
  #ids: number[] = new Array(LEAST).fill(0)
  /** Those whose places were taken. */
  readonly #others = new Map<number, T>()
  #size = 0

  get size(): number {
    return this.#size
  }

  get(id: number): T | undefined {
    const place = id & (this.#places.length - 1)
    const value = this.#ids[place] === id ? this.#places[place] : undefined
    if (value !== undefined || this.#others.size === 0) return value
    return this.#others.get(id)
  }

  has(id: number): boolean {
    return this.get(id) !== undefined
  }

  /** @param id a whole number, not below 0 */
  set(id: number, value: T): void {
    this.delete(id)
    if (2 * this.#size >= this.#places.length) this.#resize(2 * this.#places.length)
    this.#put(id, value)
    this.#size += 1
  }

  /** Whether it was there. */
  delete(id: number): boolean {
    const place = id & (this.#places.length - 1)
    if (this.#ids[place] === id && this.#places[place] !== undefined) this.#places[place] = undefined
    else if (this.#others.size === 0 || !this.#others.delete(id)) return false
    this.#size -= 1
    if (this.#size === 0 && this.#places.length > LARGE) this.#resize(LEAST)
    return true
  }

  clear(): void {
    this.#others.clear()
    this.#size = 0
    this.#resize(LEAST)
  }

  /** Those that are there now, by their ids. What comes or goes while they are looked through changes nothing. */
  values(): T[] {
    return this.#entries()
      .sort(([a], [b]) => a - b)
      .map(([, value]) => value)
  }

  /** How many of them are so. */
  count(isSo: (value: T) => boolean): number {
    let count = 0
    for (const value of this.#places) if (value !== undefined && isSo(value)) count += 1
    for (const value of this.#others.values()) if (isSo(value)) count += 1
    return count
  }

  #entries(): [number, T][] {
    const found: [number, T][] = [...this.#others]
    for (const [place, value] of this.#places.entries())
      if (value !== undefined) found.push([this.#ids[place] ?? 0, value])
    return found
  }

  #put(id: number, value: T): void {
    const place = id & (this.#places.length - 1)
    if (this.#places[place] === undefined) {
      this.#places[place] = value
      this.#ids[place] = id
    } else this.#others.set(id, value)
  }

  #resize(count: number): void {
    const entries = this.#size === 0 ? [] : this.#entries()
    this.#places = places(count)
    this.#ids = new Array(count).fill(0)
    this.#others.clear()
    for (const [id, value] of entries) this.#put(id, value)
  }
}

/** Filled: an array with holes is slower to read. */
function places<T>(count: number): (T | undefined)[] {
  return new Array<T | undefined>(count).fill(undefined)
}
