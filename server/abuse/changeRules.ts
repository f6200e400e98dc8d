import type { Sql, Tx } from '#db/client.ts'
import type { Rule } from '#agents/rules.ts'
import { audit } from '../audit.ts'
import { labelOf, type Context } from '../context.ts'
import { DomainError } from '../errors.ts'
import { addJob } from '../jobs.ts'
import { listsOf, newestRules } from './bundle.ts'
import { rulesInput } from './ruleInput.ts'

export const DRY_RUN_HOURS = 24
const HOUR_MS = 3_600_000

/** Checks rules as an admin wrote them. @throws DomainError BAD_REQUEST with the path of the first fault */
export const readRules = async (sql: Sql, given: unknown): Promise<Rule[]> => {
  const lists = await listsOf(sql)
  const parsed = rulesInput(lists.map(({ name }) => name)).safeParse(given)
  if (parsed.success) return parsed.data
  const [fault] = parsed.error.issues
  const [index, ...rest] = fault?.path ?? []
  const rule = Array.isArray(given) && typeof index === 'number' ? (given[index] as { id?: unknown } | null) : null
  const name = typeof rule?.id === 'string' ? rule.id : `rule ${Number(index ?? 0) + 1}`
  throw new DomainError('BAD_REQUEST', `${[name, ...rest].join('.')}: ${fault?.message ?? 'not of its shape'}`, {
    path: `rules.${(fault?.path ?? []).join('.')}`,
  })
}

const canonical = (rule: Rule): string => JSON.stringify(Object.entries(rule).toSorted(([a], [b]) => (a < b ? -1 : 1)))

export type RuleDiff = { added: Rule[]; removed: Rule[]; changed: { before: Rule; after: Rule }[] }

/** What differs between two sets of rules, by id. Pure. */
export const diffRules = (before: readonly Rule[], after: readonly Rule[]): RuleDiff => {
  const old = new Map(before.map((rule) => [rule.id, rule]))
  const kept = new Set(after.map(({ id }) => id))
  return {
    added: after.filter(({ id }) => !old.has(id)),
    removed: before.filter(({ id }) => !kept.has(id)),
    changed: after.flatMap((rule) => {
      const was = old.get(rule.id)
      return was && canonical(was) !== canonical(rule) ? [{ before: was, after: rule }] : []
    }),
  }
}

/**
 * Keeps a new version of the rules. What is new or changed runs dry for a day, then arms itself.
 * @throws DomainError BAD_REQUEST, CONFLICT (another version was saved since `basedOn`, or nothing differs)
 */
export const saveRules = async (
  ctx: Context,
  { rules: given, basedOn, note }: { rules: unknown; basedOn: number; note: string },
): Promise<{ version: number; dryRun: string[] }> =>
  ctx.sql.begin(async (tx) => {
    await tx`select pg_advisory_xact_lock(hashtext('abuse:rules'))`
    const rules = await readRules(tx, given)
    const newest = await newestRules(tx)
    if (!newest || newest.version !== basedOn) {
      throw new DomainError('CONFLICT', `version ${newest?.version ?? 0} was saved meanwhile; look at it first`)
    }
    const diff = diffRules(newest.rules, rules)
    const dryRun = [...diff.added, ...diff.changed.map(({ after }) => after)].map(({ id }) => id)
    if (dryRun.length + diff.removed.length === 0)
      throw new DomainError('CONFLICT', 'nothing differs from that version')
    const version = newest.version + 1
    await tx`insert into abuse_rules (version, rules, note, created_by, created_at)
      values (${version}, ${JSON.stringify(rules)}::text::jsonb, ${note}, ${labelOf(ctx.actor)}, ${ctx.now})`
    const armsAt = new Date(ctx.now.getTime() + DRY_RUN_HOURS * HOUR_MS)
    for (const id of dryRun) await setRuleState(tx, ctx, id, 'dry_run', armsAt, `New or changed in version ${version}`)
    await tx`delete from abuse_rule_state where rule_id = any(${diff.removed.map(({ id }) => id)})`
    await audit(tx, ctx, {
      action: 'abuse.rules.save',
      subject: { kind: 'abuse_rules', id: version },
      before: { version: newest.version },
      after: { note, diff },
    })
    await addJob(tx, 'abuse.publish', {}, { key: 'abuse:publish' })
    return { version, dryRun }
  })

