import { SkeinError } from '@skein/core'
import { invalidOption, messageOf } from '@skein/core/internal'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { FrameCodec } from './codec.js'

/** What a value is for, and where it goes or comes from: for people. */
export interface Purpose {
  readonly what: 'request' | 'answer' | 'message'
  readonly address: string
}

/**
 * What stands in the payload of a message: how it is encoded, and of which type it is.
 *
 * `In` is what is sent, `Out` what it is for whoever receives it; they differ where the schema transforms.
 */
export class Payload<In, Out> {
  readonly #codec: FrameCodec
  readonly #schema: StandardSchemaV1 | undefined

  /** @param option the name of the option with the schema */
  constructor(codec: FrameCodec, schema: StandardSchemaV1<In, Out> | undefined, option: string) {
    if (schema !== undefined && !isSchema(schema))
      throw invalidOption(option, schema, 'a Standard Schema: one of zod, valibot, arktype…')
    this.#codec = codec
    this.#schema = schema
  }

  /**
   * The frames for a value. It is checked, and leaves as it is: what a schema makes of it, the receiver's makes.
   *
   * @throws ERR_INVALID_PAYLOAD, ERR_NOT_SERIALISABLE, ERR_TOO_LARGE; a promise only where the schema needs one
   */
  pack(value: In, purpose: Purpose): Uint8Array[] | Promise<Uint8Array[]> {
    const checked = this.#check(value, purpose)
    if (checked instanceof Promise) return checked.then(() => this.#encode(value, purpose))
    return this.#encode(value, purpose)
  }

  /** @throws ERR_INVALID_PAYLOAD */
  unpack(frames: readonly Buffer[], purpose: Purpose): Out | Promise<Out> {
    let value: unknown
    try {
      value = this.#codec.decode(frames)
    } catch (error) {
      const { what, address } = purpose
      const message = `the payload of the ${what} at ${address} can't be read: ${messageOf(error)}`
      throw new SkeinError('ERR_INVALID_PAYLOAD', message, { address, path: '', cause: error })
    }
    // What no schema checks is as the caller says; nothing here can know.
    return this.#check(value, purpose) as Out | Promise<Out>
  }

  #encode(value: unknown, { what }: Purpose): Uint8Array[] {
    try {
      return this.#codec.encode(value)
    } catch (error) {
      if (!(error instanceof SkeinError) || error.path === undefined) throw error
      const isInside = error.path !== ''
      const path = isInside && !error.path.startsWith('[') ? `${what}.${error.path}` : `${what}${error.path}`
      const message = isInside ? error.message.replace(error.path, path) : `${what}: ${error.message}`
      throw new SkeinError(error.code, message, { path, cause: error })
    }
  }

  /** What the schema makes of a value. */
  #check(value: unknown, purpose: Purpose): unknown {
    if (this.#schema === undefined) return value
    const result = this.#schema['~standard'].validate(value)
    return result instanceof Promise
      ? result.then((settled) => checked(settled, purpose))
      : checked(result, purpose)
  }
}

function checked(result: StandardSchemaV1.Result<unknown>, { what, address }: Purpose): unknown {
  if (result.issues === undefined) return result.value
  const [issue] = result.issues
  const path = pathOf(issue?.path ?? [])
  const where = path === '' ? '' : ` at ${path}`
  const message = `the ${what} at ${address} is of the wrong type${where}: ${issue?.message ?? 'no reason given'}`
  throw new SkeinError('ERR_INVALID_PAYLOAD', message, { address, path, reason: issue?.message ?? '' })
}

/** `items[0].name` */
function pathOf(path: NonNullable<StandardSchemaV1.Issue['path']>): string {
  return path
    .map((segment) => (typeof segment === 'object' ? segment.key : segment))
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`))
    .join('')
    .replace(/^\./, '')
}

function isSchema(given: unknown): boolean {
  const isThing = (typeof given === 'object' && given !== null) || typeof given === 'function'
  const standard: unknown = isThing ? Reflect.get(given, '~standard') : undefined
  return typeof standard === 'object' && standard !== null && 'validate' in standard
}
