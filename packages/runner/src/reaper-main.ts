// Does what bin/reaper.sh does, where there is no shell.
import { createInterface } from 'node:readline'
import { killGroup } from './end-group.js'

const [, , grace] = process.argv
const jobs = new Set<number>()

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const pid = Number(line.slice(1))
    if (line.startsWith('+')) jobs.add(pid)
    else jobs.delete(pid)
  })
  .on('close', () => {
    if (jobs.size === 0) process.exit()
    setTimeout(end, Number(grace) * 1000)
  })

function end(): void {
  for (const pid of jobs) if (!killGroup(pid)) kill(pid)
  process.exit()
}

/** It leads no group where there are none. */
function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended.
  }
}
