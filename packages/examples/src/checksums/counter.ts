import type { PlainSocket, SocketSpace } from '@skein/devices'

/** Counts what a monitored queue copies. */
export class Counter {
  readonly #socket: PlainSocket
  #requests = 0
  #answers = 0
  #most = 0
  #waiting: { readonly copies: number; readonly resolve: () => void } | undefined

  constructor(space: SocketSpace) {
    this.#socket = space.open('pull')
  }

  async bind(address: string): Promise<string> {
    const endpoint = await this.#socket.bind(address)
    // It ends when the socket is closed.
    this.#count().catch(() => {})
    return endpoint
  }

  /** Resolves when so many copies have come. */
  seen(copies: number): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting = { copies, resolve }
      this.#check()
    })
  }

  describe(): string {
    return `\n${this.#requests} requests, ${this.#answers} answers, at most ${this.#most} under way`
  }

  async #count(): Promise<void> {
    for (;;) {
      const [side] = await this.#socket.receive()
      if (String(side) === 'in') this.#requests++
      else this.#answers++
      this.#most = Math.max(this.#most, this.#requests - this.#answers)
      this.#check()
    }
  }

  #check(): void {
    const { copies = Number.POSITIVE_INFINITY, resolve } = this.#waiting ?? {}
    if (this.#requests + this.#answers >= copies) resolve?.()
  }
}
