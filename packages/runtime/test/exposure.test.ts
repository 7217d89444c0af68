import { describe, expect, test } from '@jest/globals'
import { methodsOf } from '../src/exposure.js'

const names = (object: object) => [...methodsOf(object, 'object').keys()].sort()
const refused = { code: 'ERR_INVALID_OPTION', option: 'object' }

class Base {
  greet(): string {
    return 'base'
  }
  inherited(): void {}
  hidden(): void {}
}

class Derived extends Base {
  static create(): void {}
  field = 1
  arrow = () => 1
  override greet(): string {
    return 'derived'
  }
  get accessor(): () => void {
    throw new Error('invoked')
  }
  _private(): void {}
  #hard(): void {}
  useHard(): void {
    this.#hard()
  }
  [Symbol.iterator](): void {}
  override toString(): string {
    return 'text'
  }
  // biome-ignore lint/suspicious/noThenProperty: it is what must not be exposed
  then(): void {}
  toJSON(): void {}
}
Object.defineProperty(Derived.prototype, 'hidden', {
  get() {
    throw new Error('invoked')
  },
})

describe('of a class instance', () => {
  test('the methods of its class and of those it extends are exposed, and nothing else', () => {
    expect(names(new Derived())).toEqual(['greet', 'inherited', 'useHard'])
  })

  test('the nearest definition of a method counts', () => {
    const object = new Derived()
    expect(methodsOf(object, 'object').get('greet')?.call(object)).toBe('derived')
  })

  test('a method that its constructor has bound is exposed as it was bound', () => {
    class Bound {
      word = 'hello'
      constructor() {
        this.say = this.say.bind(this)
      }
      say(): string {
        return this.word
      }
    }
    const object = new Bound()
    const say = methodsOf(object, 'object').get('say')
    expect(say).toBe(object.say)
  })

  test('a property that stands before a method hides it', () => {
    const object = Object.assign(new Base(), { greet: 'not a function' })
    expect(names(object)).toEqual(['hidden', 'inherited'])
  })
})

describe('of a plain object', () => {
  test('its own functions are exposed, and nothing else', () => {
    const object = {
      add: (a: number, b: number) => a + b,
      method() {},
      value: 3,
      get accessor(): () => void {
        throw new Error('invoked')
      },
      _private() {},
      [Symbol('s')]() {},
      hasOwnProperty() {},
      constructor() {},
      valueOf() {},
      // biome-ignore lint/suspicious/noThenProperty: it is what must not be exposed
      then() {},
      toJSON() {},
    }
    expect(names(object)).toEqual(['add', 'method'])
  })

  test('one without a prototype is as good as any', () => {
    expect(names(Object.assign(Object.create(null), { add() {} }))).toEqual(['add'])
  })

  test('what its prototype would give is not exposed', () => {
    const polluted = Object.create({ inherited() {} }, { own: { value: () => 1, enumerable: true } })
    // Its prototype is a class of its own, as far as anybody can tell: own functions of instances stay private.
    expect(names(polluted)).toEqual(['inherited'])
  })
})

describe('what is data', () => {
  test.each([
    ['a Date', new Date()],
    ['a Promise', Promise.resolve()],
    ['a Map', new Map()],
    ['a subclass of Map', new (class Store extends Map {})()],
    ['a Set', new Set()],
    ['an array', [() => 1]],
    ['a RegExp', /x/],
    ['an Error', new Error('x')],
    ['a typed array', new Uint8Array(1)],
    ['an ArrayBuffer', new ArrayBuffer(1)],
    ['a WeakMap', new WeakMap()],
    ['a WeakRef', new WeakRef({})],
    ['a generator', (function* () {})()],
    ['a boxed number', Object(1)],
    ['a function', () => 1],
  ])('is refused: %s', (_, value) => {
    expect(() => methodsOf(value as object, 'object')).toThrow(expect.objectContaining(refused))
  })

  test.each([
    ['null', null],
    ['a string', 'text'],
  ])('is refused: %s', (_, value) => {
    expect(() => methodsOf(value as unknown as object, 'object')).toThrow(expect.objectContaining(refused))
  })
})

test('an object without a method to call is refused', () => {
  expect(() => methodsOf({ value: 1 }, 'object')).toThrow(expect.objectContaining(refused))
})

test('the error for an object without methods names what was to be exposed', () => {
  expect(() => methodsOf({ value: 1 }, "the object exposed as 'x'")).toThrow(
    expect.objectContaining({ ...refused, message: "the object exposed as 'x' has no methods" }),
  )
})
