import type { Reply } from '@skein/core'
import type { LocalName } from './names.js'

type Callable = (...args: never[]) => unknown

/** The name of a method that others may call, or never. */
type RemoteName<Name, Value> = Name extends string
  ? Name extends LocalName
    ? never
    : NonNullable<Value> extends Callable
      ? Name
      : never
  : never

/**
 * What a `T` that lives in another runtime looks like from here: its public methods, each returning a Reply of what it
 * returns there. What is no method, is private or begins with `_` isn't there. A method that yields can't be called.
 *
 * Of an overloaded method the last overload counts, and a generic one loses its type parameters; TypeScript has no more
 * to give.
 */
export type Remote<T> = {
  readonly [Name in keyof T as RemoteName<Name, T[Name]>]-?: RemoteMethod<NonNullable<T[Name]>>
}

/**
 * A `T` that lives in another runtime for as long as somebody holds it. Letting go with `await using` or `release`
 * resolves once its owner knows.
 */
export type RemoteObject<T> = Remote<T> & AsyncDisposable

export type RemoteMethod<Method> = Method extends (...args: infer Args) => infer Result
  ? IsStream<Awaited<Result>> extends true
    ? StreamsAreNotSupportedYet
    : (...args: Args) => RemoteResult<Result>
  : never

/**
 * In place of a method that returns a generator or an async iterable: it can't be called from elsewhere, and the
 * compiler's error names this. Return an array.
 */
export interface StreamsAreNotSupportedYet {
  readonly streamsAreNotSupportedYet: never
}

/** Of `any` and `never` nobody knows. */
type IsStream<Result> = [Result] extends [never]
  ? false
  : 0 extends 1 & Result
    ? false
    : [Result] extends [AsyncIterable<unknown> | Iterator<unknown, unknown, never>]
      ? true
      : false

/** Tuples keep `any` and `never` from being taken for everything, or for nothing. */
export type RemoteResult<Result> = [Result] extends [never]
  ? Reply<never>
  : 0 extends 1 & Result
    ? Reply<Result>
    : Reply<Awaited<Result>>
