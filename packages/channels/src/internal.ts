export type { ContextParts } from './settings.js'
