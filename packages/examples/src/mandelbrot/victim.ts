import { isMainThread } from 'node:worker_threads'

/** On a worker, says what is needed to kill it. */
export class Victim {
  /** Undefined where the worker is a thread: whoever killed its process would kill others with it. */
  pid(): number | undefined {
    return isMainThread ? process.pid : undefined
  }
}
