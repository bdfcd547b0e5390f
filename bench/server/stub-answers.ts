/** The bodies that both sides of the REST benchmark send and answer. */

/** What a server with its defaults says about passwords. */
export const passwordPolicy = { minLength: 8, maxLength: 128, refusesCommon: true }

/** A sign-in with everything filled in. */
export const signInRequest = {
  identifier: 'maria.jansen@example.com',
  password: 'correct horse battery staple',
  device: {
    installationId: '5f1c2c52-0a3e-4b8f',
    model: 'Pixel 11',
    os: 'Android 18',
    app: 'Ledger 4.2',
  },
}

/** Tokens of the length that real ones have. */
export const signInAnswer = {
  accessToken: `eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCJ9.${'a'.repeat(480)}.${'b'.repeat(86)}`,
  tokenType: 'Bearer',
  expiresIn: 300,
  sessionId: '018f3c6e-7b1a-7c3d-9e4f-0a1b2c3d4e5f',
  refreshToken: `sr1_${'c'.repeat(70)}`,
}

/** What a device presents at its next sign-in. */
export const deviceSecret = 'd'.repeat(43)
