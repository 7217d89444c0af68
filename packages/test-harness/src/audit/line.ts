/** What lies between a member and all others, and what can be done to it. */
export interface Line {
  /** Breaks all connections, without a farewell; what is under way is lost. */
  cut(): Promise<void>
  /** Cuts when so many bytes more have passed. */
  cutAfter(bytes: number): void
  /** Bytes that have passed towards the member. */
  readonly forwarded: number
  /** Whether such a cut has not come yet. */
  readonly isFusePending: boolean
  /** Swallows everything, until it is cut or lightened. */
  darken(): Promise<void>
  lighten(): Promise<void>
  /** Hands nothing on of the connections that are there: what is sent fills their pipes. */
  freeze(): Promise<void>
  /** Breaks the frozen ones towards those who send, and keeps what they held. */
  strand(): Promise<void>
  /** Hands on what they held. */
  deliver(): Promise<void>
  /** The member is gone: connections to it are refused. */
  close(): Promise<void>
}
