// The files of this package. They are found from here since this folder is as deep as dist, where all sources end up in.

/** What the head's process runs. */
export const HEAD_MAIN = new URL('../bin/head.js', import.meta.url)

export const MANIFEST = new URL('../package.json', import.meta.url)
