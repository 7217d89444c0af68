/** Holds lines back until they are wanted. */
export class HeldLines {
  readonly #show: (uid: string, text: string) => void
  #held: { readonly uid: string; readonly text: string }[] | undefined = []

  constructor(show: (uid: string, text: string) => void) {
    this.#show = show
  }

  push(uid: string, text: string): void {
    if (this.#held === undefined) this.#show(uid, text)
    else this.#held.push({ uid, text })
  }

  /** Shows those that were held, and from now on each as it comes. */
  release(): void {
    for (const { uid, text } of this.#held ?? []) this.#show(uid, text)
    this.#held = undefined
  }
}
