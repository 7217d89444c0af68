/** After so many large batches in a row to one peer, the others no longer count. */
const LATELY = 8

/** Whom large batches go to, of all the peers of a runtime. */
export class Recipients {
  #last: object | undefined
  /** How many have gone to that one since the last to another. */
  #inARow = LATELY

  /**
   * A large batch goes to a peer. Whether one of the last few went to another.
   *
   * @param peer a key of its own: nothing that it leads to may be kept here
   */
  alternates(peer: object): boolean {
    if (this.#last !== undefined && this.#last !== peer) this.#inARow = 0
    this.#last = peer
    this.#inARow += 1
    return this.#inARow <= LATELY
  }
}
