/** So many large batches that go to one peer are all that is looked at. */
const LATELY = 8

/** Whom large batches go to, of all the peers of a runtime. */
export class Recipients {
  #last: object | undefined
  /** How many have gone to that one since the last to another. */
  #inARow = LATELY

  /** A large batch goes to a peer. Whether one of the last few went to another. */
  add(peer: object): boolean {
    if (this.#last !== peer) {
      this.#inARow = this.#last === undefined ? LATELY : 0
      this.#last = peer
    }
    this.#inARow += 1
    return this.#inARow <= LATELY
  }
}
