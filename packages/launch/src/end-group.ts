/**
 * Ends this process at once, and with it what the user's code has started: those have lost their owner, and no lifeline.
 * Works from any thread.
 */
export function endGroup(): void {
  try {
    process.kill(-process.pid, 'SIGKILL')
  } catch {
    // It leads no group: it was not started by LocalLauncher, or there are none on this platform.
    process.kill(process.pid, 'SIGKILL')
  }
}
