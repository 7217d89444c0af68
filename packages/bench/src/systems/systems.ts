import { capnweb } from './capnweb.js'
import { erlang } from './erlang.js'
import { grpc } from './grpc.js'
import { rawLaden, skeinLaden } from './laden.js'
import { moleculer } from './moleculer.js'
import { nats } from './nats.js'
import { raw, rawMany } from './raw.js'
import { skein, skeinMany, skeinObject, skeinStream } from './skein.js'
import type { System } from './system.js'

/** Those that echo a small object, in the order in which tables have them. */
export const peers: readonly System[] = [skein, raw, moleculer, nats, grpc, capnweb, erlang]

const all: readonly System[] = [...peers, skeinStream, skeinObject, skeinMany, rawMany, skeinLaden, rawLaden]

/** @throws RangeError if there is none of that name */
export function systemOf(name: string): System {
  const system = all.find((one) => one.name === name)
  if (system === undefined) throw new RangeError(`no system is named '${name}'`)
  return system
}
