// A process with a member of the fault rig's meshes in it. Forked by the rig.
import { main } from '../dist/faults/host-main.js'

main()
