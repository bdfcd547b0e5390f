/**
 * The command line: its verbs, options and help. What a verb does is in the file it loads, when it is called.
 */

import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import type { ChainPlace } from '../events/verify-chain.ts'
import { addClientVerbs } from './client-verbs.ts'
import { exitCodeMeanings, exitCodes } from './exit-codes.ts'
import { addJobVerbs } from './job-verbs.ts'
import { addProviderVerbs } from './provider-verbs.ts'
import type { SuspendOptions } from './user.ts'
import {
  type ChangeOptions,
  type CommonOptions,
  group,
  type RunVerb,
  rehearse,
  uuidOf,
  verb,
  wholeNumber,
} from './verb.ts'

/** The whole program. Parsing runs the verb that was named. */
export function buildProgram(run: RunVerb, version: string): Command {
  const program = new Command('npm run signet --')
    .description('Runs and looks after Signet, the sign-in service.')
    .version(version, '-V, --version', 'Say the version and end.')
    .helpOption('-h, --help', 'Show this help and end.')
    .helpCommand(false)
    .showHelpAfterError('Run it with --help to see what it takes.')
    .configureHelp({ sortSubcommands: false })
    .addHelpText('after', exitCodeText())
  addServiceVerbs(program, run)
  addAdminVerbs(program, run)
  addUserVerbs(program, run)
  addSessionVerbs(program, run)
  addEventVerbs(program, run)
  addClientVerbs(program, run)
  addProviderVerbs(program, run)
  addKeyVerbs(program, run)
  addJobVerbs(program, run)
  addHelp(program)
  return program
}

function exitCodeText(): string {
  const lines = exitCodeMeanings.map(([code, meaning]) => `  ${String(code).padEnd(4)}${meaning}`)
  return [
    '',
    'Exit codes:',
    ...lines,
    '',
    'Settings come from SIGNET_… variables; see docs/reference/configuration.md.',
  ].join('\n')
}

/** Help on the program or on what is named, which has to be there. */
function addHelp(program: Command): void {
  program
    .command('help')
    .argument('[command...]', 'The command, such as: user list.')
    .description('Show the help of a command.')
    .helpOption('-h, --help', 'Show this help and end.')
    .action((names: string[]) => {
      let named = program
      for (const name of names) {
        const found = named.commands.find((command) => command.name() === name)
        named = found ?? named.error(`error: unknown command '${name}'`)
      }
      named.help()
    })
}

function addServiceVerbs(program: Command, run: RunVerb): void {
  verb(
    program,
    'start',
    'Start the service, and its own database where none is configured.',
  ).action((options: CommonOptions) =>
    run(options, async ({ config, io }) => {
      const { start } = await import('./start.ts')
      await start(config, io)
      return exitCodes.ok
    }),
  )
  verb(program, 'status', 'Say how the server, the database and the event log are.').action(
    (options: CommonOptions) =>
      run(options, async (context) => (await import('./status.ts')).status(context)),
  )
  verb(program, 'migrate', 'Bring the database to the schema of this version.')
    .option('--dry-run', 'Say what would be done, and do nothing.')
    .action((options: CommonOptions & { dryRun?: boolean }) =>
      run(options, async (context) =>
        (await import('./migrate.ts')).migrateDatabase(context, options),
      ),
    )
  const config = group(program, 'config', 'Look at the configuration.')
  verb(
    config,
    'check',
    'Say everything that is wrong with the configuration, without starting.',
  ).action((options: CommonOptions) =>
    run(options, async (context) => (await import('./config-check.ts')).configCheck(context)),
  )
}

function addAdminVerbs(program: Command, run: RunVerb): void {
  verb(
    program,
    'setup-code',
    'Show the code with which the first administrator is made in a browser.',
  ).action((options: CommonOptions) =>
    run(options, async (context) => (await import('./setup-code.ts')).showSetupCode(context)),
  )
  const admin = group(program, 'admin', 'Make administrators.')
  verb(admin, 'create', 'Make an administrator: a new account, or the role for one that exists.')
    .requiredOption(
      '--email <address>',
      'The email address; it counts as verified, since you vouch for it.',
    )
    .option('--display-name <name>', 'The name that others see.')
    .addOption(
      new Option('--password-file <path>', 'Read the password from a file.').conflicts(
        'passwordStdin',
      ),
    )
    .option('--password-stdin', 'Read the password from standard input.')
    .option('--dry-run', 'Check everything, and change nothing.')
    .addHelpText(
      'after',
      '\nWithout a file or standard input the password is asked for, twice and unseen.',
    )
    .action((options: CommonOptions & { email: string }) =>
      run(options, async (context) =>
        (await import('./admin-create.ts')).adminCreate(context, options),
      ),
    )
}

function addUserVerbs(program: Command, run: RunVerb): void {
  const user = group(program, 'user', 'Find users, and close and open their accounts.')
  const who = 'The user, by id or by email address.'
  verb(user, 'list', 'List users, in the order in which they came.')
    .option('--search <beginning>', 'Only those with an email address that begins so.')
    .addOption(new Option('--status <status>', 'Only these.').choices(['active', 'suspended']))
    .option('--limit <number>', 'How many to show at the most.', wholeNumber(1, 1000), 50)
    .option('--after <id>', 'Begin after this user: the next page.', uuidOf('user'))
    .action((options: CommonOptions & { limit: number }) =>
      run(options, async (context) => (await import('./user.ts')).userList(context, options)),
    )
  verb(user, 'get', 'Show one user.')
    .argument('<user>', who)
    .action((name: string, options: CommonOptions) =>
      run(options, async (context) => (await import('./user.ts')).userGet(context, name)),
    )
  verb(user, 'suspend', 'Close an account. Every session ends, and nobody can sign in.')
    .argument('<user>', who)
    .option('--reason <text>', 'Why; kept in the event log.')
    .option('--dry-run', 'Say what would change, and change nothing.')
    .action((name: string, options: CommonOptions & SuspendOptions) =>
      run(options, async (context) =>
        (await import('./user.ts')).userSuspend(context, name, options),
      ),
    )
  verb(user, 'unsuspend', 'Open a suspended account. Sessions that ended stay ended.')
    .argument('<user>', who)
    .option('--dry-run', 'Say what would change, and change nothing.')
    .action((name: string, options: CommonOptions & { dryRun?: boolean }) =>
      run(options, async (context) =>
        (await import('./user.ts')).userUnsuspend(context, name, options),
      ),
    )
}

