// The source, the relay or the sink of messages that are measured. Forked by the bench.
import { main } from '../dist/relay/host-main.js'

main()
