import type { Suite } from './suite.js'
import { broker } from './suites/broker.js'
import { channels } from './suites/channels.js'
import { fanout } from './suites/fanout.js'
import { mesh } from './suites/mesh.js'
import { object } from './suites/object.js'
import { payload } from './suites/payload.js'
import { relay } from './suites/relay.js'
import { rest } from './suites/rest.js'
import { rpc } from './suites/rpc.js'
import { start } from './suites/start.js'
import { stream } from './suites/stream.js'

/** In the order in which they are run. */
export const suites: readonly Suite[] = [
  rpc,
  payload,
  stream,
  fanout,
  object,
  mesh,
  start,
  rest,
  relay,
  broker,
  channels,
]
