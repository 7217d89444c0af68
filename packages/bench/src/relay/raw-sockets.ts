import { Dealer, Router } from 'zeromq'

const ANY = 'tcp://127.0.0.1:*'

/** What messages end in, one by one. */
export interface Sink {
  readonly endpoint: string
  /** How many it has received. */
  readonly received: number
  /** Stops reading. */
  hold(): void
}

export async function openSink(): Promise<Sink> {
  const router = new Router({ linger: 0 })
  await router.bind(ANY)
  let received = 0
  let isHeld = false
  const read = async () => {
    while (!isHeld) {
      await router.receive()
      received += 1
    }
  }
  void read()
  return {
    endpoint: router.lastEndpoint ?? '',
    get received() {
      return received
    },
    hold() {
      isHeld = true
    },
  }
}

/** Sends as fast as it can, until its process ends. */
export async function sendOn(to: string, bytes: number): Promise<never> {
  const dealer = new Dealer({ linger: 0 })
  dealer.connect(to)
  const message = Buffer.alloc(bytes, 1)
  for (;;) await dealer.send(message)
}

/** The least that a relay can be: one await to receive, and one to send. Its endpoint. */
export async function relayRaw(to: string): Promise<string> {
  const router = new Router({ linger: 0 })
  const dealer = new Dealer({ linger: 0 })
  await router.bind(ANY)
  dealer.connect(to)
  const carry = async () => {
    for (;;) await dealer.send(await router.receive())
  }
  void carry()
  return router.lastEndpoint ?? ''
}
