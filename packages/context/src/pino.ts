export { type PinoDestination, pinoStream } from './log/pino-stream.js'
