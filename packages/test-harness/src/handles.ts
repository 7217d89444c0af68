/** Something that is open in this thread: a name that nothing else open bears, and a line for people. */
export type Handles = Map<string, string>

/**
 * What is open in this thread's event loop, referenced or not: sockets, pipes, watchers, signal handlers, children,
 * worker threads.
 *
 * It comes from Node's diagnostic report, which asks libuv, because `process.getActiveResourcesInfo()` knows neither
 * the handles of native addons (ZeroMQ's sockets: a `poll` each, and one more for an observer of events), nor worker
 * threads, nor what is unreferenced. A report takes about 4 ms, and 5 more for each thread; a thread that is inside a
 * synchronous system call is waited for. Standard input, output and error don't count: they are opened on first use.
 */
export function openHandles(): Handles {
  const report = takeReport()
  const handles: Handles = new Map()
  for (const handle of listIn(report, 'libuv')) {
    const line = describeHandle(handle)
    if (line !== undefined) handles.set(nameOf(handle), line)
  }
  for (const worker of listIn(report, 'workers')) {
    const id = field(field(worker, 'header'), 'threadId')
    handles.set(`worker ${id}`, `worker thread ${id}`)
  }
  return handles
}

/** The name under which a direct child stands among the handles, so that a better description can take its place. */
export function childName(pid: number): string {
  return `process ${pid}`
}

function takeReport(): unknown {
  // @types/node 20 doesn't have this setting of 20.13. Without it every remote address is looked up in the DNS.
  const settings: NodeJS.ProcessReport & { excludeNetwork?: boolean } = process.report
  const before = settings.excludeNetwork
  settings.excludeNetwork = true
  try {
    return process.report.getReport()
  } finally {
    settings.excludeNetwork = before
  }
}

function nameOf(handle: unknown): string {
  const type = field(handle, 'type')
  return type === 'process' ? childName(Number(field(handle, 'pid'))) : `${type} ${field(handle, 'address')}`
}

/** Undefined for what isn't the program's doing: libuv's and Node's own timers, wake-ups and loop phases. */
function describeHandle(handle: unknown): string | undefined {
  const fd = field(handle, 'fd')
  if (typeof fd === 'number' && fd <= 2) return undefined
  switch (field(handle, 'type')) {
    case 'tcp':
      return `TCP ${ends(handle)}, fd ${fd}`
    case 'pipe':
      return `pipe or Unix ${ends(handle)}, fd ${fd}`
    case 'udp':
      return `UDP ${ends(handle)}, fd ${fd}`
    case 'poll':
      return `a native addon's socket, fd ${fd}: a ZeroMQ socket or the observer of one`
    case 'process':
      return `child process ${field(handle, 'pid')}`
    case 'signal':
      return `handler of ${field(handle, 'signal')}`
    case 'fs_event':
    case 'fs_poll':
      return `watcher of ${field(handle, 'filename')}`
    default:
      return undefined
  }
}

function ends(handle: unknown): string {
  const local = endpoint(field(handle, 'localEndpoint'))
  const remote = endpoint(field(handle, 'remoteEndpoint'))
  if (local !== undefined && remote !== undefined) return `socket ${local} to ${remote}`
  return local === undefined ? 'socket' : `socket on ${local}`
}

function endpoint(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  const host = field(value, 'host')
  return host === undefined ? undefined : `${host}:${field(value, 'port')}`
}

function listIn(value: unknown, key: string): unknown[] {
  const list = field(value, key)
  return Array.isArray(list) ? list : []
}

function field(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined
}
