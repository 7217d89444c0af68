import type { RemoteStream, Reply } from '@skein/core'
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
 * returns there. What is no method, is private or begins with `_` isn't there. A method that yields gives a stream.
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
  ? (...args: { [Index in keyof Args]: RemoteArgument<Args[Index]> }) => RemoteResult<Result>
  : never

/** What is iterated where it arrives may be a generator here, which is sent as a stream like any other. */
type RemoteArgument<Arg> =
  Arg extends AsyncIterable<infer T>
    ? AsyncIterable<T> extends Arg
      ? Arg | Generator<T, unknown, never>
      : Arg
    : Arg

/**
 * The reply of a method that returns a generator or an async iterable. It is iterated as it is, `for await (const item of
 * remote.items())`, or awaited for the stream.
 */
export type RemoteStreamReply<T, R = unknown> = Reply<RemoteStream<T, R>> & AsyncIterable<T>

/** The reply for what is iterated later: generators and async iterables. */
type StreamResult<Result> = Result extends
  | AsyncIterator<infer T, infer R, never>
  | Generator<infer T, infer R, never>
  ? RemoteStreamReply<T, R>
  : Result extends AsyncIterable<infer T>
    ? RemoteStreamReply<T>
    : never

type Stream = AsyncIterable<unknown> | Generator<unknown, unknown, never>

/** Tuples keep `any` and `never` from being taken for everything, or for nothing. */
export type RemoteResult<Result> = [Result] extends [never]
  ? Reply<never>
  : 0 extends 1 & Result
    ? Reply<Result>
    : [Awaited<Result>] extends [Stream]
      ? StreamResult<Awaited<Result>>
      : Reply<Awaited<Result>>
