import { existsSync } from 'node:fs'
import type { PeerKind } from '@skein/core'
import { readJournal } from '../audit/journal.js'
import { turns } from '../turns.js'
import type { Belongings } from './belongings.js'
import { Crew, type NewMate, type Setting } from './crew.js'
import { instant } from './instant.js'
import type { Death, Excuse, RunRecord } from './judge.js'
import type { Mate } from './mate.js'
import type { Task } from './orders.js'
import { disagreement } from './views.js'

/** How many runtimes a mesh has: the monitor, and four others. */
export const PLACES = 5

/** How long the mesh is left alone before the fault, in milliseconds. */
const BEFORE = 300

/** How long a fault may take to be noticed, in milliseconds: longer than it may, so that it is told how late it was. */
const NOTICED_WITHIN = 20_000

/** How long the members may take to agree about each other, and to settle their requests, in milliseconds. */
const PATIENCE = 40_000

/** How long a task may take, in milliseconds. */
const TASK_LIMIT = 60_000

/** What a member was told has become of its requests by then, in milliseconds. */
const SOON = 100

/** One run: a mesh, what is done to it, and what is seen of it. */
export class Stage {
  readonly crew: Crew
  readonly #deaths: (Omit<Death, 'subject'> & { readonly instance: string })[] = []
  readonly #excuses: Excuse[] = []
  readonly #detections: number[] = []
  readonly #unmet: string[] = []

  /** @param belongings what the run opens is added to them */
  constructor(setting: Setting, belongings: Belongings) {
    this.crew = new Crew(setting, belongings, (observer, { at, change }) => {
      const { uid, instance, was, reason, evidence } = change
      const what = `${observer.uid} took ${uid} for dead (${was}, ${reason}: ${evidence})`
      this.#deaths.push({ observer: observer.number, instance, at, what })
    })
  }

  /** Starts the mesh, and its load; resolves when all know each other. */
  async open(optionsAt: (place: number) => NewMate = () => ({})): Promise<void> {
    await this.start(0, optionsAt(0))
    const places = Array.from({ length: PLACES - 1 }, (_, i) => i + 1)
    await Promise.all(places.map((place) => this.start(place, optionsAt(place))))
    this.introduce()
    await this.agreed('before the fault')
    await this.rest(BEFORE)
  }

  at(place: number): Mate {
    return this.crew.at(place)
  }

  /** All who live, but for some. */
  others(...mates: readonly Mate[]): readonly Mate[] {
    return this.crew.living.filter((mate) => !mates.includes(mate))
  }

  // What can be done to it

  async start(place: number, options: NewMate = {}): Promise<Mate> {
    const mate = await this.crew.prepare(place, options)
    await this.crew.launch(mate, options)
    return mate
  }

  /** Tells everybody who lives, and has them make requests. */
  introduce(): void {
    const peers = this.crew.living.map(({ known }) => known)
    for (const { process } of this.crew.living) {
      process.tell({ kind: 'peers', peers })
      process.tell({ kind: 'load', isOn: true })
    }
  }

  /** Ends a process: whoever takes it for dead from now on is right. Resolves with the instant. */
  kill(mate: Mate): Promise<number> {
    this.#excuses.push({ observer: undefined, subject: mate.number, from: instant() })
    return this.crew.kill(mate)
  }

  /** Its process stands still, its I/O included, until it is thawed. Returns the instant. */
  freeze({ process }: Mate): number {
    const at = instant()
    process.signal('SIGSTOP')
    return at
  }

  /** Returns the instant. */
  thaw({ process }: Mate): number {
    const at = instant()
    process.signal('SIGCONT')
    return at
  }

  /** Has a member take leave. Resolves with the instant at which it was asked to. */
  leave(mate: Mate): Promise<number> {
    return this.crew.leave(mate)
  }

  /** No steady requests are made any more. */
  quiet(): void {
    for (const { process } of this.crew.living) process.tell({ kind: 'load', isOn: false })
  }

