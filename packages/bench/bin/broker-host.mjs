// A process with some of the members of a broker that is measured. Forked by the bench.
import { main } from '../dist/broker/host-main.js'

main()
