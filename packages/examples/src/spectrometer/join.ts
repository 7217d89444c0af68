import { type ChannelContext, type Connection, StateChannel } from '@skein/channels'

/** Connects to the instrument, and shows its settings as they are, and whenever they change. Closes with the connection. */
export async function join(context: ChannelContext, address: string): Promise<Connection> {
  new StateChannel(context, 'settings', {
    type: 'object',
    changed: (settings) => console.log('settings:', settings),
  })
  const connection = await context.connect(address, { timeout: 5000 })
  connection.once('closed', () => void context.close())
  return connection
}
