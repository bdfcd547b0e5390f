/**
 * Scopes of Signet's own API: what an app of somebody else may do there for its user.
 *
 * Everything that begins with `signet:` is ours. `signet:account` lets an app manage the account of its user; any other one names a
 * permission, which the user must have, too (`signet:users.write`), or all of them (`signet:*`).
 */

/** What lets an app of somebody else manage the account of its user. */
export const accountScope = 'signet:account'
/** What lets an app do whatever its user may. */
export const everythingScope = 'signet:*'

const prefix = 'signet:'
const form = /^signet:(\*|[a-z_.]+)$/

/** Whether it is one of ours, whatever it means. */
export function isSignetScope(scope: string): boolean {
  return scope.startsWith(prefix)
}

/** What it lets an app do at Signet's own API; undefined where that is nothing. */
export function permissionOfScope(scope: string): string | undefined {
  return form.exec(scope)?.[1]
}
