/** What an endpoint begins with: how it is reached. */
export type Scheme = 'tcp' | 'ipc' | 'inproc' | 'mem'

/** The scheme of an endpoint, or undefined if it has none of ours. */
export function schemeOf(endpoint: string): Scheme | undefined {
  const scheme = /^([a-z]+):\/\/./.exec(endpoint)?.[1]
  return scheme === 'tcp' || scheme === 'ipc' || scheme === 'inproc' || scheme === 'mem' ? scheme : undefined
}
