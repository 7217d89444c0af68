import { Writable } from 'node:stream'
import { stripVTControlCharacters } from 'node:util'
import { SingleBar } from 'cli-progress'
import type { Progress } from './progress.js'
import type { StatusLine } from './status-line.js'

const FORMAT = '{bar} {percentage}%  {value}/{total}{label}'
const WIDTH = 30

/** Shows progress on a status line. */
export class ProgressBar {
  readonly #bar: SingleBar
  #shown: Progress | undefined

  constructor(line: StatusLine) {
    this.#bar = new SingleBar({
      format: FORMAT,
      barsize: WIDTH,
      barCompleteChar: '█',
      barIncompleteChar: '░',
      gracefulExit: false,
      // It writes no control sequences then, but a line for each frame, and the status line does the rest.
      stream: frames((text) => line.show(text)),
      noTTYOutput: true,
      notTTYSchedule: 100,
    })
  }

  show(progress: Progress): void {
    const { done, total, text } = progress
    const payload = { label: text === undefined ? '' : ` ${oneLine(text)}` }
    if (this.#shown === undefined) this.#bar.start(total, done, payload)
    else if (this.#shown.total !== total) this.#bar.setTotal(total)
    this.#bar.update(done, payload)
    this.#shown = progress
  }

  close(): void {
    this.#bar.stop()
  }
}

function frames(show: (text: string) => void): Writable {
  return new Writable({
    decodeStrings: false,
    write(chunk: string, _encoding, done) {
      if (chunk !== '\n') show(chunk)
      done()
    },
  })
}

function oneLine(text: string): string {
  return stripVTControlCharacters(text).replace(/\s+/g, ' ')
}
