import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { randomBytes } from 'node:crypto'
import { join, resolve } from 'node:path'
import { z } from 'zod'

const flag = z
  .enum(['0', '1', 'true', 'false', ''])
  .default('')
  .transform((v) => v === '1' || v === 'true')
const optionalUrl = z.string().url().optional()

/** The environment, each name with what it should be. Read once; a wrong value ends the start. */
const schema = z.object({
  PORT: z.coerce.number().int().min(0).max(65535).default(3000),
  HOST: z.string().min(1).default('127.0.0.1'),
  WHARF_DATA: z.string().min(1).optional(),
  WHARF_PUBLIC_URL: optionalUrl,
  WHARF_SECRET: z.string().min(32, 'at least 32 characters').optional(),
  WHARF_ADMIN_EMAIL: z.string().email().optional(),
  WHARF_ADMIN_PASSWORD: z.string().min(10, 'at least 10 characters').optional(),
  WHARF_ROLES: z
    .string()
    .default('web,ingest,worker')
    .transform((v) => v.split(',').map((r) => r.trim()))
    .pipe(z.array(z.enum(['web', 'ingest', 'worker']))),
  /** Whether anybody may sign up; else people come by invitation or by an operator. */
  WHARF_OPEN_SIGN_UP: flag,
  WHARF_DEV: flag,
  WHARF_DEMO: flag,
  /** The least that is logged: info, in a demo error. Read by `log.ts`, in every thread. */
  WHARF_LOG_LEVEL: z.enum(['error', 'warn', 'info', 'debug']).optional(),
  WHARF_TLS_CERT: z.string().optional(),
  WHARF_TLS_KEY: z.string().optional(),
  WHARF_LABEL_ACCOUNT: z.string().min(1).default('io.wharfinger.account'),
  WHARF_LABEL_APP: z.string().min(1).default('io.wharfinger.app'),
  WHARF_MINUTES_DAYS: z.coerce.number().int().min(2).max(90).default(7),
  WHARF_EVIDENCE_DAYS: z.coerce.number().int().min(7).default(100),
  /** A rule that stops more accounts than this within 10 minutes only counts from then on. */
  WHARF_ABUSE_BREAKER_ACCOUNTS: z.coerce.number().int().min(1).default(5),
  /** The same for a share of all containers within an hour, from 20 stops on. */
  WHARF_ABUSE_BREAKER_SHARE: z.coerce.number().min(0).max(1).default(0.01),
  WHARF_INGEST_THREADS: z.coerce.number().int().min(1).max(32).default(1),
  WHARF_METRICS_TOKEN: z.string().min(16).optional(),
  DATABASE_URL: optionalUrl,
  /** A registry (distribution 2.8 or 3) that is run elsewhere; without it the one installed here is started. */
  REGISTRY_URL: optionalUrl,
  /** Pulls in six hours, by address of who did not sign in and by who did. */
  WHARF_REGISTRY_ANONYMOUS_PULLS: z.coerce.number().int().min(1).default(200),
  WHARF_REGISTRY_PULLS: z.coerce.number().int().min(1).default(5_000),
  SMTP_URL: optionalUrl,
  WHARF_MAIL_FROM: z.string().default('Wharfinger <wharfinger@localhost>'),
  /** Whether customers' webhooks may go to addresses that are not public: for trials on one machine. */
  WHARF_ALLOW_PRIVATE_WEBHOOKS: flag,
  /** Without it every account is collected by hand. */
  STRIPE_SECRET_KEY: z
    .string()
    .regex(/^(sk|rk)_(test|live)_/, 'a secret key of Stripe, such as sk_live_…')
    .optional(),
  STRIPE_WEBHOOK_SECRET: z.string().startsWith('whsec_', "the endpoint's signing secret, whsec_…").optional(),
  /** Where Stripe's API is, for a stand-in: `http://127.0.0.1:12111`. */
  STRIPE_API_BASE: optionalUrl,
  GITHUB_CLIENT_ID: z.string().optional(),
  GITHUB_CLIENT_SECRET: z.string().optional(),
  OIDC_ISSUER: optionalUrl,
  OIDC_CLIENT_ID: z.string().optional(),
  OIDC_CLIENT_SECRET: z.string().optional(),
})

/** Settings of this process. `secret` seals secrets at rest and signs links. */
export type Env = Readonly<
  Omit<z.infer<typeof schema>, 'WHARF_DATA' | 'WHARF_SECRET'> & { dataDir: string; secret: string; publicUrl: string }
>

const keptSecret = (dataDir: string) => {
  const file = join(dataDir, 'secret')
  try {
    return readFileSync(file, 'utf8').trim()
  } catch {
    const made = randomBytes(32).toString('base64url')
    writeFileSync(file, `${made}\n`, { mode: 0o600 })
    return made
  }
}

/**
 * Reads and checks the environment, and makes the data directory.
 * @throws Error naming each wrong variable and what it should be.
 */
export const readEnv = (from: Record<string, string | undefined>): Env => {
  // An empty variable counts as unset, as container platforms tend to pass them.
  const given = Object.fromEntries(Object.entries(from).filter(([, v]) => v !== ''))
  const parsed = schema.safeParse(given)
  if (!parsed.success) {
    const faults = parsed.error.issues.map((i) => `${i.path.join('.')}: ${i.message}`)
    throw new Error(`the environment is not usable:\n  ${faults.join('\n  ')}`)
  }
  const { WHARF_DATA, WHARF_SECRET, ...rest } = parsed.data
  const dataDir = resolve(WHARF_DATA ?? (rest.WHARF_DEMO ? '.wharf-demo' : '.wharf'))
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  return {
    ...rest,
    dataDir,
    secret: WHARF_SECRET ?? keptSecret(dataDir),
    publicUrl: rest.WHARF_PUBLIC_URL?.replace(/\/$/, '') ?? `http://localhost:${rest.PORT}`,
  }
}
