// A process with some of the runtimes of a mesh that is measured. Forked by the bench.
import { main } from '../dist/mesh/host-main.js'

main()
