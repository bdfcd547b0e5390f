/** The variables that say how large pictures may be and where they are kept. */

import { type Kind, kind, whole } from './kinds.ts'
import { defaulted, secret, variable } from './variable.ts'
import { collectorUrl } from './web-addresses.ts'

const section = 'Avatars'
const mebibyte = 1024 * 1024

const matching = (form: string, pattern: RegExp, fix: string): Kind<string> =>
  kind(form, (text) => (pattern.test(text) ? { value: text } : { wrong: `is not ${form}`, fix }))

export const avatarVariables = {
  SIGNET_AVATAR_BYTES_MAX: defaulted(String(8 * mebibyte), {
    section,
    kind: whole(64 * 1024, 32 * mebibyte),
    about: 'The largest picture that is taken, in bytes.',
  }),
  SIGNET_S3_BUCKET: variable({
    section,
    kind: matching(
      'the name of a bucket',
      /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/u,
      'write 3 to 63 small letters, digits, dots and hyphens',
    ),
    defaultText: 'pictures are kept in `SIGNET_DATA_DIR`, which suits one machine',
    about:
      'A bucket of S3, or of a store that speaks its language, to keep pictures in. It stays private: Signet reads from it. Needed where several machines serve.',
  }),
  SIGNET_S3_REGION: variable({
    section,
    kind: matching('a region', /^[a-z0-9-]{1,40}$/u, 'write it such as eu-central-1'),
    about: 'The region of the bucket.',
  }),
  SIGNET_S3_ENDPOINT: variable({
    section,
    kind: collectorUrl,
    url: 'web',
    defaultText: 'the one of AWS for that region',
    about:
      'Where the store is, if it is not AWS. The bucket is then part of the path. Browsers that upload by themselves must reach it too.',
  }),
  SIGNET_S3_PREFIX: defaulted('signet/', {
    section,
    kind: matching(
      'the beginning of a key',
      /^(?:[\w.-]+\/)*$/u,
      'write names with a slash after each, such as signet/',
    ),
    about: 'What the keys of all objects begin with.',
  }),
  SIGNET_S3_ACCESS_KEY_ID: variable({
    section,
    kind: matching('an access key id', /^\w{3,128}$/u, 'copy it as the store shows it'),
    defaultText: 'what the machine or its role provides',
    about:
      'The access key. It must be allowed to put, get and delete objects below the prefix, and nothing else.',
  }),
  SIGNET_S3_SECRET_ACCESS_KEY: variable({
    section,
    kind: secret,
    secret: true,
    about: 'The secret that goes with that key.',
  }),
} as const
