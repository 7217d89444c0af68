import { types } from 'node:util'
import type { Exporter, RemoteReferences, RemoteStreams, StreamSource } from './codec.js'

/** What was handed out so far in the present encoding. */
export interface Mark {
  readonly references: number
  readonly streams: number
}

/** What hands out references and streams for one codec. */
export class Exporters {
  readonly references: RemoteReferences | undefined
  readonly streams: RemoteStreams | undefined

  constructor(references: RemoteReferences | undefined, streams: RemoteStreams | undefined) {
    this.references = references
    this.streams = streams
  }

  begin(): void {
    this.references?.begin?.()
    this.streams?.begin?.()
  }

  mark(): Mark {
    return { references: handedOut(this.references), streams: handedOut(this.streams) }
  }

  rollback({ references, streams }: Mark): void {
    this.references?.rollback?.(references)
    this.streams?.rollback?.(streams)
  }
}

function handedOut(exporter: Exporter | undefined): number {
  return exporter?.mark?.() ?? 0
}

/** Whether it is to be iterated later: an async iterable, or a generator. Lists, Maps and Sets are data. */
export function isStream(value: object): value is StreamSource {
  if (types.isGeneratorObject(value)) return true
  return typeof Reflect.get(value, Symbol.asyncIterator) === 'function'
}
