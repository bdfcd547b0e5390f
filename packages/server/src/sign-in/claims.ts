/** How many accounts may claim one address without proof. Each costs a hash at every sign-in with it. */
export const claimsMax = 3
