import { ISSUER, SERVICE } from './token.ts'

export type ConfigInput = {
  storageDir: string
  bundlePath: string
  port: number
  /** Where this control plane is reached: by clients (the token service) and by the registry (notifications). */
  publicUrl: string
  ownUrl: string
  eventsSecret: string
  /** Signs the state of uploads, so that they go on after a restart. */
  httpSecret: string
}

/**
 * The registry's configuration (https://distribution.github.io/distribution/about/configuration/), for 2.8 and 3. It is
 * JSON, which YAML contains. The signing algorithm is pinned for 3; 2.8 does not know the setting and takes no other.
 */
export const registryConfig = (input: ConfigInput): string =>
  `${JSON.stringify(
    {
      version: 0.1,
      log: { level: 'warn', accesslog: { disabled: true } },
      storage: {
        filesystem: { rootdirectory: input.storageDir },
        delete: { enabled: true },
        cache: { blobdescriptor: 'inmemory' },
        maintenance: { uploadpurging: { enabled: true, age: '24h', interval: '6h', dryrun: false } },
      },
      http: {
        addr: `127.0.0.1:${input.port}`,
        relativeurls: true,
        secret: input.httpSecret,
        headers: { 'X-Content-Type-Options': ['nosniff'] },
      },
      auth: {
        token: {
          realm: `${input.publicUrl}/v1/registry/token`,
          service: SERVICE,
          issuer: ISSUER,
          rootcertbundle: input.bundlePath,
          signingalgorithms: ['ES256'],
        },
      },
      notifications: {
        events: { includereferences: true },
        endpoints: [
          {
            name: 'wharfinger',
            url: `${input.ownUrl}/v1/registry/events`,
            headers: { Authorization: [`Bearer ${input.eventsSecret}`] },
            timeout: '5s',
            threshold: 5,
            backoff: '1s',
          },
        ],
      },
    },
    null,
    2,
  )}\n`
