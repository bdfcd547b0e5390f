/** How long sessions live, and who stays signed in. */

import { oneOf, whole } from './kinds.ts'
import { defaulted } from './variable.ts'
import type { Values } from './variables.ts'

const section = 'Tokens and sessions'
const hour = 60 * 60
const day = 24 * hour

export const sessionVariables = {
  SIGNET_SESSION_IDLE_LIFETIME_SECONDS: defaulted(String(14 * day), {
    section,
    kind: whole(60, 400 * day),
    about: 'How long a session lives without being used, of somebody who stays signed in.',
  }),
  SIGNET_TEMPORARY_SESSION_IDLE_LIFETIME_SECONDS: defaulted(String(8 * hour), {
    section,
    kind: whole(60, 400 * day),
    about:
      'How long a session in a browser lives without being used, of somebody who has not chosen to stay signed in; never longer than one that stays. What apps do for the person is use. The browser forgets such a session when it is closed.',
  }),
  SIGNET_SESSION_LIFETIME_SECONDS: defaulted(String(90 * day), {
    section,
    kind: whole(60, 400 * day),
    about: 'How long a session lives at the most, however much it is used.',
  }),
  SIGNET_STAY_SIGNED_IN: defaulted('offered', {
    section,
    kind: oneOf('offered', 'preselected', 'always', 'never'),
    about:
      'Whether people stay signed in when they close their browser. `offered`: whoever ticks a box, which is empty at first, because browsers are shared and a cookie that stays needs consent in the EU. `preselected`: the box is ticked at first. `always` and `never`: nobody is asked.',
  }),
} as const

export interface SessionSettings {
  /** Of somebody who stays signed in. */
  readonly sessionIdleLifetimeSeconds: number
  /** In a browser, of somebody who does not. */
  readonly temporarySessionIdleLifetimeSeconds: number
  readonly sessionLifetimeSeconds: number
  readonly staySignedIn: 'offered' | 'preselected' | 'always' | 'never'
}

/** What the variables say. */
export function sessionSettings(values: Values): SessionSettings {
  const idle = values.SIGNET_SESSION_IDLE_LIFETIME_SECONDS
  return {
    sessionIdleLifetimeSeconds: idle,
    temporarySessionIdleLifetimeSeconds: Math.min(
      values.SIGNET_TEMPORARY_SESSION_IDLE_LIFETIME_SECONDS,
      idle,
    ),
    sessionLifetimeSeconds: values.SIGNET_SESSION_LIFETIME_SECONDS,
    staySignedIn: values.SIGNET_STAY_SIGNED_IN,
  }
}
