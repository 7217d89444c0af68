export { startProgram } from './program/start-program.js'
