/**
 * Kills a process and what it has started in its group: those have lost their owner, and nobody else ends them. False if
 * it leads no group: it has ended, was not started by us, or there are none on this platform.
 */
export function killGroup(pid: number | undefined): boolean {
  if (pid === undefined) return false
  try {
    return process.kill(-pid, 'SIGKILL')
  } catch {
    return false
  }
}

/** Ends this process at once, and with it what the user's code has started. */
export function endGroup(): void {
  if (!killGroup(process.pid)) process.kill(process.pid, 'SIGKILL')
}
