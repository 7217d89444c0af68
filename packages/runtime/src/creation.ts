import type { RequestOptions } from '@skein/core'
import { invalidOption } from '@skein/core/internal'
import { checkModule } from './object-service.js'
import { anything, checkOptions, list, REQUEST_CHECKS } from './options.js'

/** A class, whatever its constructor takes. */
export type Constructor = new (...args: never[]) => object

/** Where a class is to be found, and what its constructor is given. */
export type CreateOptions<C extends Constructor> = {
  /** URL of the module that exports the class: `import.meta.url`, inside of it. Files only. */
  readonly from: string | URL
} & ([] extends ConstructorParameters<C>
  ? { readonly args?: ConstructorParameters<C> | undefined }
  : { readonly args: ConstructorParameters<C> })

/** Where an object is to be created, and how long that may take. */
export interface CreateTarget extends RequestOptions {
  /** The uid of the runtime where it is to live. */
  readonly on: string
}

const CREATION_CHECKS = { on: anything, from: anything, args: list, ...REQUEST_CHECKS }

/** @throws ERR_INVALID_OPTION; `from` and the form of `on` are checked where they are used */
export function checkCreation<T extends CreateTarget>(options: T): T {
  const { on } = checkOptions(options, CREATION_CHECKS)
  if (typeof on !== 'string') throw invalidOption('on', on, "the uid of a worker, as in 'worker:0:0'")
  return options
}

/** @throws ERR_INVALID_OPTION */
export function moduleOf(from: string | URL): string {
  return checkModule(from instanceof URL ? from.href : from)
}

/** @throws ERR_INVALID_OPTION for a class without a name: its module exports it under that */
export function nameOfClass(Class: Constructor): string {
  if (typeof Class === 'function' && Class.name !== '') return Class.name
  throw invalidOption('Class', Class, 'a class that its module exports under its own name')
}
