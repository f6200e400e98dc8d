import { passkey } from '@better-auth/passkey'
import { betterAuth } from 'better-auth'
import { APIError, createAuthMiddleware } from 'better-auth/api'
import { genericOAuth, twoFactor } from 'better-auth/plugins'
import { connect } from '#db/client.ts'
import type { Env } from '../env.ts'
import { log } from '../log.ts'
import { authStore } from './authStore.ts'
import { clearFailures, countTry } from './countTry.ts'
import { lockedMessage } from './lockout.ts'
import { ensurePersonalAccount } from './personalAccount.ts'
import { sendResetLink, sendVerifyLink } from './signInMail.ts'

const SESSION_S = 14 * 86_400
const PASSWORD_MIN = 10
const PASSWORD_MAX = 200

/** Addresses that count as this control plane: the public one, and this machine's on the same port. */
const trustedOrigins = (env: Env): string[] => {
  const { protocol, port } = new URL(env.publicUrl)
  const onPort = port === '' ? '' : `:${port}`
  return [...new Set([env.publicUrl, ...['localhost', '127.0.0.1', '[::1]'].map((h) => `${protocol}//${h}${onPort}`)])]
}

const github = (env: Env) =>
  env.GITHUB_CLIENT_ID && env.GITHUB_CLIENT_SECRET
    ? {
        github: {
          clientId: env.GITHUB_CLIENT_ID,
          clientSecret: env.GITHUB_CLIENT_SECRET,
          disableSignUp: !env.WHARF_OPEN_SIGN_UP,
        },
      }
    : {}

const oidc = (env: Env) =>
  env.OIDC_ISSUER && env.OIDC_CLIENT_ID && env.OIDC_CLIENT_SECRET
    ? [
        genericOAuth({
          config: [
            {
              providerId: 'oidc',
              discoveryUrl: `${env.OIDC_ISSUER.replace(/\/$/, '')}/.well-known/openid-configuration`,
              clientId: env.OIDC_CLIENT_ID,
              clientSecret: env.OIDC_CLIENT_SECRET,
              scopes: ['openid', 'email', 'profile'],
              pkce: true,
              disableSignUp: !env.WHARF_OPEN_SIGN_UP,
            },
          ],
        }),
      ]
    : []

/** The reason alone: a failed query's own message carries its parameters, which may be secrets. */
const logFault = (message: string, rest: readonly unknown[]) => {
  const error = rest.find((part) => part instanceof Error)
  const cause = error?.cause instanceof Error ? error.cause : undefined
  log.error(
    { part: 'sign-in', error: error?.name, cause: cause?.message },
    message.startsWith('Failed query') ? 'query failed' : message,
  )
}

/**
 * Sign-in: e-mail and password, reset by mail, sessions, second factor, passkeys, and GitHub or OIDC where the
 * environment names them. Serves /api/auth/*. People come by invitation or by an operator unless WHARF_OPEN_SIGN_UP.
 */
