/** An object that is no array: what has been parsed, and is to be looked into. */
export function isRecord(given: unknown): given is Record<string, unknown> {
  return typeof given === 'object' && given !== null && !Array.isArray(given)
}
