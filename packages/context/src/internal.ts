export { defaults } from './options.js'
