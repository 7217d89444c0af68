/** How often each word occurs. */
export type Counts = Map<string, number>

/** Letters of any script with their marks; apostrophes inside belong to the word: `don't`, `l’été`. */
const WORD = /[\p{L}\p{M}]+(?:['’][\p{L}\p{M}]+)*/gu

/** Counts the words of a text in lower case, either apostrophe taken for the plain one. */
export function countWords(text: string): Counts {
  const counts: Counts = new Map()
  for (const [word] of text.matchAll(WORD)) add(counts, word.toLowerCase().replaceAll('’', "'"), 1)
  return counts
}

/** Adds `more` to `counts`. */
export function addAll(counts: Counts, more: Counts): void {
  for (const [word, count] of more) add(counts, word, count)
}

/** The most frequent words, those of the same count in the order of the alphabet. */
export function mostFrequent(counts: Counts, most: number): [string, number][] {
  return [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).slice(0, most)
}

function add(counts: Counts, word: string, count: number): void {
  counts.set(word, (counts.get(word) ?? 0) + count)
}
