import { raw } from './raw.js'
import { skein } from './skein.js'
import type { System } from './system.js'

/** So many objects, each with another in it and a place in the list, are 80 bytes each, and 40 MiB together. */
const OBJECTS = 2 ** 19

const held: object[] = []

function hold(): void {
  while (held.length < OBJECTS) held.push({ index: held.length, inner: { index: held.length } })
}

/** The same in processes that have more in memory than what they are measured with, as programs have. */
function laden(system: System): System {
  return {
    ...system,
    name: `${system.name} laden`,
    settings: `as ${system.name}; each process has objects of 40 MiB besides`,
    serve(lane) {
      hold()
      return system.serve(lane)
    },
    call(lane, endpoints) {
      hold()
      return system.call(lane, endpoints)
    },
  }
}

export const skeinLaden = laden(skein)

export const rawLaden = laden(raw)
