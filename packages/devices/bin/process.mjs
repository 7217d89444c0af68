import { runRelayProcess } from '../dist/internal.js'

await runRelayProcess()