const setRuleState = async (
  tx: Tx,
  ctx: Context,
  id: string,
  state: 'armed' | 'dry_run',
  armsAt: Date | null,
  reason: string,
) => {
  await tx`insert into abuse_rule_state (rule_id, state, since, arms_at, reason, changed_by)
    values (${id}, ${state}, ${ctx.now}, ${armsAt}, ${reason}, ${labelOf(ctx.actor)})
    on conflict (rule_id) do update set state = excluded.state, since = excluded.since, arms_at = excluded.arms_at,
      reason = excluded.reason, changed_by = excluded.changed_by`
}

/** Arms a rule, or lets it only count, by hand. @throws DomainError NOT_FOUND, CONFLICT where it is so already */
export const armRule = async (
  ctx: Context,
  { rule, armed, reason }: { rule: string; armed: boolean; reason: string },
): Promise<void> => {
  await ctx.sql.begin(async (tx) => {
    await tx`select pg_advisory_xact_lock(hashtext('abuse:rules'))`
    const newest = await newestRules(tx)
    if (!newest?.rules.some(({ id }) => id === rule)) throw new DomainError('NOT_FOUND', `no rule ${rule}`)
    const [was] = await tx<{ state: string }[]>`select state from abuse_rule_state where rule_id = ${rule}`
    const wanted = armed ? 'armed' : 'dry_run'
    if ((was?.state ?? 'armed') === wanted)
      throw new DomainError('CONFLICT', `${rule} is ${armed ? 'armed' : 'in dry-run'} already`)
    await setRuleState(tx, ctx, rule, wanted, null, reason)
    await audit(tx, ctx, {
      action: armed ? 'abuse.rule.arm' : 'abuse.rule.disarm',
      subject: { kind: 'abuse_rule', id: rule },
      before: { state: was?.state ?? 'armed' },
      after: { state: wanted, reason },
    })
    await addJob(tx, 'abuse.publish', {}, { key: 'abuse:publish' })
  })
}

/** Arms the rules whose dry-run is over. */
export const armDue = async (ctx: Context): Promise<void> => {
  await ctx.sql.begin(async (tx) => {
    const rows = await tx<{ ruleId: string }[]>`update abuse_rule_state
      set state = 'armed', since = ${ctx.now}, arms_at = null, reason = 'Its dry-run is over'
      where state = 'dry_run' and arms_at <= ${ctx.now} returning rule_id`
    for (const { ruleId } of rows) {
      await audit(tx, ctx, {
        action: 'abuse.rule.arm',
        subject: { kind: 'abuse_rule', id: ruleId },
        before: { state: 'dry_run' },
        after: { state: 'armed', reason: 'its dry-run is over' },
      })
    }
    if (rows.length > 0) await addJob(tx, 'abuse.publish', {}, { key: 'abuse:publish' })
  })
}

const NAME = /^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$/

/** Replaces a list's entries. @throws DomainError NOT_FOUND, BAD_REQUEST for what is no name */
export const saveList = async (
  ctx: Context,
  { name, source, entries: given }: { name: string; source: string; entries: readonly string[] },
): Promise<void> => {
  const entries = [...new Set(given.map((entry) => entry.trim().toLowerCase()).filter((entry) => entry !== ''))]
  const wrong = entries.find((entry) => !NAME.test(entry))
  if (wrong !== undefined) {
    throw new DomainError('BAD_REQUEST', `${wrong.slice(0, 100)} is no name of a host, such as pool.example.org`, {
      path: 'entries',
    })
  }
  await ctx.sql.begin(async (tx) => {
    const [before] = await tx<{ entries: string[]; source: string }[]>`
      select entries, source from abuse_list where name = ${name} for update`
    if (!before) throw new DomainError('NOT_FOUND', `no list ${name}`)
    await tx`update abuse_list set entries = ${entries}, source = ${source}, updated_at = ${ctx.now},
      updated_by = ${labelOf(ctx.actor)} where name = ${name}`
    const old = new Set(before.entries)
    await audit(tx, ctx, {
      action: 'abuse.list.save',
      subject: { kind: 'abuse_list', id: name },
      before: { source: before.source, entries: before.entries.length },
      after: {
        source,
        entries: entries.length,
        added: entries.filter((entry) => !old.has(entry)).slice(0, 100),
        removed: before.entries.filter((entry) => !entries.includes(entry)).slice(0, 100),
      },
    })
    await addJob(tx, 'abuse.publish', {}, { key: 'abuse:publish' })
  })
}
