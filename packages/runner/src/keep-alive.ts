/** How long a thread that has nothing else to do waits for its last runs to end in order, in milliseconds. */
const PATIENCE_MS = 1500

export interface KeptAlive {
  readonly ended: Promise<unknown>
  /** Asks it to end in order. */
  stop(): void
  /** Whether the event loop is to live as long as the run. */
  hold(isHeld: boolean): void
}

/** Those that keep nobody alive. */
const daemons = new Set<KeepAlive>()

/**
 * Whether a run keeps the thread alive that has started it. One that doesn't is asked to end when nothing else does: so
 * what it has bound is free when this process is gone.
 */
export class KeepAlive {
  readonly #run: KeptAlive
  #hasEnded = false

  constructor(run: KeptAlive) {
    this.#run = run
    void run.ended.then(() => {
      this.#hasEnded = true
      dismiss(this)
    })
  }

  ref(): void {
    dismiss(this)
    this.#run.hold(true)
  }

  unref(): void {
    this.#run.hold(false)
    if (this.#hasEnded) return
    if (daemons.size === 0) process.on('beforeExit', endAll)
    daemons.add(this)
  }

  /** Waits for its end, but not for ever: a thread that is stuck would keep this one for as long. */
  end(): void {
    this.ref()
    const late = setTimeout(() => this.#run.hold(false), PATIENCE_MS)
    void this.#run.ended.then(() => clearTimeout(late))
    this.#run.stop()
  }
}

function dismiss(run: KeepAlive): void {
  daemons.delete(run)
  if (daemons.size === 0) process.off('beforeExit', endAll)
}

/** The event loop is empty. */
function endAll(): void {
  for (const daemon of [...daemons]) daemon.end()
}
