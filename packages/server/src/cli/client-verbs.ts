/** The verbs about clients: the apps and services that use Signet. */

import { type Command, Option } from 'commander'
import type {
  ClientCreateOptions,
  ClientEnvOptions,
  ClientRecordOptions,
  SecretOptions,
} from './client.ts'
import type { CommonOptions, RunVerb } from './verb.ts'
import { type ChangeOptions, group, rehearse, verb, wholeNumber } from './verb.ts'

/** Adds them to the program. */
export function addClientVerbs(program: Command, run: RunVerb): void {
  const client = group(program, 'client', 'Register apps and services, and look after them.')
  const load = () => import('./client.ts')
  const loadUpdate = () => import('./client-update.ts')
  addClientCreate(client, run)
  verb(client, 'list', 'List clients by id.')
    .option('--limit <number>', 'How many to show at the most.', wholeNumber(1, 1000), 50)
    .option('--after <id>', 'Begin after this client: the next page.')
    .action((options: CommonOptions & { limit: number }) =>
      run(options, async (context) => (await load()).clientList(context, options)),
    )
  verb(client, 'get', 'Show one client.')
    .argument('<client>', 'Its id.')
    .action((id: string, options: CommonOptions) =>
      run(options, async (context) => (await load()).clientGet(context, id)),
    )
  const days = wholeNumber(1, 3650)
  const expiry = ['--expires-in-days <number>', 'How long the secret is good for.'] as const
  verb(client, 'rotate', 'Make another secret. The one before it goes on; older ones end.')
    .argument('<client>', 'Its id.')
    .option(...expiry, days)
    .option(...rehearse)
    .action((id: string, options: CommonOptions & SecretOptions) =>
      run(options, async (context) => (await load()).clientRotate(context, id, options)),
    )
  // A negative option comes after its positive one: alone it would have a default.
  recordOptions(
    verb(client, 'update', 'Change the record of a client: what is given, and nothing else.')
      .argument('<client>', 'Its id.')
      .option('--pkce', 'Require PKCE.'),
  )
    .option('--no-first-party', 'It is not ours.')
    .option('--no-direct-sign-in', 'It may not take passwords itself.')
    .option('--no-confirming', 'It does not confirm that refresh tokens are stored.')
    .option(...rehearse)
    .action((id: string, options: CommonOptions & ClientRecordOptions & ChangeOptions) =>
      run(options, async (context) => (await loadUpdate()).clientUpdate(context, id, options)),
    )
  verb(client, 'enable', 'Open a closed client again. What had ended stays ended, its secrets too.')
    .argument('<client>', 'Its id.')
    .option(...rehearse)
    .action((id: string, options: CommonOptions & ChangeOptions) =>
      run(options, async (context) => (await loadUpdate()).clientEnable(context, id, options)),
    )
  verb(client, 'disable', 'Close a client. Everything it holds ends, and it gets nothing more.')
    .argument('<client>', 'Its id.')
    .option(...rehearse)
    .action((id: string, options: CommonOptions & ChangeOptions) =>
      run(options, async (context) => (await load()).clientDisable(context, id, options)),
    )
  verb(client, 'env', 'Print the settings of a client as an env file.')
    .argument('<client>', 'Its id.')
    .option('--new-secret', 'Make another secret, and print it too.')
    .option(...expiry, days)
    .option(...rehearse)
    .action((id: string, options: CommonOptions & ClientEnvOptions) =>
      run(options, async (context) => (await load()).clientEnv(context, id, options)),
    )
}

function addClientCreate(client: Command, run: RunVerb): void {
  recordOptions(
    verb(client, 'create', 'Register a client. Its secret, if it has one, is shown once.')
      .argument('<client>', 'Its id: lower-case letters, digits and hyphens.')
      .addOption(
        new Option('--type <type>', 'Whether it can keep a secret, and whether people use it.')
          .choices(['public', 'confidential', 'service'])
          .makeOptionMandatory(),
      )
      .option('--subject-namespace <name>', 'The namespace of its own subjects; services only.'),
  )
    .option(...rehearse)
    .action((id: string, options: CommonOptions & ClientCreateOptions) =>
      run(options, async (context) =>
        (await import('./client.ts')).clientCreate(context, id, options),
      ),
    )
}

/** What can be said of a client, when it is registered and later. */
function recordOptions(command: Command): Command {
  return command
    .option('--name <name>', 'The name that people see; the id, if left out.')
    .option('--first-party', "It is ours: its tokens may be meant for Signet's own API.")
    .option('--direct-sign-in', 'It may take passwords itself; first-party clients only.')
    .option('--confirming', 'It confirms that each refresh token is stored.')
    .addOption(
      new Option(
        '--algorithm <name>',
        'What its tokens are signed with; ES256, if left out.',
      ).choices(['ES256', 'RS256', 'EdDSA']),
    )
    .option('--scope <scope...>', 'What it may ask for; may be given more than once.')
    .option('--origin <origin...>', 'Whose pages may call Signet as this client.')
    .option('--permission <name...>', "What it may do for itself at Signet's own API.")
    .option('--resource <audience...>', 'What it is as a resource server, besides its id.')
    .option('--audience <audience...>', 'Whom the tokens are for that it mints.')
    .option('--claim <name...>', 'Custom claims that it may put into tokens that it mints.')
    .option(
      '--access-token-lifetime <seconds>',
      'How long its access tokens live; as configured, if left out, and never longer.',
      wholeNumber(1, 86_400),
    )
    .addOption(
      new Option(
        '--grant-type <name...>',
        'What it exchanges for tokens; by its kind, if left out.',
      ).choices(['authorization_code', 'refresh_token', 'client_credentials']),
    )
    .option('--redirect-uri <uri...>', 'Where people return to after signing in, to the letter.')
    .option('--post-logout-redirect-uri <uri...>', 'Where a browser may go after signing out.')
    .option('--backchannel-logout-uri <uri>', 'Where it hears of the end of a session.')
    .addOption(
      new Option('--response-mode <name...>', 'How answers travel; both, if left out.').choices([
        'query',
        'form_post',
      ]),
    )
    .option('--no-pkce', 'Do not require PKCE: weaker, and only where nonce protects instead.')
    .option('--jwks <path>', 'A file with its public keys; it signs, and has no secret.')
    .option('--jwks-uri <uri>', 'Where its public keys are published; it signs, and has no secret.')
    .option('--client-uri <uri>', 'Its home page, shown to people.')
    .option(
      '--logo-uri <uri>',
      'Where its picture is: PNG, WebP or JPEG. It is fetched, and shown to people from here.',
    )
    .option('--policy-uri <uri>', 'What it does with personal data, shown to people.')
    .option('--tos-uri <uri>', 'Its terms, shown to people.')
}
