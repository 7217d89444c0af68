import type { BrokerStatus, WorkerStatus } from './contract.js'

/** A broker's status for people: a line for the broker, each service and each worker. */
export function statusText({ name, address, services, clients, counts }: BrokerStatus): string {
  const { asked, answered, failed, redone, broadcast } = counts
  return [
    `${name} at ${address}: ${count(services.length, 'service')}, ${count(clients.length, 'client')}`,
    `${asked} asked, ${answered} answered, ${failed} failed, ${redone} given to another worker, ${broadcast} broadcast`,
    ...services.flatMap(({ name, workers, queued }) => [
      `${name}: ${count(workers.length, 'worker')}, ${queued} waiting`,
      ...workers.map(lineOf),
    ]),
  ].join('\n')
}

function lineOf({ name, state, keywords, busy, concurrency }: WorkerStatus): string {
  return `  ${name}  ${state}  ${busy}/${concurrency} busy  ${keywords.join(', ')}`
}

function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? '' : 's'}`
}
