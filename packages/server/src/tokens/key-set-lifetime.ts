/** How long others may keep the published key set, in seconds. A new key is published for at least this long before it signs. */
export const keySetLifetimeSeconds = 300
