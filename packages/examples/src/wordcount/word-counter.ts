import { type Chunk, readChunk } from './chunks.js'
import { type Counts, countWords } from './words.js'

/** On a worker, counts the words of files that it can read itself. */
export class WordCounter {
  async count(chunk: Chunk): Promise<Counts> {
    return countWords(await readChunk(chunk))
  }
}
