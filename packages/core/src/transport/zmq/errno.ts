/**
 * The system's name for an error, `EADDRINUSE` for instance, if it has one. Told by its shape: an error that native code
 * made need not be an `Error` of this realm.
 */
export function errnoOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}
