import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './step.mjs'

/** Changes with the contents of files, whose paths are from the top of the repository, and with a text. */
export function fingerprint(text, files) {
  const hash = createHash('sha256').update(text)
  for (const file of files) hash.update(`\0${file}\0`).update(readFileSync(join(root, file)))
  return hash.digest('hex')
}

/** For which fingerprint a step has succeeded last. It is kept among what is installed, and gone with that. */
export class Stamp {
  #file

  constructor(step) {
    this.#file = join(root, 'node_modules', `.skein-${step}`)
  }

  is(wanted) {
    return existsSync(this.#file) && readFileSync(this.#file, 'utf8') === wanted
  }

  set(wanted) {
    writeFileSync(this.#file, wanted)
  }
}
