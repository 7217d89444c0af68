import { fileURLToPath } from 'node:url'
import type { ServerUnaryCall, ServiceClientConstructor, sendUnaryData } from '@grpc/grpc-js'
import { measured } from '../load.js'
import type { System } from './system.js'

const PROTO = fileURLToPath(new URL('../../peers/echo.proto', import.meta.url))

/** grpc-js, unary calls. */
export const grpc: System = {
  name: 'grpc-js',
  packages: ['@grpc/grpc-js', '@grpc/proto-loader'],
  programs: [],
  lanes: ['tcp'],
  settings: 'a unary call, insecure credentials, protobuf by proto-loader, deadline 30 s',

  async serve() {
    const { Server, ServerCredentials } = await import('@grpc/grpc-js')
    const server = new Server()
    const Client = await clientOfEcho()
    server.addService(Client.service, {
      echo: ({ request }: ServerUnaryCall<unknown, unknown>, answer: sendUnaryData<unknown>) =>
        answer(null, request),
    })
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
        error === null ? resolve(bound) : reject(error),
      )
    })
    return { endpoint: `127.0.0.1:${port}`, close: async () => server.forceShutdown() }
  },

  async call(_lane, [endpoint]) {
    const { credentials } = await import('@grpc/grpc-js')
    const Client = await clientOfEcho()
    const client = new Client(endpoint, credentials.createInsecure())
    const { echo: unary } = client
    if (unary === undefined) throw new Error(`${PROTO} has no method Echo`)

    function echo(value: unknown): Promise<unknown> {
      return new Promise((resolve, reject) => {
        unary?.call(
          client,
          value,
          { deadline: Date.now() + 30_000 },
          (error: Error | null, answer: unknown) => (error === null ? resolve(answer) : reject(error)),
        )
      })
    }

    return { measure: (load) => measured(echo, load), close: async () => client.close() }
  },
}

async function clientOfEcho(): Promise<ServiceClientConstructor> {
  const { loadPackageDefinition } = await import('@grpc/grpc-js')
  const { load } = await import('@grpc/proto-loader')
  const { Echo } = loadPackageDefinition(await load(PROTO))
  if (typeof Echo === 'function') return Echo
  throw new Error(`${PROTO} has no service Echo`)
}
