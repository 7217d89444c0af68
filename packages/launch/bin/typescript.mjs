// Lets this thread import TypeScript. Not `--import tsx`, which does nothing in worker threads on Node 20.
import * as modules from 'node:module'
import { register as registerCommonJs } from 'tsx/cjs/api'
import { register } from 'tsx/esm/api'
import { asModule } from './typescript-hooks.mjs'

registerCommonJs()
register()
// Node from 22.15 on has hooks that run in this thread, as tsx then has: what it gives they pass on to nobody else.
if (modules.registerHooks === undefined) modules.register('./typescript-hooks.mjs', import.meta.url)
else modules.registerHooks({ resolve: (specifier, context, next) => asModule(next(specifier, context)) })
