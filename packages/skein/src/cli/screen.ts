import { Writable } from 'node:stream'
import type { WriteStream } from 'node:tty'
import type { ProgramSummary } from '../program/summary.js'
import { closingTable, type Endings } from './closing-table.js'
import { type Paint, paintFor } from './paint.js'
import type { Progress, ProgressDisplay } from './progress.js'
import { ProgressLog } from './progress-log.js'
import { StatusLine } from './status-line.js'

/** The colours that tell runtimes apart. */
const COLOURS = ['cyan', 'magenta', 'yellow', 'blue', 'green'] as const

/** Values of FORCE_COLOR, by the bits of a colour. */
const LEVELS: Readonly<Record<number, string>> = { 4: '1', 8: '2', 24: '3' }

/** All that `skein run` shows: on a terminal the progress stands below what is printed. */
export class Screen {
  /**
   * Where the program's standard output goes. On a terminal with a status line it must come through here, byte by byte;
   * otherwise the program has this process's own, so that it sees what it really is.
   */
  readonly output: 'inherit' | Writable
  readonly #stdout: WriteStream
  readonly #stderr: WriteStream
  readonly #quiet: boolean
  readonly #paint: Paint
  readonly #line: StatusLine
  readonly #progress: ProgressDisplay
  readonly #colours = new Map<string, (typeof COLOURS)[number]>()

  private constructor(
    stdout: WriteStream,
    stderr: WriteStream,
    quiet: boolean,
    line: StatusLine,
    bar?: ProgressDisplay,
  ) {
    this.#stdout = stdout
    this.#stderr = stderr
    this.#quiet = quiet
    this.#paint = paintFor(stderr)
    this.#line = line
    this.#progress = bar ?? new ProgressLog((text) => this.say(text))
    this.output = bar !== undefined && stdout.isTTY ? this.#relay() : 'inherit'
    if (this.output !== 'inherit') this.#announceColours()
    // Whoever read them has gone; the run goes on.
    for (const stream of [stdout, stderr]) stream.on('error', () => {})
  }

  static async open(
    stdout: WriteStream,
    stderr: WriteStream,
    { quiet }: { readonly quiet: boolean },
  ): Promise<Screen> {
    const line = new StatusLine(stderr)
    const hasBar = !quiet && stderr.isTTY && process.env.TERM !== 'dumb'
    if (!hasBar) return new Screen(stdout, stderr, quiet, line)
    // Only where it is seen: what it is made of takes its time to load.
    const { ProgressBar } = await import('./progress-bar.js')
    return new Screen(stdout, stderr, quiet, line, new ProgressBar(line))
  }

  /** What the program printed to standard error. */
  programError(text: string): void {
    this.#print(text)
  }

  /** What another runtime printed. */
  line(uid: string, text: string): void {
    this.#print(`${this.#paint(this.#colourOf(uid), `${uid} |`)} ${text}`)
  }

  /** What `skein` itself has to say. */
  say(text: string): void {
    this.#print(`skein: ${text}`)
  }

  progress(progress: Progress): void {
    if (!this.#quiet) this.#progress.show(progress)
  }

  /** Ends the display of progress. */
  close(): void {
    this.#progress.close()
    this.#line.leave()
  }

  table(summary: ProgramSummary, endings: Endings): void {
    if (!this.#quiet) this.#print(`\n${closingTable(summary, endings, this.#paint)}`)
  }

  #print(text: string): void {
    this.#line.print(this.#stderr, `${text}\n`)
  }

  #relay(): Writable {
    return new Writable({
      write: (chunk: Buffer, _encoding, done) => this.#line.print(this.#stdout, chunk, () => done()),
    })
  }

  /** What looks for a terminal finds none behind the relay; most libraries that print in colours look here as well. */
  #announceColours(): void {
    const level = LEVELS[this.#stdout.getColorDepth()]
    if (level !== undefined) process.env.FORCE_COLOR ??= level
  }

  #colourOf(uid: string): (typeof COLOURS)[number] {
    const known = this.#colours.get(uid)
    if (known !== undefined) return known
    const colour = COLOURS[this.#colours.size % COLOURS.length] ?? COLOURS[0]
    this.#colours.set(uid, colour)
    return colour
  }
}
