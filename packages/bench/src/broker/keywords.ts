/** Into how many shares the workers are divided: each share has a keyword of its own. */
export const SHARES = 10

export const SERVICE = 'load'

/** The keyword that a worker has, by its name: `worker:<process>:<index>`, the index counted through all. */
export function keywordOf(worker: string): string {
  return `share${Number(worker.slice(worker.lastIndexOf(':') + 1)) % SHARES}`
}

/** What a worker answers: whose request it was, and who it is. */
export interface Answer {
  readonly request: string
  readonly worker: string
}
