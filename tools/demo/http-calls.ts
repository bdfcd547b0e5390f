/** What the story calls over plain HTTP: the REST wire of Signet, and the API behind it. */

interface RestAnswer {
  status: number
  body: {
    accepted?: boolean
    tokens?: { accessToken: string; refreshToken: string; expiresIn: number }
    reason?: string
    reference?: string
  }
}

/** POSTs JSON to a method of Signet. */
export async function signetRest(url: string, path: string, body: unknown): Promise<RestAnswer> {
  const response = await fetch(new URL(path, url), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return { status: response.status, body: (await response.json()) as RestAnswer['body'] }
}

interface ApiAnswer {
  status: number
  body: { for?: string; reason?: string }
  /** Milliseconds that the check took. */
  verifiedInMs: string
  /** How many calls to Signet the verifier made for it. */
  callsToSignet: number
}

/** Reads the entries of the ledger. */
export async function callApi({ url }: { url: string }, token: string): Promise<ApiAnswer> {
  const response = await fetch(new URL('/entries', url), {
    headers: { authorization: `Bearer ${token}` },
  })
  return {
    status: response.status,
    body: (await response.json()) as ApiAnswer['body'],
    verifiedInMs: response.headers.get('verified-in-ms') ?? '',
    callsToSignet: Number(response.headers.get('calls-to-signet') ?? Number.NaN),
  }
}
