import type { Figures, Load } from '../load.js'

/** How two talk: processes over tcp or ipc, threads over inproc. */
export type Lane = 'tcp' | 'ipc' | 'inproc'

export interface Serving {
  /** What a caller needs to find it. */
  readonly endpoint: string
  close(): Promise<void>
}

/** Of all who serve; of most systems there is one. */
export type Endpoints = readonly [string, ...string[]]

export interface Calling {
  measure(load: Load): Promise<Figures>
  close(): Promise<void>
}

/** What is measured, for whoever reads the figures. */
export interface Described {
  readonly name: string
  /** Packages that it needs; their versions are told. */
  readonly packages: readonly string[]
  /** What it needs on the PATH; what they say of their versions is told. */
  readonly programs: readonly { readonly name: string; readonly version: readonly string[] }[]
  /** What is chosen where there is a choice. */
  readonly settings: string
}

/** Somebody who echoes, and somebody who calls him. Each of the two is in a process, or thread, of its own. */
export interface System extends Described {
  readonly lanes: readonly Lane[]
  /** How many serve. @default 1 */
  readonly servers?: number
  serve(lane: Lane): Promise<Serving>
  call(lane: Lane, endpoints: Endpoints): Promise<Calling>
}
