/**
 * What must not outlast the rig, whatever becomes of it: processes, namespaces, proxies, folders. Each is let go of by a function
 * that may be called when its work is done already, and that waits for nothing.
 */
export class Belongings {
  readonly #releases: (() => void)[] = []

  /** The latest is let go of first. */
  add(release: () => void): void {
    this.#releases.push(release)
  }

  /** May be called twice. What fails to be let go of keeps nothing else from it. */
  release(): void {
    for (let release = this.#releases.pop(); release !== undefined; release = this.#releases.pop()) {
      try {
        release()
      } catch (error) {
        console.error(error)
      }
    }
  }
}
