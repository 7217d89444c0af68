import { beforeEach, expect, test } from '@jest/globals'
import { TurnedClock } from '../../src/clock.js'
import type { PeerKind } from '../../src/comms/peer-change.js'
import { Standings } from '../../src/comms/standings.js'

let standings: Standings
beforeEach(() => {
  standings = new Standings(new TurnedClock())
})

/** What is told of a peer, in short. */
function told(instance: string, is: PeerKind, reason?: string): string[] {
  const news = { uid: 'peer', instance, is, reason }
  const changes = standings.follow(news as Parameters<Standings['follow']>[0], { roles: [] })
  return changes.map((change) => `${change.instance} ${change.was} > ${change.is}`)
}

test('of another instance than the one that is known nothing is told before it has answered', () => {
  expect(told('second', 'known')).toEqual(['second unknown > known'])
  expect(told('first', 'connecting')).toEqual([])
  expect(told('first', 'shaking')).toEqual([])
  expect(told('first', 'alive')).toEqual(['second known > dead', 'first dead > alive'])
})

test('nor that it has not answered', () => {
  told('second', 'known')
  told('first', 'connecting')
  expect(told('first', 'dead', 'no-answer')).toEqual([])
  expect(standings.get('peer')?.change).toMatchObject({ instance: 'second', is: 'known' })
})

test('of another instance than one that is gone everything is told', () => {
  told('first', 'alive')
  told('first', 'dead', 'silent')
  expect(told('second', 'connecting')).toEqual(['second dead > connecting'])
})
