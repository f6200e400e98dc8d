import type { Sql, Tx } from '#db/client.ts'
import { builtinLists, builtinRules } from '#agents/pack.ts'
import { sha256Hex, signText } from '#agents/protocol.ts'
import { bundleText, type Policy, type Rule, type RuleBundle, type RuleList, type SignedBundle } from '#agents/rules.ts'
import type { Context } from '../context.ts'
import { serverKey } from '../hosts/serverKey.ts'
import { announce } from '../live.ts'
import { abuseSettings } from './settings.ts'

export const BUILT_IN = 'built in'
const LOCK = 7_244_983
const DISPUTE_PERCENT = 10

export type RuleState = {
  ruleId: string
  state: 'armed' | 'dry_run'
  since: Date
  armsAt: Date | null
  reason: string
  changedBy: string
}
export type RulesVersion = { version: number; rules: Rule[]; note: string; createdBy: string; createdAt: Date }

/** The newest version of the rules; undefined before the first publication. */
export const newestRules = async (sql: Sql): Promise<RulesVersion | undefined> => {
  const [row] = await sql<RulesVersion[]>`
    select version, rules, note, created_by, created_at from abuse_rules order by version desc limit 1`
  return row
}

export const ruleStates = async (sql: Sql): Promise<RuleState[]> =>
  await sql<
    RuleState[]
  >`select rule_id, state, since, arms_at, reason, changed_by from abuse_rule_state order by rule_id`

export const listsOf = async (sql: Sql): Promise<RuleList[]> => {
  const rows = await sql<{ name: string; source: string; entries: string[]; updatedAt: Date }[]>`
    select name, source, entries, updated_at from abuse_list order by name`
  return rows.map((row) => ({ ...row, updatedAt: row.updatedAt.toISOString().slice(0, 10) }))
}

const policyOf = async (sql: Sql, cluster: string, now: Date): Promise<Policy> => {
  const settings = await abuseSettings(sql)
  const apps = await sql<{ app: string }[]>`select a.name || '/' || p.name as app
    from app p join account a on a.id = p.account_id where p.protected_at is not null order by 1`
  const exemptions = await sql<{ account: string; exeSha256: string; rule: string; untilAt: Date }[]>`
    select owner as account, exe_sha256, rule_id as rule, until_at from abuse_exemption where until_at > ${now}
    order by owner, exe_sha256, rule_id`
  const disputes = await sql<{ caseId: bigint; account: string; app: string; openedAt: Date; dueAt: Date }[]>`
    select case_id, owner as account, app, due_at from abuse_dispute where state = 'pending' order by id`
  const dry = await sql<{ ruleId: string }[]>`select rule_id from abuse_rule_state where state = 'dry_run' order by 1`
  return {
    gameServers: settings.gamePolicy[cluster] ?? 'forbidden',
    holdFire: settings.holdFire.on,
    protected: { accounts: settings.protectedAccounts, apps: apps.map(({ app }) => app) },
    exemptions: exemptions.map(({ untilAt, ...one }) => ({ ...one, untilMs: untilAt.getTime() })),
    disputes: disputes.map(({ caseId, account, app, dueAt }) => ({
      caseId: Number(caseId),
      account,
      app,
      cpuPercent: DISPUTE_PERCENT,
      untilMs: dueAt.getTime(),
    })),
    dryRun: dry.map(({ ruleId }) => ruleId),
  }
}

/** What holds in a cluster at this moment, published or not. */
export const bundleNow = async (
  sql: Sql,
  cluster: string,
  now: Date,
): Promise<Omit<RuleBundle, 'version' | 'issuedAtMs'>> => ({
  cluster,
  rules: (await newestRules(sql))?.rules ?? [...builtinRules],
  lists: await listsOf(sql),
  policy: await policyOf(sql, cluster, now),
})

/** Keeps the built-in rules and lists: as they came with this build, unless an admin has written versions since. */
const keepBuiltIn = async (tx: Tx, now: Date) => {
  const newest = await newestRules(tx)
  const rules = JSON.stringify(builtinRules)
  // jsonb orders keys its own way: what is equal there is equal.
  const [same] =
    await tx`select 1 from abuse_rules where version = ${newest?.version ?? -1} and rules = ${rules}::text::jsonb`
  if (!same && (newest === undefined || newest.createdBy === BUILT_IN)) {
    await tx`insert into abuse_rules (version, rules, note, created_by, created_at)
      values (${(newest?.version ?? -1) + 1}, ${rules}::text::jsonb, 'The rules that came with this version', ${BUILT_IN}, ${now})`
  }
  for (const { name, source, entries, updatedAt } of builtinLists) {
    await tx`insert into abuse_list (name, source, entries, updated_at, updated_by)
      values (${name}, ${source}, ${entries}, ${updatedAt}::date, ${BUILT_IN})
      on conflict (name) do update set source = excluded.source, entries = excluded.entries, updated_at = excluded.updated_at
        where abuse_list.updated_by = ${BUILT_IN}`
  }
}

/**
 * Job `abuse.publish`: signs what holds now for every cluster where it differs from what its hosts were given, and wakes
 * them. Repeating it publishes nothing.
 */
export const publish = async (ctx: Context): Promise<void> => {
  const { privateKey } = await serverKey(ctx)
  await ctx.sql.begin(async (tx) => {
    await tx`select pg_advisory_xact_lock(${LOCK})`
    await keepBuiltIn(tx, ctx.now)
    const clusters = await tx<{ id: bigint; name: string }[]>`select id, name from cluster order by id`
    let news = false
    for (const { id, name } of clusters) {
      const content = await bundleNow(tx, name, ctx.now)
      const digest = sha256Hex(JSON.stringify(content))
      const [last] = await tx<{ digest: string }[]>`
        select digest from abuse_bundle where cluster_id = ${id} order by version desc limit 1`
      if (last?.digest === digest) continue
      const [next] = await tx<{ version: bigint }[]>`
        select nextval(pg_get_serial_sequence('abuse_bundle', 'version')) as version`
      const bundle: RuleBundle = { version: Number(next?.version), issuedAtMs: ctx.now.getTime(), ...content }
      const payload = JSON.stringify(bundle)
      await tx`insert into abuse_bundle (version, cluster_id, digest, payload, signature, issued_at)
        overriding system value
        values (${bundle.version}, ${id}, ${digest}, ${payload}, ${signText(privateKey, bundleText(payload))}, ${ctx.now})`
      news = true
    }
    if (news) await announce(tx, 'rules')
  })
}

/** The signed bundle of a host's cluster and its version; published on the spot for a cluster that has none. */
export const bundleFor = async (ctx: Context, hostId: number): Promise<SignedBundle & { version: bigint }> => {
  const read = () => ctx.sql<(SignedBundle & { version: bigint })[]>`
    select b.version, b.payload, b.signature from host h join abuse_bundle b on b.cluster_id = h.cluster_id
    where h.id = ${hostId} order by b.version desc limit 1`
  const [known] = await read()
  if (known) return known
  await publish(ctx)
  const [made] = await read()
  if (!made) throw new Error(`host ${hostId} has no cluster`)
  return made
}
