/** As much of oidc-provider, which comes without types, as the benchmark uses. */

declare module 'oidc-provider' {
  import type { RequestListener } from 'node:http'

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
      properties: object,
    ) => Grant
    RefreshToken: new (
      properties: object,
    ) => Model
    Client: { find(id: string): Promise<object | undefined> }
  }
}
