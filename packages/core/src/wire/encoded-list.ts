/** A list whose items are encoded already, each by itself. It stands in a message where an array would. */
export class EncodedList {
  constructor(
    /** Of items. */
    readonly length: number,
    /** Values in the list, those in its items included. */
    readonly nodes: number,
    /** Of the items, one behind the other. */
    readonly bytes: Uint8Array,
  ) {}
}
