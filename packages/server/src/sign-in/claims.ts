/** How many accounts may claim one address without proof. Each costs a hash at every sign-in with it. */
export const claimsMax = 3

/** How long a claim is kept that cannot be entered before it is proved. */
export const claimLifetimeDays = 7
