import type { Figures, Load } from '../load.js'

/** How two talk: processes over tcp or ipc, threads over inproc. */
export type Lane = 'tcp' | 'ipc' | 'inproc'

export interface Serving {
  /** What a caller needs to find it. */
  readonly endpoint: string
  close(): Promise<void>
}

export interface Calling {
  measure(load: Load): Promise<Figures>
  close(): Promise<void>
}

/** Somebody who echoes, and somebody who calls him. Each of the two is in a process, or thread, of its own. */
export interface System {
  readonly name: string
  /** Packages that it needs; the version of the first is told. */
  readonly packages: readonly string[]
  /** What it needs on the PATH; what the first of them says of its version is told, where there are no packages. */
  readonly programs: readonly { readonly name: string; readonly version: readonly string[] }[]
  readonly lanes: readonly Lane[]
  /** What is chosen where there is a choice, for whoever reads the figures. */
  readonly settings: string
  serve(lane: Lane): Promise<Serving>
  call(lane: Lane, endpoint: string): Promise<Calling>
}
