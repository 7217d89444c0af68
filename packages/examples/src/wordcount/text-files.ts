import { type FileHandle, open, readdir, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { UsageError } from '../usage-error.js'

export interface TextFile {
  readonly path: string
  /** In bytes. */
  readonly size: number
}

/** In a folder: what is hidden, what is installed, and drawings, which are text only to a machine. */
const PASSED_OVER = /^\.|^node_modules$|\.svg$/

/**
 * The text files among `paths` and in the folders among them, each once. In a folder, what is hidden, `node_modules`,
 * drawings and what is no text are passed over.
 *
 * @throws UsageError for a path that isn't there, is no text, or is a folder without any
 */
export async function textFiles(paths: readonly string[]): Promise<TextFile[]> {
  const found = new Map<string, TextFile>()
  for (const path of paths) for (const file of await textFilesAt(path)) found.set(resolve(file.path), file)
  return [...found.values()]
}

async function textFilesAt(path: string): Promise<TextFile[]> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    const why = error.code === 'ENOENT' ? 'is not there' : `can't be read (${error.code})`
    throw new UsageError(`'${path}' ${why}`)
  })
  if (found.isDirectory()) {
    const files = await within(path)
    if (files.length === 0) throw new UsageError(`there are no text files in '${path}'`)
    return files
  }
  const file = await textFileAt(path)
  if (file === undefined) throw new UsageError(`'${path}' is no text`)
  return [file]
}

async function within(folder: string): Promise<TextFile[]> {
  const files: TextFile[] = []
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (PASSED_OVER.test(entry.name)) continue
    const path = join(folder, entry.name)
    if (entry.isDirectory()) files.push(...(await within(path)))
    if (!entry.isFile()) continue
    const file = await textFileAt(path)
    if (file !== undefined) files.push(file)
  }
  return files
}

async function textFileAt(path: string): Promise<TextFile | undefined> {
  const file = await open(path).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`'${path}' can't be read (${error.code})`)
  })
  try {
    const found = await file.stat()
    return found.isFile() && (await isText(file)) ? { path, size: found.size } : undefined
  } finally {
    await file.close()
  }
}

/** As git tells: text has no zero byte, at least not near its start. */
async function isText(file: FileHandle): Promise<boolean> {
  const start = Buffer.alloc(8000)
  const { bytesRead } = await file.read(start, 0, start.length, 0)
  return !start.subarray(0, bytesRead).includes(0)
}
