import { defaultLiveness, type LivenessOptions } from './options.js'

/** Settings for `liveness` that belong together, as they are or with some of them replaced. */
export const livenessPresets: Readonly<Record<'lan' | 'wan' | 'mosaic', Readonly<LivenessOptions>>> =
  Object.freeze({
    /** The defaults: a peer that is frozen or cut off is known dead in 3.5 to 8 s. */
    lan: defaultLiveness,

    /** For networks that lose all for some seconds now and then: an outage of 5 s is not noticed, one of 25 s survived. */
    wan: Object.freeze({
      ...defaultLiveness,
      heartInterval: 3000,
      // An outage of 5 s that begins just before a heart, and a second for the answer to the next.
      stalledAfter: 9000,
      greetInterval: 10_000,
      heartbeatInterval: 2000,
      // The same outage, beginning just after a heartbeat.
      heartbeatTimeout: 7000,
      suspicion: 20_000,
      // As long as somebody who reaches it takes to be sure: an interval and a timeout.
      confirmedSuspicion: 9000,
      // Two answers may fail to come within `suspicion`.
      askInterval: 6000,
      probeTimeout: 1000,
    }),

    /**
     * The schedule of mosaic's CommsManager: hearts after 15, 30, 48.75, 73.75 and 111.25 s of silence, and a peer that has
     * said nothing until 186.25 s is dead, busy or not. Only proof of its end is still as quick as by default.
     */
    mosaic: Object.freeze({
      ...defaultLiveness,
      heartInterval: 15_000,
      heartTries: 6,
      heartSlack: 0,
      // The first heart was not answered when the second one is due.
      stalledAfter: 30_000,
      // A lost connection decides nothing: it may come back for as long as the tries last.
      suspicion: 186_250,
      confirmedSuspicion: 186_250,
      // Neither new connections nor the silence below JavaScript disturb the schedule.
      greetInterval: 200_000,
      heartbeatInterval: 15_000,
      heartbeatTimeout: 200_000,
    }),
  })
