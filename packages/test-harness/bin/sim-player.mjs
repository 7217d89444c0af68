// Plays seeds for `npm run sim`, which forks it.
import { main } from '../dist/sim/player-main.js'

main()
