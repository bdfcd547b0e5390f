/**
 * Decides which folder of the server may import which: only from its left. The order is the architecture; at run
 * time no cycle can exist, while types may come from anywhere. Each line says why the folder stands where it stands.
 */

export const layers: readonly { folder: string; because: string }[] = [
  { folder: '.', because: 'ids, errors and the request context are words that everyone speaks' },
  { folder: 'html', because: 'making HTML safe needs nothing of ours' },
  {
    folder: 'translation',
    because: 'texts by language need nothing of ours, and whoever speaks to people has some',
  },
  { folder: 'crypto', because: 'keys and ciphers know no table and no request' },
  { folder: 'pictures', because: 'a picture is judged by its bytes, whoever sends or names it' },
  {
    folder: 'config',
    because: 'settings are read once, before anything exists that could be asked',
  },
  { folder: 'db', because: 'statements run on it; it must not know what they mean' },
  { folder: 'operations', because: 'logs, metrics and traces observe; they decide nothing' },
  {
    folder: 'outbound',
    because: 'whoever fetches what a stranger names does it there, and it knows no feature',
  },
  { folder: 'idempotency', because: 'whatever acts may be asked twice; it knows no feature' },
  { folder: 'events', because: 'every feature records what it did' },
  { folder: 'queue', because: 'every feature may leave work for later, and names no handler' },
  { folder: 'mail', because: 'every feature may write to a person; a mail knows only its facts' },
  { folder: 'sms', because: 'a text message knows only its number and its text' },
  { folder: 'avatars', because: 'a picture knows nothing of its person but the id' },
  { folder: 'throttling', because: 'guesses are limited wherever a proof can be guessed at' },
  { folder: 'users', because: 'a person exists before any way to sign in' },
  { folder: 'clients', because: 'a client exists before anyone signs in through it' },
  { folder: 'sessions', because: 'a session joins a user and a client' },
  { folder: 'grants', because: 'a grant gives one client what a session allows' },
  { folder: 'tokens', because: 'a token speaks of a grant and its session' },
  { folder: 'revocation', because: 'what is revoked is a token, a grant, a session or wider' },
  { folder: 'authenticators', because: 'proofs of who somebody is end in a session' },
  {
    folder: 'sign-in',
    because: 'signing in checks an authenticator, opens a session, issues a token',
  },
  {
    folder: 'federation',
    because: 'who somebody is elsewhere signs them in here; getting back in by mail comes after',
  },
  { folder: 'recovery', because: 'who reads a mailbox may prove it, and get back in' },
  { folder: 'emails', because: 'an address is added, changed and given back by links' },
  { folder: 'guests', because: 'a guest becomes somebody by proving an address' },
  { folder: 'invitations', because: 'who is invited opens an account by a mail' },
  {
    folder: 'phones',
    because: 'who reads the messages of a number may prove it, and sign in with it',
  },
  { folder: 'roles', because: 'roles say what a signed-in user may do' },
  {
    folder: 'stored-keys',
    because: 'a new master secret takes over what every feature has wrapped',
  },
  { folder: 'oauth', because: 'the endpoints of OAuth and OpenID Connect stand on all of it' },
  { folder: 'jobs', because: 'the work that waits in the queue is done with all of it' },
  {
    folder: 'pages',
    because: 'what people see of sign-in stands on all of it, the protocol included',
  },
  { folder: 'reference', because: 'the reference describes every method' },
  { folder: 'call', because: 'the pipeline runs any method and knows none by name' },
  { folder: 'wires', because: 'a wire decodes and encodes calls; it decides nothing' },
  { folder: 'app', because: 'the route table joins features, pipeline and wires' },
  { folder: 'testing', because: 'tests may use everything; nothing else may use them' },
  { folder: 'cli', because: 'the command line uses everything' },
]

/** Folders that must not know features at all, although they stand to the right of them. */
export const featureless: Record<string, string> = {
  call: 'app.ts hands the pipeline its functions, so that every feature passes through the same door',
  wires: 'a wire that knew a feature would treat it differently from the others',
}

/** From the first folder that says what Signet does to the last one that people see. */
const features = layers
  .map(({ folder }) => folder)
  .slice(placeOf('idempotency'), placeOf('pages') + 1)

function placeOf(folder: string): number {
  return layers.findIndex((layer) => layer.folder === folder)
}

/** The sentence that refuses this import, or undefined where it is allowed. Folders are relative to the server's src. */
export function refuseImport(from: string, to: string, typeOnly: boolean): string | undefined {
  if (from === to || from === 'testing' || typeOnly) return undefined
  if (from in featureless && features.includes(to))
    return `${from}/ imports no feature: ${featureless[from]}`
  if (placeOf(from) < 0 || placeOf(to) < 0) {
    return `${placeOf(from) < 0 ? from : to}/ has no place in the order: give it one in tools/check/layers.ts`
  }
  if (placeOf(to) < placeOf(from)) return undefined
  const reason = layers[placeOf(from)]?.because
  return `${from}/ stands left of ${to}/ and may not import it: ${reason}`
}
