import type { BrokerStatus, RelayEndpoints, WorkerStatus } from './contract.js'

/** A broker's status for people: a line for the broker, each service and each worker. */
export function statusText({ name, address, endpoints, services, clients, counts }: BrokerStatus): string {
  const { asked, answered, failed, redone, broadcast } = counts
  return [
    `${name} at ${address}: ${count(services.length, 'service')}, ${count(clients.length, 'client')}`,
    `${asked} asked, ${answered} answered, ${failed} failed, ${redone} given to another worker, ${broadcast} broadcast`,
    ...(endpoints === undefined ? [] : [relayText(endpoints)]),
    ...services.flatMap(({ name, workers, queued }) => [
      `${name}: ${count(workers.length, 'worker')}, ${queued} waiting`,
      ...workers.map(lineOf),
    ]),
  ].join('\n')
}

/** Where a broker relays what is published, for people. */
export function relayText({ publish, subscribe }: RelayEndpoints): string {
  return `publish at ${publish}, subscribe at ${subscribe}`
}

function lineOf({ name, state, keywords, busy, concurrency }: WorkerStatus): string {
  return `  ${name}  ${state}  ${busy}/${concurrency} busy  ${keywords.join(', ')}`
}

function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? '' : 's'}`
}
