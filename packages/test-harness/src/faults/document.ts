import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'

const DOCUMENT = fileURLToPath(new URL('../../../../docs/faults.md', import.meta.url))

const [BEGIN, END] = ['<!-- table: begin -->', '<!-- table: end -->']

/** Puts the table into docs/faults.md, with the command that made it. Does nothing outside of a checkout. */
export function enter(table: string, { runs, jobs }: { readonly runs: number; readonly jobs: number }): void {
  if (!existsSync(DOCUMENT)) return
  const text = readFileSync(DOCUMENT, 'utf8')
  const [from, to] = [text.indexOf(BEGIN), text.indexOf(END)]
  if (from < 0 || to < from) return
  const command = `npm run faults -- --runs ${runs}${jobs > 1 ? ` --jobs ${jobs}` : ''}`
  const made = `\`${command}\`, with Node ${process.version} on ${availableParallelism()} processors:`
  const entry = `${BEGIN}\n${made}\n\n${table}\n`
  writeFileSync(DOCUMENT, text.slice(0, from) + entry + text.slice(to))
}
