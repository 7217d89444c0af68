// A process with members of an audit in it. Forked by the auditor.
import { main } from '../dist/audit/host-main.js'

main()
