/** As much of oidc-provider, which comes without types, as benchmark and tests use. */

declare module 'oidc-provider' {
  import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'

  interface Model {
    save(ttlSeconds?: number): Promise<string>
  }

  interface Grant extends Model {
    addOIDCScope(scope: string): void
    addResourceScope(resource: string, scope: string): void
  }

  export default class Provider {
    constructor(issuer: string, configuration: object)
    callback(): RequestListener
    Grant: new (
      of: object,
    ) => Grant
    RefreshToken: new (
      of: object,
    ) => Model
    Client: {
      find(id: string): Promise<{ backchannelLogout(sub: string, sid?: string): Promise<void> }>
    }
    interactionFinished(
      request: IncomingMessage,
      response: ServerResponse,
      result: object,
      options?: object,
    ): Promise<void>
  }

  export const interactionPolicy: {
    base(): { add(prompt: object, position?: number): void }
    Prompt: new (options: { name: string; requestable: boolean }) => object
  }
}
