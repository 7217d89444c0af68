import { type Command, Option } from 'commander'
import type { BrokerFlags, CheckFlags } from './broker.js'
import { parseSeconds, parseTimeout } from './options.js'

/** Adds `skein broker` and `skein broker check` to the command. */
export function addBroker(command: Command, done: (status: number) => void): void {
  const broker = command
    .command('broker')
    .summary('run a broker of services, or check for one')
    .description(
      'Runs a broker: workers serve under names of services, and clients find them by\n' +
        'these. It runs until a signal ends it.',
    )
    .option(
      '-a, --address <endpoint>',
      'where to listen, as tcp://127.0.0.1:5555\n(default: a free port of 127.0.0.1, from 3000 up)',
    )
    .option('--pub-address <endpoint>', 'where publishers connect, to be relayed')
    .option('--sub-address <endpoint>', 'where subscribers connect')
    .option('--mon-address <endpoint>', 'where they are told to, if elsewhere')
    .option('-c, --config <file>', 'a file of JSON with options of the broker')
    .option('--name <name>', 'its name in the mesh (default: broker)')
    .option('--token-file <file>', "a file with the mesh's token")
    .option('--insecure', 'listen where other machines can reach it, unencrypted')
    .addOption(
      new Option(
        '-t, --timeout <s>',
        'seconds of silence after which a beat is asked\n(default: 1)',
      ).argParser(parseTimeout),
    )
    .addOption(
      new Option('-d, --drain <s>', 'seconds that what it has may take to end on SIGTERM')
        .argParser(parseSeconds)
        .default(10_000, '10'),
    )
    .addHelpText('after', BROKER_HELP)
    .allowExcessArguments(true)
    .enablePositionalOptions()
    .showHelpAfterError('(skein help broker tells more)')
    .action(async (flags: BrokerFlags, command: Command) => {
      const [word] = command.args
      if (word !== undefined)
        command.error(`error: unknown command '${word}'\n(Did you mean skein broker check?)`)
      // Only now: help and complaints shall not wait until all of it is loaded.
      const { serveBroker } = await import('./broker.js')
      done(await serveBroker(flags))
    })
  broker
    .command('check')
    .summary('say whether a broker answers at an address')
    .description('Says whether a broker answers at an address.')
    .argument('<address>', 'an endpoint, as tcp://127.0.0.1:5555')
    .option('--token-file <file>', "a file with the mesh's token")
    .addOption(
      new Option('-t, --timeout <s>', 'seconds that it may take to answer')
        .argParser(parseTimeout)
        .default(2000, '2'),
    )
    .addHelpText('after', CHECK_HELP)
    .showHelpAfterError('(skein broker check --help tells more)')
    .action(async (address: string, flags: CheckFlags) => {
      const { checkBroker } = await import('./broker.js')
      done(await checkBroker(address, flags))
    })
}

const TOKEN_HELP = `The token, which all members of the mesh know and nobody else, is taken from the
environment (SKEIN_TOKEN) or from a file. Arguments can be read by everybody.`

const BROKER_HELP = `
${TOKEN_HELP}

What is given here counts before what is in the configuration, and the token of
the configuration before that of the environment. A tokenFile in it is relative
to its folder.

Exit status: 0 if a member has asked it to end; 1 if it can't be started; 2 for
wrong usage; 129 after SIGHUP, 130 after Ctrl-C, 143 after SIGTERM. SIGTERM lets
the requests that it has end first; a second signal ends it at once.

Example:
  $ export SKEIN_TOKEN='only members know this'
  $ skein broker --address tcp://127.0.0.1:5555
  broker listens at tcp://127.0.0.1:5555`

const CHECK_HELP = `
${TOKEN_HELP}

Exit status: 0 if one answers; 1 if none does; 2 for wrong usage.`
