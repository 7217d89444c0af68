// The thread behind lifeline.ts.
import { Socket } from 'node:net'
import { endGroup } from './end-group.js'
import { LIFELINE_FD, LOST_GRACE_MS } from './process-contract.js'

const lifeline = new Socket({ fd: LIFELINE_FD, readable: true, writable: false })
lifeline.on('error', () => {})
lifeline.once('close', () => setTimeout(endGroup, LOST_GRACE_MS))
lifeline.resume()
