const LOADER = new URL('../bin/typescript.mjs', import.meta.url).href

/** Options for node under which a runtime can import TypeScript; a process takes them as well as a thread. */
export const TYPESCRIPT_EXEC_ARGV: readonly string[] = ['--import', LOADER]

/** What `execArgv` a runtime needs to run a script: none for JavaScript, which starts sooner without. */
export function execArgvFor(script: string | URL): readonly string[] {
  return /\.([cm]?ts|[jt]sx)$/.test(new URL(script).pathname) ? TYPESCRIPT_EXEC_ARGV : []
}
