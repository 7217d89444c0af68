import { type FileHandle, open } from 'node:fs/promises'

/** A part of a file, in bytes. */
export interface Chunk {
  readonly path: string
  readonly from: number
  /** Behind the last. */
  readonly to: number
}

/** Cuts a file into chunks of `size` bytes, the last one shorter. */
export function* chunksOf(path: string, bytes: number, size: number): Generator<Chunk> {
  for (let from = 0; from < bytes; from += size) yield { path, from, to: Math.min(from + size, bytes) }
}

/**
 * Reads the text of a chunk, moved to where words end: both cuts go on to the next white space. Neighbours move the cut
 * between them alike, so that together they are the whole file, each word in one of them.
 */
export async function readChunk({ path, from, to }: Chunk): Promise<string> {
  const file = await open(path)
  try {
    const begin = await nextSpace(file, from)
    const end = await nextSpace(file, to)
    const bytes = Buffer.alloc(Math.max(0, end - begin))
    const { bytesRead } = await file.read(bytes, 0, bytes.length, begin)
    return bytes.toString('utf8', 0, bytesRead)
  } finally {
    await file.close()
  }
}

const STEP = 4096

/** Where the next white space is, from `at` on; the start and the end of the file count as such. */
async function nextSpace(file: FileHandle, at: number): Promise<number> {
  if (at === 0) return 0
  const bytes = Buffer.alloc(STEP)
  for (let from = at; ; from += STEP) {
    const { bytesRead } = await file.read(bytes, 0, STEP, from)
    const found = bytes.subarray(0, bytesRead).findIndex(isSpace)
    if (found !== -1) return from + found
    if (bytesRead < STEP) return from + bytesRead
  }
}

/** Of ASCII: in UTF-8 these bytes are never part of another character. */
function isSpace(byte: number): boolean {
  return byte === 0x20 || (byte >= 0x09 && byte <= 0x0d)
}
