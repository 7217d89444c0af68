/** Thrown in place of an exit that has to wait: nothing after `process.exit()` may run. */
export class ExitRequest extends Error {
  override readonly name = 'ExitRequest'

  constructor(readonly code: number) {
    super(`process.exit(${code}) was called in a thread, and its sockets are being closed for it`)
  }
}
