import { KILL, type Row } from './row.js'
import { PLACES } from './stage.js'

const WHO = 1

/** Who is who. */
export const identities: readonly Row[] = [
  {
    name: 'port-taken-over',
    expected: 'one killed, and its port bound by another at once: dead to all others, p99 < 500 ms',
    setting: 'host',
    bound: KILL,
    async play(stage) {
      await stage.open()
      const victim = stage.at(WHO)
      const options = { port: victim.port, uid: 'worker:9:9' }
      const heir = await stage.crew.prepare(WHO, options)
      const at = await stage.kill(victim)
      await Promise.all([
        stage.crew.launch(heir, options),
        stage.detected(stage.others(), victim, 'dead', at),
      ])
      await stage.settle()
    },
  },
  {
    name: 'restart',
    expected: 'one killed, and another started under its uid at once: dead to all others, p99 < 500 ms',
    setting: 'host',
    bound: KILL,
    async play(stage) {
      await stage.open()
      const victim = stage.at(WHO)
      const successor = await stage.crew.prepare(WHO, {})
      const at = await stage.kill(victim)
      const observers = stage.others()
      await Promise.all([stage.crew.launch(successor, {}), stage.detected(observers, victim, 'dead', at)])
      await stage.settle()
    },
  },
  {
    name: 'uid-claimed',
    expected: 'another started under the uid of one that lives: refused (ERR_UID_TAKEN); dead to nobody',
    setting: 'host',
    async play(stage) {
      await stage.open()
      const { uid } = stage.at(WHO)
      const claimant = await stage.crew.prepare(PLACES, { uid })
      // To the one who is refused, whoever refuses it is gone.
      stage.excuseOneWay([claimant], stage.others())
      await stage.crew.launch(claimant, {})
      stage.expect(claimant.refusal === 'ERR_UID_TAKEN', `its start ended with ${claimant.refusal}`)
      await stage.rest(1000)
      await stage.settle()
    },
  },
]
