// One process of the suite `rest`: lanes and seconds are its arguments, its row is printed as JSON.
import { measureAtRest } from '../dist/suites/rest-process.js'

const [lanes, seconds] = process.argv.slice(2)
console.log(JSON.stringify(await measureAtRest(lanes.split(','), Number(seconds))))
// What 200 runtimes have open is closed with the process.
process.exit()
