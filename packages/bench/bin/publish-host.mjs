// The publisher of messages, or one who subscribes to them. Forked by the bench.
import { main } from '../dist/publish/host-main.js'

main()
