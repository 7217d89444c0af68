import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SkeinError } from '@skein/core'
import { invalidOption, messageOf } from '@skein/core/internal'
import { checkOptions } from '@skein/runtime/internal'
import { type BrokerOptions, CONFIG_CHECKS } from './options.js'

/** A broker's options that are plain values, as they can stand in a file of JSON. */
export interface BrokerConfig extends Omit<BrokerOptions, 'logger' | 'clock' | 'random'> {
  /**
   * A file that holds the token, in place of `token`; its last line may end or not. In a file of JSON it is relative to
   * the folder of that, and otherwise to the working directory.
   * @default none
   */
  readonly tokenFile?: string | undefined
}

/** A configuration, or the path or URL of a file of JSON that holds one. */
export type BrokerConfigSource = BrokerConfig | string | URL

export interface ReadOptions {
  /** Leaves the token, and the file that would hold it, alone: there is a nearer one. @default false */
  readonly withoutToken?: boolean | undefined
}

/** @throws ERR_INVALID_OPTION, ERR_INVALID_ADDRESS */
export function readConfig(source: BrokerConfigSource, { withoutToken }: ReadOptions = {}): BrokerOptions {
  const isFile = typeof source === 'string' || source instanceof URL
  const given = isFile ? readJson(source) : source
  const checks = { ...CONFIG_CHECKS, tokenFile: checkFile }
  const { tokenFile, ...options } = checkOptions<BrokerConfig>(given, checks, 'config')
  if (withoutToken === true) return { ...options, token: undefined }
  if (tokenFile === undefined) return options
  if (options.token !== undefined)
    throw invalidOption('tokenFile', tokenFile, 'to be left out where there is a token')
  const folder = isFile ? dirname(pathOf(source)) : ''
  return { ...options, token: readToken(resolve(folder, tokenFile)) }
}

/** The token in a file. @throws ERR_INVALID_OPTION */
export function readToken(file: string): string {
  return read('tokenFile', file).replace(/\r?\n$/, '')
}

/** What is in it is looked at by whoever gets it. */
function readJson(source: string | URL): BrokerConfig {
  const path = pathOf(source)
  const json = read('config', path)
  try {
    return JSON.parse(json)
  } catch (error) {
    throw unreadable('config', path, 'a file of JSON', error)
  }
}

function pathOf(source: string | URL): string {
  return source instanceof URL ? fileURLToPath(source) : source
}

function read(option: string, path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw unreadable(option, path, 'a file that can be read', error)
  }
}

function unreadable(option: string, path: string, allowed: string, cause: unknown): SkeinError {
  const { message, given = '' } = invalidOption(option, path, allowed)
  const text = `${message} (${messageOf(cause)})`
  return new SkeinError('ERR_INVALID_OPTION', text, { option, given, allowed, cause })
}

function checkFile(option: string, given: unknown): void {
  if (typeof given !== 'string' || given === '') throw invalidOption(option, given, 'the path of a file')
}
