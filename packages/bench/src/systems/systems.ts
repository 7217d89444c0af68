import { capnweb } from './capnweb.js'
import { erlang } from './erlang.js'
import { grpc } from './grpc.js'
import { moleculer } from './moleculer.js'
import { nats } from './nats.js'
import { raw } from './raw.js'
import { skein } from './skein.js'
import type { System } from './system.js'

/** All that are compared, in the order in which they take turns. */
export const systems: readonly System[] = [skein, raw, moleculer, nats, grpc, capnweb, erlang]

/** @throws RangeError if there is none of that name */
export function systemOf(name: string): System {
  const system = systems.find((one) => one.name === name)
  if (system === undefined) throw new RangeError(`no system is named '${name}'`)
  return system
}