  /** Has a member do something; resolves when it has, or, with a stall, when that begins. */
  have({ process }: Mate, task: Task): Promise<void> {
    return process.ask({ kind: 'task', task }, TASK_LIMIT)
  }

  /** Goes on for a while, in which the members do what they do. */
  async rest(ms: number): Promise<void> {
    for await (const _ of turns(ms)) {
      // What happens is written down by those to whom it happens.
    }
  }

  // What is seen of it

  now(): number {
    return instant()
  }

  /** From now on these may take each other for dead. */
  excuse(some: readonly Mate[], others: readonly Mate[]): void {
    this.excuseOneWay(some, others)
    this.excuseOneWay(others, some)
  }

  /** From now on the observers may take the subjects for dead. */
  excuseOneWay(observers: readonly Mate[], subjects: readonly Mate[]): void {
    const from = instant()
    for (const { number: observer } of observers)
      for (const { number: subject } of subjects) this.#excuses.push({ observer, subject, from })
  }

  /** Waits until all observers have seen what became of the subject, and counts how long each took from `since`. */
  async detected(observers: readonly Mate[], subject: Mate, is: PeerKind, since: number): Promise<void> {
    const seenBy = (observer: Mate) => observer.seen(subject.instance, is, since)
    await this.#until(() => observers.every(seenBy), NOTICED_WITHIN)
    for (const observer of observers) {
      const seen = seenBy(observer)
      if (seen !== undefined) this.#detections.push(seen.at - since)
      const what = `${observer.uid} has not seen within ${NOTICED_WITHIN} ms that ${subject.uid} is ${is}`
      this.expect(seen !== undefined, what)
    }
  }

  /** All observers must have seen, at some time since an instant, that the subject was so. */
  expectSeen(observers: readonly Mate[], subject: Mate, is: PeerKind, since: number): void {
    for (const observer of observers) {
      const hasSeen = observer.seen(subject.instance, is, since) !== undefined
      this.expect(hasSeen, `${observer.uid} has not seen that ${subject.uid} was ${is}`)
    }
  }

  /** Something that the row must show; `what` is said if it doesn't. */
  expect(isMet: boolean, what: string): void {
    if (!isMet) this.#unmet.push(what)
  }

  /** Waits until all who live agree about who is there. */
  async agreed(when: string): Promise<void> {
    const since = instant()
    await this.#until(() => disagreement(this.crew.living, since) === undefined, PATIENCE)
    const differs = disagreement(this.crew.living, since)
    this.expect(differs === undefined, `${when}, ${differs}`)
  }

  /** The fault is over: waits until all agree about who is there, and then until all requests have settled. */
  async settle(): Promise<void> {
    this.introduce()
    await this.agreed('after the fault')
    this.quiet()
    const since = instant() + SOON
    const isSettled = ({ status }: Mate) => status.at > since && status.open === 0
    await this.#until(() => this.crew.living.every(isSettled), PATIENCE)
    for (const mate of this.crew.living) {
      this.expect(isSettled(mate), `${mate.uid} has ${mate.status.open} requests that have not settled`)
    }
    await this.agreed('in the end')
  }

  /** Ends everything, and resolves with what happened. */
  async close(): Promise<RunRecord> {
    const { all, living } = this.crew
    await Promise.all(living.map(({ process }) => process.ask({ kind: 'seal' }).catch(() => {})))
    const logs = all
      .filter(({ journal }) => existsSync(journal))
      .map(({ number, lives, journal }) => ({ member: number, lived: lives, records: readJournal(journal) }))
    const numbers = new Map(all.map(({ instance, number }) => [instance, number]))
    const deaths = this.#deaths.map(({ instance, ...death }) => ({
      ...death,
      subject: numbers.get(instance),
    }))
    await this.crew.close()
    const [excuses, detections, unmet] = [this.#excuses, this.#detections, this.#unmet]
    return { deaths, excuses, detections, unmet, logs }
  }

  /** Resolves when it is so, or after `limit` milliseconds. */
  async #until(condition: () => boolean, limit: number): Promise<void> {
    for await (const _ of turns(limit)) if (condition()) return
  }
}
