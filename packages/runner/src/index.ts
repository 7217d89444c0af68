export type { Ending, Run, RunEvents } from './job.js'
