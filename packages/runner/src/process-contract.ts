/** What a child process and its parent agree upon. */

/** The environment variable that holds the job's name and spec as JSON. The child takes it out before anything else runs. */
export const JOB_VARIABLE = 'SKEIN_JOB'

/** Messages both ways; its end is the end of the other side. It comes after the standard ones. */
export const CHANNEL_FD = 3

/** How long a process that has lost its parent may take to end in order, in milliseconds. */
export const LOST_GRACE_MS = 1500
