import { sep } from 'node:path'
import { pathToFileURL } from 'node:url'

/** A text in which paths and URLs of what lies below this folder are as short as the user would write them. */
export function nearby(text: string, folder = process.cwd()): string {
  if (folder.endsWith(sep)) return text // the root: everything lies below it
  const path = `${folder}${sep}`
  return text.replaceAll(pathToFileURL(path).href, '').replaceAll(path, '')
}