function addSessionVerbs(program: Command, run: RunVerb): void {
  const session = group(program, 'session', 'See where people are signed in, and end it.')
  verb(session, 'list', 'List the live sessions of a user, the latest used first.')
    .argument('<user>', 'The user, by id or by email address.')
    .action((user: string, options: CommonOptions) =>
      run(options, async (context) => (await import('./session.ts')).sessionList(context, user)),
    )
  verb(session, 'revoke', 'End a session: its tokens are refused from the next call on.')
    .argument('<session>', 'The session, by id.', uuidOf('session'))
    .option(
      '--wait [seconds]',
      'Wait until every verifier refuses its tokens, for so many seconds at the most (10 where no number is given), and say which do.',
      wholeNumber(1, 10),
    )
    .action((id: string, options: CommonOptions & { wait?: number | true }) =>
      run(options, async (context) =>
        (await import('./session.ts')).sessionRevoke(context, id, options),
      ),
    )
  verb(
    program,
    'recover',
    'After the database was restored: end every session, as nobody knows which had ended.',
  )
    .option('--dry-run', 'Say what would end, and end nothing.')
    .addHelpText(
      'after',
      '\nWhat was revoked after the backup was made is not in it. Everyone signs in again, and secrets of clients end too.',
    )
    .action((options: CommonOptions & { dryRun?: boolean }) =>
      run(options, async (context) => (await import('./recover.ts')).recover(context, options)),
    )
}

function addEventVerbs(program: Command, run: RunVerb): void {
  const events = group(program, 'events', 'Read the event log, and verify it.')
  verb(events, 'tail', 'Show the latest events, or those after a place.')
    .option(
      '--since <number>',
      'Begin after the event with this number.',
      wholeNumber(0, Number.MAX_SAFE_INTEGER),
    )
    .option(
      '--limit <number>',
      'How many to show at the most; with --follow, how many of the latest to begin with.',
      wholeNumber(1, 100_000),
      20,
    )
    .option('--follow', 'Go on with new events as they come, until Ctrl-C.')
    .action((options: CommonOptions & { limit: number }) =>
      run(options, async (context) => (await import('./events.ts')).eventsTail(context, options)),
    )
  verb(events, 'verify', 'Verify that no event was changed, removed or added.')
    .option(
      '--anchor <number:hash>',
      'A place that was noted earlier; it must still be there.',
      chainPlace,
    )
    .action((options: CommonOptions & { anchor?: ChainPlace }) =>
      run(options, async (context) => (await import('./events.ts')).eventsVerify(context, options)),
    )
}

function addKeyVerbs(program: Command, run: RunVerb): void {
  const key = group(program, 'key', 'Look after the keys that sign tokens.')
  const load = () => import('./key.ts')
  verb(key, 'list', 'List the signing keys, oldest first.').action((options: CommonOptions) =>
    run(options, async (context) => (await load()).keyList(context)),
  )
  verb(key, 'rotate', 'Publish the next keys now; they sign as soon as everybody has them.')
    .option(...rehearse)
    .action((options: CommonOptions & ChangeOptions) =>
      run(options, async (context) => (await load()).keyRotate(context, options)),
    )
  verb(key, 'rewrap', 'Wrap every stored key under the current master secret, to drop the former.')
    .option(...rehearse)
    .addHelpText(
      'after',
      '\nIt needs SIGNET_MASTER_SECRET_PREVIOUS. No token changes, and it can be run again at any time.',
    )
    .action((options: CommonOptions & ChangeOptions) =>
      run(options, async (context) =>
        (await import('./key-rewrap.ts')).keyRewrap(context, options),
      ),
    )
  verb(key, 'revoke', 'Take a key out of use at once; tokens that it signed are refused.')
    .argument('<kid>', 'The id of the key.')
    .option(...rehearse)
    .action((kid: string, options: CommonOptions & ChangeOptions) =>
      run(options, async (context) => (await load()).keyRevoke(context, kid, options)),
    )
  verb(program, 'inspect', 'Say what a token is, and why it is refused.')
    .argument('<token>', 'The token; - reads it from standard input, which leaves no trace.')
    .action((token: string, options: CommonOptions) =>
      run(options, async (context) => (await import('./inspect.ts')).inspect(context, token)),
    )
}

function chainPlace(text: string): ChainPlace {
  const [, seq, hash] = /^(\d{1,18}):([0-9a-f]{64})$/iu.exec(text) ?? []
  if (seq !== undefined && hash !== undefined)
    return { seq: BigInt(seq), hash: Buffer.from(hash, 'hex') }
  throw new InvalidArgumentError('It is a number and a hash, as events verify prints them.')
}

/** Whether an error is only how commander ends after showing help or the version. */
export function isHelpEnd(error: unknown): boolean {
  return error instanceof CommanderError && error.exitCode === 0
}
