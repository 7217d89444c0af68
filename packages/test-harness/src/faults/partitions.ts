import { type Row, SILENCE } from './row.js'
import { PLACES, type Stage } from './stage.js'

/** What is broken, and mended again, around one member whom nobody can talk to meanwhile. */
interface CutOff {
  readonly name: string
  readonly expected: string
  cut(stage: Stage, place: number): void
  mend(stage: Stage, place: number): void
}

const WHO = 1
const OTHER = 2

/** How long two are cut off from each other, in milliseconds: longer than it takes to declare somebody dead. */
const LONG = 12_000

/** How long nothing is said before a connection is idle, in milliseconds. */
const IDLE = 1000

const cutOffs: readonly CutOff[] = [
  {
    name: 'partition',
    expected:
      'packets from and to one get lost until all have each other dead, max < 8500 ms; alive again after',
    cut({ crew: { network } }, place) {
      network.drop(place, undefined)
      network.drop(undefined, place)
    },
    mend: ({ crew: { network } }) => network.heal(),
  },
  {
    name: 'link-down',
    expected: 'the link of one goes down until all have each other dead, max < 8500 ms; alive again after',
    cut: ({ crew: { network } }, place) => network.link(place, 'down'),
    mend: ({ crew: { network } }, place) => network.link(place, 'up'),
  },
  {
    name: 'one-way',
    expected: 'packets from one get lost until all have each other dead, max < 8500 ms; alive again after',
    cut: ({ crew: { network } }, place) => network.drop(place, undefined),
    mend: ({ crew: { network } }) => network.heal(),
  },
]

/** Networks that fail. */
export const partitions: readonly Row[] = [
  ...cutOffs.map(
    ({ name, expected, cut, mend }): Row => ({
      name,
      expected,
      setting: 'namespaces',
      bound: SILENCE,
      async play(stage) {
        await stage.open()
        const [victim, others] = [stage.at(WHO), stage.others(stage.at(WHO))]
        stage.excuse([victim], others)
        const at = stage.now()
        cut(stage, WHO)
        await Promise.all([
          stage.detected(others, victim, 'dead', at),
          ...others.map((other) => stage.detected([victim], other, 'dead', at)),
        ])
        mend(stage, WHO)
        await stage.settle()
      },
    }),
  ),
  {
    name: 'broken-link',
    expected:
      'packets between two get lost for 12 s: unreachable to each other, max < 8500 ms; dead to nobody',
    setting: 'namespaces',
    bound: SILENCE,
    async play(stage) {
      await stage.open()
      const [one, other] = [stage.at(WHO), stage.at(OTHER)]
      const at = stage.now()
      stage.crew.network.drop(WHO, OTHER)
      stage.crew.network.drop(OTHER, WHO)
      await Promise.all([
        stage.detected([one], other, 'unreachable', at),
        stage.detected([other], one, 'unreachable', at),
      ])
      await stage.rest(LONG - (stage.now() - at))
      stage.crew.network.heal()
      await stage.settle()
    },
  },
  {
    name: 'idle-data-dark',
    expected:
      'the data connections to one go dark while idle: dead to nobody, and all is settled before it heals',
    setting: 'namespaces',
    async play(stage) {
      await stage.open()
      stage.quiet()
      await stage.rest(IDLE)
      const dropped = stage.crew.network.dropData(WHO)
      stage.expect(dropped === PLACES - 1, `there were ${dropped} data connections to it`)
      await stage.settle()
      stage.crew.network.heal()
    },
  },
]
