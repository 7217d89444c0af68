// Lets this thread import TypeScript. Not `--import tsx`, which does nothing in worker threads on Node 20.
import { register as registerHooks } from 'node:module'
import { register as registerCommonJs } from 'tsx/cjs/api'
import { register } from 'tsx/esm/api'

registerCommonJs()
register()
registerHooks('./typescript-hooks.mjs', import.meta.url)
