import { type CommsManager, SkeinError } from '@skein/core'
import { invalidOption } from '@skein/core/internal'
import type { Handler, Service } from './dispatcher.js'
import type { References } from './references.js'
import type { ResidentObjects } from './resident-objects.js'

export interface ObjectServiceParts {
  readonly comms: () => CommsManager
  readonly objects: ResidentObjects
  readonly references: References
}

/**
 * `skein.objects`: creates objects, and keeps count of who holds them. `docs/protocol.md`, Resident objects.
 *
 * - `create(from, name, args)` constructs an object here and gives the caller a hold on it
 * - `hold(type, object, ticket)` enters the caller as a holder
 * - `release(tickets)` gives the caller's holds back; answered when what is thereby free has been disposed
 * - `taken(tickets)` the caller is known as a holder of what it got from this runtime
 */
export function objectService({ comms, objects, references }: ObjectServiceParts): Service {
  const create: Handler = async ([from, name, args], request) => {
    const { message, signal } = request
    if (message.id === 0)
      throw invalidOption('create', 'no answer', 'a request with an answer, which gives the hold')
    const value = await construct(text('from', from), text('name', name), list('args', args)).catch(
      (error) => {
        throw error instanceof SkeinError && error.code === 'ERR_NO_SUCH_EXPORT'
          ? request.refuse(error)
          : error
      },
    )
    const object = references.share(value)
    if (signal.aborted) await object[Symbol.asyncDispose]()
    else signal.addEventListener('abort', () => void object[Symbol.asyncDispose](), { once: true })
    return object
  }

  const hold: Handler = ([type, object, ticket], { from }) => {
    const resident = objects.get(text('type', type), text('object', object))
    const instance = from === comms().uid ? comms().instance : comms().entryOf(from)?.instance
    if (instance === undefined) throw new SkeinError('ERR_NO_SUCH_PEER', `${from} is gone`, { uid: from })
    objects.hold(resident, from, instance, text('ticket', ticket))
  }

  const release: Handler = ([tickets], { from }) => objects.release(from, texts('tickets', tickets))

  const taken: Handler = ([tickets], { from }) => references.taken(from, texts('tickets', tickets))

  return new Map(Object.entries({ create, hold, release, taken }))
}

/** Constructs the class that a module exports under a name, or by default if it bears that name. */
async function construct(from: string, name: string, args: readonly unknown[]): Promise<object> {
  const module = await load(checkModule(from))
  const standard = module.default
  const exported =
    module[name] ?? (typeof standard === 'function' && standard.name === name ? standard : undefined)
  if (typeof exported !== 'function' || exported.prototype === undefined) {
    const exports = Object.keys(module).join(', ') || 'nothing'
    throw noSuchExport(
      `${from} exports no class ${name}; it exports ${exports}. Is the class itself exported?`,
    )
  }
  const made: unknown = Reflect.construct(exported, args)
  if (typeof made === 'object' && made !== null) return made
  throw noSuchExport(`${name} of ${from} constructs no object`)
}

async function load(from: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return await import(from)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw noSuchExport(`${from} could not be loaded: ${why}`, cause)
  }
}

/**
 * Only files may be loaded, by their URL. Of other URLs `data:` would be code out of nowhere, and a package's name means
 * another package wherever it is resolved from.
 *
 * @throws ERR_INVALID_OPTION
 */
export function checkModule(from: unknown): string {
  if (typeof from === 'string' && URL.canParse(from) && new URL(from).protocol === 'file:') return from
  throw invalidOption('from', from, "the file: URL of the class's module, as import.meta.url is inside it")
}

function noSuchExport(message: string, cause?: unknown): SkeinError {
  return new SkeinError('ERR_NO_SUCH_EXPORT', message, { executed: 'no', cause })
}

function text(name: string, value: unknown): string {
  if (typeof value === 'string') return value
  throw invalidOption(name, value, 'a string')
}

function list(name: string, value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value
  throw invalidOption(name, value, 'an array')
}

function texts(name: string, value: unknown): readonly string[] {
  return list(name, value).map((item) => text(name, item))
}
