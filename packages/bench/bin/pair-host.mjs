// One side of a pair that is measured. Forked by the bench.
import { main } from '../dist/pair/host-main.js'

main()
