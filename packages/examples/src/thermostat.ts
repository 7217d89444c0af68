import { Context, LogBroker, LogClient } from '@skein/context'
import { Thermostat } from './thermostat/thermostat.js'

const ANY = 'tcp://127.0.0.1:*'

/** `node thermostat.js`: an instrument, its operator, and the log of both, on endpoints that any ZeroMQ program can use. */
await using log = new Context()
const broker = await LogBroker.open(log, ANY, ANY)
const warnings = await LogClient.open(log, broker.xpubEndpoint, { levels: ['warn', 'error'] })

await using room = new Context()
const thermostat = await Thermostat.start(room, { at: ANY, log: broker.xsubEndpoint })

await using operator = new Context({ codec: 'json' })
const requester = await operator.addReq(thermostat.endpoint, { timeout: 5000 })
const temperatures = await operator.addSub(thermostat.statusEndpoint, { topic: 'temperature' })
await thermostat.followed()

console.log('set to 23:', await requester.request({ celsius: 23 }))
for await (const { topic, value } of temperatures) {
  console.log(topic, value)
  if (value === 23) break
}
for (const wrong of [{ celsius: 90 }, { celsius: 'warm' }])
  await requester.request(wrong).catch(({ name, message }: Error) => console.log(`${name}: ${message}`))
for await (const { root, level, topic, message } of warnings) {
  console.log(`${root} says of ${topic}, as ${level}: ${message}`)
  break
}
