import { threadMain } from '@skein/launch/internal'
import { startTestRole } from '../dist/cluster/test-role.js'

await threadMain(startTestRole)
