// Does what bin/reaper.sh does, where there is no shell.
import { createInterface } from 'node:readline'

const TENTH_MS = 100

const [, , tenths] = process.argv
const jobs = new Set<number>()

for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) process.on(signal, () => {})

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const pid = Number(line.slice(1))
    if (line.startsWith('+')) jobs.add(pid)
    else jobs.delete(pid)
  })
  .on('close', () => look(Number(tenths)))

/** The id of one that has ended may be another's soon: it is forgotten. */
function look(left: number): void {
  for (const pid of jobs) if (!signal(pid, 0)) jobs.delete(pid)
  if (jobs.size > 0 && left > 0) {
    setTimeout(look, TENTH_MS, left - 1)
    return
  }
  for (const pid of jobs) signal(pid, 'SIGKILL')
  process.exit()
}

/** To its group, or to the process alone where there are no groups. Whether it is there. */
function signal(pid: number, which: 0 | 'SIGKILL'): boolean {
  try {
    return process.kill(process.platform === 'win32' ? pid : -pid, which)
  } catch {
    return false
  }
}
