import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** The top of the repository. */
export const root = fileURLToPath(new URL('..', import.meta.url))

/**
 * Runs a command and says so in one line; what the command prints is shown only if it fails.
 * @returns {Promise<{ ok: boolean, output: string }>}
 */
export function step(title, command, args) {
  return stepBeside(title, command, args)()
}

/**
 * Begins to run a command while other things are done.
 * @returns {() => Promise<{ ok: boolean, output: string }>} waits for it, and says of it what `step` says
 */
export function stepBeside(title, command, args) {
  const running = timed(command, args)
  return async () => {
    process.stdout.write(`${title} ... `)
    const { code, output, seconds } = await running
    process.stdout.write(code === 0 ? `done in ${seconds} s\n` : `failed after ${seconds} s\n${output}`)
    return { ok: code === 0, output }
  }
}

async function timed(command, args) {
  const start = performance.now()
  const ended = await run(command, args)
  return { ...ended, seconds: ((performance.now() - start) / 1000).toFixed(1) }
}

function run(command, args) {
  return new Promise((resolve) => {
    // npx is a batch file on Windows, and those need a shell.
    const shell = command === 'npx' && process.platform === 'win32'
    const child = spawn(command, args, { cwd: root, shell, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    const keep = (text) => {
      output += text
    }
    child.stdout.setEncoding('utf8').on('data', keep)
    child.stderr.setEncoding('utf8').on('data', keep)
    child.on('error', (error) => resolve({ code: 1, output: `${error.message}\n` }))
    child.on('close', (code) => resolve({ code, output }))
  })
}
