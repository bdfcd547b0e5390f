/**
 * Calls methods of the contract over `fetch`: one POST per call, binary, so that a service which is one version older
 * passes over a field that it does not know.
 *
 * Errors: SignetClientError.
 * Specs: Connect protocol, unary requests.
 */

import {
  create,
  type DescMessage,
  type DescMethodUnary,
  type DescService,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf'
import { errorOf, SignetClientError } from './error.ts'

export interface RpcOptions {
  /** Where Signet is, such as `https://accounts.example.com`. */
  url: string
  fetch: typeof fetch
  timeoutMs: number
}

/** Calls one method, with an access token where one is given. */
export async function callMethod<I extends DescMessage, O extends DescMessage>(
  { url, fetch, timeoutMs }: RpcOptions,
  method: DescMethodUnary<I, O>,
  { input, accessToken }: { input: MessageInitShape<I>; accessToken?: string | undefined },
): Promise<MessageShape<O>> {
  const path = `/${method.parent.typeName}/${method.name}`
  try {
    const response = await fetch(new URL(path, url), {
      method: 'POST',
      headers: {
        'content-type': 'application/proto',
        'connect-protocol-version': '1',
        ...(accessToken !== undefined && { authorization: `Bearer ${accessToken}` }),
      },
      body: toBinary(method.input, create(method.input, input)),
      // Tokens travel in the header, where no other page can make a browser send them.
      credentials: 'omit',
      cache: 'no-store',
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    })
    if (response.status !== 200) throw errorOf(response.status, await response.text())
    return fromBinary(method.output, new Uint8Array(await response.arrayBuffer()))
  } catch (cause) {
    if (cause instanceof SignetClientError) throw cause
    throw new SignetClientError('UNREACHABLE', 'Signet was not reached.', { cause })
  }
}

/** The unary methods of a service, as functions. */
export type Calls<S extends DescService> = {
  [K in keyof S['method'] as S['method'][K] extends DescMethodUnary ? K : never]: (
    input: MessageInitShape<S['method'][K]['input']>,
  ) => Promise<MessageShape<S['method'][K]['output']>>
}

/** Makes the functions of a service; `call` performs each. */
export function callsOf<S extends DescService>(
  service: S,
  call: (method: DescMethodUnary, input: MessageInitShape<DescMessage>) => Promise<unknown>,
): Calls<S> {
  const unary = service.methods.filter((method) => method.methodKind === 'unary')
  return Object.fromEntries(
    unary.map((method) => [
      method.localName,
      (input: MessageInitShape<DescMessage>) => call(method as DescMethodUnary, input),
    ]),
  ) as unknown as Calls<S>
}
