import { runRelayThread } from '../dist/internal.js'

await runRelayThread()
