import { HarnessError } from './errors.js'
import { type Ledger, type LedgerOptions, openLedger } from './ledger.js'

/** A hook as jest has it: `beforeAll`, `afterEach`, … */
export type Hook = (run: () => void | Promise<void>, timeout?: number) => void

export interface UseLedgerOptions extends LedgerOptions {
  /**
   * Where the ledger is opened.
   * @default jest's global `beforeAll`
   */
  before?: Hook
  /**
   * Where it must settle.
   * @default jest's global `afterAll`
   */
  after?: Hook
  /**
   * Milliseconds that closing may take.
   * @default 20_000
   */
  timeout?: number
}

/** Beside the ledger's own timeout: what its last look may take, so that its error comes before jest's. */
const HOOK_SLACK = 5000

/**
 * Makes a test file fail that leaves something open. One line at its top, above its own hooks:
 *
 * ```ts
 * useLedger()
 * useLedger({ before: beforeEach, after: afterEach }) // or: each test by itself
 * ```
 */
export function useLedger({
  before = globalHook('beforeAll'),
  after = globalHook('afterAll'),
  timeout = 20_000,
  ...ledgerOptions
}: UseLedgerOptions = {}): void {
  let ledger: Ledger | undefined
  before(() => {
    ledger = openLedger(ledgerOptions)
  })
  // jest runs its after-hooks in the order of their adding, and this one must be the last: the file's own close what
  // is to be closed. A microtask runs when the file has been read to its end and no test has begun.
  queueMicrotask(() =>
    after(async () => {
      // Inside a `describe` whose tests are skipped it was never opened.
      const settling = ledger?.settle({ timeout })
      ledger = undefined
      await settling
    }, timeout + HOOK_SLACK),
  )
}

function globalHook(name: 'beforeAll' | 'afterAll'): Hook {
  const hook: unknown = Reflect.get(globalThis, name)
  if (typeof hook === 'function') return (run, timeout) => void hook(run, timeout)
  throw new HarnessError(
    'ERR_HARNESS_MISUSE',
    `useLedger: there is no global ${name}; give jest's own as \`before\` and \`after\``,
  )
}
