/** The verbs about providers: whom people sign in with. */

import { type Command, Option } from 'commander'
import { providerKinds } from '../federation/identity-provider.ts'
import type { ProviderAddOptions } from './provider.ts'
import type { CommonOptions, RunVerb } from './verb.ts'
import { type ChangeOptions, group, rehearse, verb } from './verb.ts'

/** Adds them to the program. */
export function addProviderVerbs(program: Command, run: RunVerb): void {
  const provider = group(program, 'provider', 'Set up providers that people sign in with.')
  const load = () => import('./provider.ts')
  verb(provider, 'list', 'List the providers with the redirect URI of each.').action(
    (options: CommonOptions) =>
      run(options, async (context) => (await load()).providerList(context)),
  )
  verb(provider, 'test', 'Ask a provider whether it is set up correctly, and say what is wrong.')
    .argument('<provider>', 'Its id.')
    .action((id: string, options: CommonOptions) =>
      run(options, async (context) => (await load()).providerTest(context, id)),
    )
  verb(provider, 'add', 'Add a provider. Its client secret comes on standard input.')
    .argument('<provider>', 'An id for it, which stands in addresses: letters, digits and hyphens.')
    .addOption(
      new Option('--kind <kind>', 'What it is.').choices(providerKinds).makeOptionMandatory(),
    )
    .requiredOption('--client-id <id>', 'What Signet is to the provider.')
    .option('--name <name>', 'What stands on its button; without it the id.')
    .option('--issuer <url>', 'The issuer of an OpenID provider, or another place of a known kind.')
    .option('--tenant <tenant>', 'With Microsoft: whose people may come.')
    .option('--team-id <id>', 'With Apple: the team.')
    .option('--key-id <id>', 'With Apple: names the private key, which is the secret.')
    .option('--scope <scope...>', 'Asked for beside what signing in needs.')
    .option('--keep-tokens', 'Keep its own tokens for clients that may ask for them.')
    .option(...rehearse)
    .action((id: string, options: CommonOptions & ProviderAddOptions) =>
      run(options, async (context) => (await load()).providerAdd(context, id, options)),
    )
  verb(provider, 'remove', 'Remove a provider. Who people are there is kept.')
    .argument('<provider>', 'Its id.')
    .option(...rehearse)
    .action((id: string, options: CommonOptions & ChangeOptions) =>
      run(options, async (context) => (await load()).providerRemove(context, id, options)),
    )
}
