export { openEnvelope } from './request/envelope.js'
export { errorFrames, readError } from './request/error-answer.js'