export const makeAuth = ({ env, databaseUrl }: { env: Env; databaseUrl: string }) => {
  const store = authStore(databaseUrl)
  const sql = connect(databaseUrl, { max: 2, name: 'wharfinger-auth-hooks' })

  const auth = betterAuth({
    appName: 'Wharfinger',
    baseURL: env.publicUrl,
    basePath: '/api/auth',
    secret: env.secret,
    database: store.adapter,
    trustedOrigins: trustedOrigins(env),
    telemetry: { enabled: false },
    // At "info" it leaves refusals to their callers; what fails comes here.
    logger: {
      level: 'info',
      log: (level, message, ...rest) => (level === 'error' ? logFault(message, rest) : undefined),
    },
    advanced: {
      cookiePrefix: 'wharf',
      useSecureCookies: env.publicUrl.startsWith('https://'),
      // Named, since the library turns both off where it thinks that it is being tested.
      disableCSRFCheck: false,
      disableOriginCheck: false,
      // The front door sets it from the peer's address; a caller's own is overwritten there.
      ipAddress: { ipAddressHeaders: ['x-wharf-ip'] },
    },
    session: { expiresIn: SESSION_S, updateAge: 86_400, freshAge: 3_600 },
    rateLimit: {
      enabled: true,
      storage: 'database',
      window: 60,
      max: 120,
      customRules: {
        '/get-session': false,
        '/sign-in/*': { window: 60, max: 20 },
        '/sign-up/*': { window: 600, max: 5 },
        '/request-password-reset': { window: 600, max: 5 },
        '/reset-password': { window: 60, max: 10 },
        '/change-password': { window: 60, max: 10 },
        '/two-factor/*': { window: 60, max: 10 },
      },
    },
    emailAndPassword: {
      enabled: true,
      disableSignUp: !env.WHARF_OPEN_SIGN_UP,
      requireEmailVerification: true,
      minPasswordLength: PASSWORD_MIN,
      maxPasswordLength: PASSWORD_MAX,
      resetPasswordTokenExpiresIn: 3_600,
      revokeSessionsOnPasswordReset: true,
      sendResetPassword: ({ user, token }) => sendResetLink(sql, env, user.email, token),
      // A reset proves the mailbox: the lock has done its work.
      onPasswordReset: async ({ user }) => clearFailures(sql, user.email),
    },
    emailVerification: {
      sendOnSignUp: env.WHARF_OPEN_SIGN_UP,
      autoSignInAfterVerification: true,
      sendVerificationEmail: ({ user, url }) => sendVerifyLink(sql, user.email, url),
    },
    account: { accountLinking: { enabled: true }, encryptOAuthTokens: true },
    socialProviders: github(env),
    plugins: [
      twoFactor({
        issuer: 'Wharfinger',
        accountLockout: { enabled: true, maxFailedAttempts: 8, durationSeconds: 900 },
      }),
      passkey({
        rpID: new URL(env.publicUrl).hostname,
        rpName: 'Wharfinger',
        origin: trustedOrigins(env),
        authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
        // It stands for password and second factor, so having the device alone must not do.
        authentication: {
          afterVerification: ({ verification }) => {
            if (verification.authenticationInfo.userVerified) return
            throw new APIError('UNAUTHORIZED', {
              code: 'USER_NOT_VERIFIED',
              message: 'the device did not check who used the passkey',
            })
          },
        },
      }),
      ...oidc(env),
    ],
    databaseHooks: {
      user: { create: { after: async (user) => ensurePersonalAccount(sql, user.id) } },
      // Heals a user whose account was lost to a crash between the two.
      session: { create: { after: async (session) => ensurePersonalAccount(sql, session.userId) } },
    },
    hooks: {
      before: createAuthMiddleware(async (ctx) => {
        const body = ctx.body as { email?: unknown; trustDevice?: unknown } | undefined
        // A trusted device would skip the second factor; here every sign-in with a password asks for it.
        if (body?.trustDevice)
          throw new APIError('BAD_REQUEST', { message: 'devices are not trusted here; leave trustDevice out' })
        if (ctx.path !== '/sign-in/email' || typeof body?.email !== 'string') return
        const remaining = await countTry(sql, body.email, new Date(), ctx.headers?.get('x-wharf-ip') ?? null)
        if (remaining > 0) {
          throw new APIError(
            'TOO_MANY_REQUESTS',
            { code: 'LOCKED', message: lockedMessage(remaining), retryAfterSeconds: remaining },
            { 'Retry-After': String(remaining) },
          )
        }
      }),
      after: createAuthMiddleware(async (ctx) => {
        if (ctx.path !== '/sign-in/email' || ctx.context.returned instanceof APIError) return
        const { email } = ctx.body as { email: string }
        await clearFailures(sql, email)
      }),
    },
  })

  const handler = async (request: Request): Promise<Response> => {
    const { headers } = request
    const path = new URL(request.url).pathname.replace(/^\/api\/auth/, '')
    const origin = {
      path,
      ip: headers.get('x-wharf-ip') ?? undefined,
      userAgent: headers.get('user-agent')?.slice(0, 300),
      requestId: headers.get('x-request-id') ?? undefined,
      renews: /\bwharf\.session_token=[^;\s]/.test(headers.get('cookie') ?? ''),
    }
    return store.during(origin, () => auth.handler(request))
  }

  return {
    /** Answers a request under /api/auth. */
    handler,
    /** The session of a request's cookie with its user, or null. Database faults are thrown. */
    session: async (headers: Headers) => auth.api.getSession({ headers, query: { disableRefresh: false } }),
    providers: { github: Boolean(env.GITHUB_CLIENT_ID), oidc: Boolean(env.OIDC_ISSUER) },
    close: async () => {
      await Promise.all([store.close(), sql.end({ timeout: 5 })])
    },
  }
}

export type Auth = ReturnType<typeof makeAuth>
