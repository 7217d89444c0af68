import { mkdir, readFile, writeFile } from 'node:fs/promises'
import type { Measured, Suite } from '../suite.js'
import type { Report } from './report.js'
import { svgOf } from './svg.js'
import { ratioTableOf, tableOf } from './table.js'

/** Where the documents of this checkout are. */
export const DOCS = new URL('../../../../docs/', import.meta.url)

const PAGE = 'performance.md'

/** Writes what a suite has measured into the page about it, between the suite's markers, and its chart beside. */
export async function writeDocs(
  suite: Suite,
  measured: Measured,
  report: Omit<Report, 'suites'>,
  docs = DOCS,
): Promise<void> {
  const page = new URL(PAGE, docs)
  const before = await readFile(page, 'utf8')
  const after = replaced(before, suite.name, sectionOf(suite, measured, report))
  const svg = await svgOf(suite.summary, suite.chart(measured.rows))
  await mkdir(new URL('bench/', docs), { recursive: true })
  await writeFile(new URL(`bench/${suite.name}.svg`, docs), svg)
  await writeFile(page, after)
}

/** @throws Error if the page has no markers for the suite */
export function replaced(page: string, suite: string, section: string): string {
  const [begin, end] = [`<!-- bench:${suite} -->`, `<!-- /bench:${suite} -->`]
  const from = page.indexOf(begin)
  const to = page.indexOf(end)
  if (from < 0 || to < from) throw new Error(`${PAGE} has no '${begin}' followed by '${end}'`)
  return `${page.slice(0, from + begin.length)}\n${section}\n${page.slice(to)}`
}

/** The tables and the chart, and what made them. */
export function sectionOf(
  { name, summary, columns, systems }: Suite,
  { rows, ratios }: Measured,
  { command, machine, systems: versions, skipped }: Omit<Report, 'suites'>,
): string {
  const names = new Set(systems.map(({ name }) => name))
  const here = versions.filter(({ system }) => names.has(system))
  const missing = skipped.filter(({ system }) => names.has(system))
  const { processors, model = 'unknown', platform, node } = machine
  return [
    `\`${command}\`, on ${processors} processors (${model}), ${platform}, Node ${node}:`,
    '',
    tableOf(columns, rows),
    '',
    ratioTableOf(ratios),
    '',
    `![${summary}](bench/${name}.svg)`,
    '',
    ...here.map(({ system, version, settings }) => `- ${system}: ${settings}${version && ` (${version})`}`),
    ...missing.map(({ system, why }) => `- ${system}: not measured, ${why}`),
  ].join('\n')
}
