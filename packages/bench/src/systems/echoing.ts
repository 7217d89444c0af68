/** What lives on the other side where an object is called. */
export class Echoing {
  echo(value: unknown): unknown {
    return value
  }
}
