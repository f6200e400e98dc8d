import { expect, test } from 'vitest'
import { testDatabase } from '../support/database.ts'

const { sql } = await testDatabase()

/** Big tables and the column they would be distributed by (Citus' words); every other table is small: a reference table. */
const DISTRIBUTED: Record<string, string> = {
  usage_minute: 'host_id',
  host_minute: 'host_id',
  report_body: 'host_id',
  report_key: 'host_id',
  usage_hour: 'host_id',
  usage_day: 'host_id',
  epoch: 'host_id',
  attribution: 'host_id',
  host_progress: 'host_id',
  host_boot: 'host_id',
  finding: 'host_id',
  account_hour: 'account_id',
  account_day: 'account_id',
  app: 'account_id',
  incident_account: 'account_id',
  subscription: 'account_id',
  subscription_term: 'account_id',
  invoice: 'account_id',
  invoice_line: 'account_id',
  invoice_input: 'account_id',
  invoice_pin: 'account_id',
  billed_usage: 'account_id',
  billed_window: 'account_id',
  invoice_evidence: 'account_id',
  credit_note: 'account_id',
  payment: 'account_id',
  credit_grant: 'account_id',
  ledger_transaction: 'account_id',
  ledger_entry: 'account_id',
  adjustment: 'account_id',
  billing_dispute: 'account_id',
  spend_state: 'account_id',
  dunning_step: 'account_id',
  entitlement: 'account_id',
  registry_day: 'account_id',
  registry_event: 'id',
  registry_manifest: 'repository_id',
  registry_reference: 'repository_id',
  registry_layer: 'repository_id',
  registry_blob: 'digest',
  registry_hour: 'account_id',
  registry_meter: 'account_id',
  repository_tag: 'repository_id',
}

/** Tables of one row for something people do or decide: thousands, not billions. */
const REFERENCE = new Set([
  'abuse_bundle',
  'abuse_case',
  'abuse_deletion',
  'abuse_dispute',
  'abuse_event',
  'abuse_exemption',
  'abuse_list',
  'abuse_mark',
  'abuse_rule_state',
  'abuse_rules',
  'abuse_sighting',
  'abuse_strike',
  'account',
  'account_hold',
  'account_invitation',
  'account_member',
  'alert',
  'alert_source',
  'api_token',
  'audit_event',
  'banner_closed',
  'billing_profile',
  'channel',
  'cluster',
  'command',
  'component',
  'component_group',
  'component_placement',
  'component_status',
  'contact_method',
  'coupon',
  'delivery',
  'delivery_attempt',
  'escalation_policy',
  'evidence_hold',
  'heartbeat',
  'host',
  'host_key',
  'hour_due',
  'incident',
  'incident_component',
  'incident_draft',
  'incident_host',
  'incident_template',
  'incident_update',
  'join_token',
  'label_rule',
  'legal_entity',
  'mail',
  'notice',
  'notice_read',
  'number_series',
  'on_call_override',
  'on_call_schedule',
  'page',
  'page_message',
  'paging_watch',
  'plan',
  'plan_version',
  'platform_role',
  'quarantine',
  'quota',
  'registry_account',
  'registry_collection',
  'registry_front',
  'registry_key',
  'registry_reconciliation',
  'repository',
  'repository_collaborator',
  'repository_move',
  'repository_redirect',
  'repository_star',
  'repository_team',
  'robot',
  'robot_repository',
  'server_key',
  'setting',
  'sign_in_failure',
  'silence',
  'status_bucket',
  'status_page',
  'stripe_call',
  'stripe_drift',
  'stripe_event',
  'subscriber',
  'subscriber_text',
  'tax_rate',
  'team',
  'team_member',
  'violation',
  'violation_event',
  'webhook_delivery',
  'webhook_endpoint',
])

const tables = async () => {
  const rows = await sql<{ name: string }[]>`select c.relname as name from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition order by 1`
  return rows.map(({ name }) => name)
}

test('every table is either distributed by a column or small', async () => {
  const unknown = (await tables()).filter(
    (name) => !(name in DISTRIBUTED) && !REFERENCE.has(name) && !name.startsWith('auth_'),
  )
  expect(unknown).toEqual([])
  expect(Object.keys(DISTRIBUTED).filter((name) => REFERENCE.has(name))).toEqual([])
})

test('every big table has its distribution column in its primary key and in every unique key', async () => {
  const keys = await sql<{ table: string; key: string; primary: boolean; columns: string[] }[]>`
    select t.relname as table, k.relname as key, i.indisprimary as primary,
      array(select a.attname::text from unnest(i.indkey) c join pg_attribute a on a.attrelid = t.oid and a.attnum = c) as columns
    from pg_index i join pg_class t on t.oid = i.indrelid join pg_class k on k.oid = i.indexrelid
    where t.relname = any(${Object.keys(DISTRIBUTED)}::text[]) and i.indisunique and not t.relispartition`
  for (const [table, column] of Object.entries(DISTRIBUTED)) {
    const own = keys.filter((key) => key.table === table)
    expect([table, own.filter((key) => key.primary).length]).toEqual([table, 1])
    for (const key of own) expect([key.key, key.columns.includes(column)]).toEqual([key.key, true])
  }
})

test('no big table points at another one that lives elsewhere', async () => {
  const links = await sql<{ from: string; to: string }[]>`
    select f.relname as from, t.relname as to from pg_constraint c join pg_class f on f.oid = c.conrelid
    join pg_class t on t.oid = c.confrelid where c.contype = 'f' and f.relname = any(${Object.keys(DISTRIBUTED)}::text[])`
  const wrong = links.filter(({ from, to }) => to in DISTRIBUTED && DISTRIBUTED[to] !== DISTRIBUTED[from])
  expect(wrong).toEqual([])
})

test('a partition carries the keys of its table', async () => {
  const rows = await sql<{ table: string; keys: number }[]>`
    select p.relname as table, (select count(*)::int from pg_index i where i.indrelid = p.oid and i.indisprimary) as keys
    from pg_inherits h join pg_class p on p.oid = h.inhrelid join pg_class t on t.oid = h.inhparent
    where p.relkind = 'r' and t.relkind = 'p'`
  expect(rows.length).toBeGreaterThanOrEqual(3)
  expect(rows.filter(({ keys }) => keys !== 1)).toEqual([])
})

test.each([
  ['update', `update audit_event set action = 'other'`],
  ['delete', 'delete from audit_event'],
  ['truncate', 'truncate audit_event'],
  ['an update that meets no row', `update audit_event set before = '{}' where false`],
])('the audit log refuses %s, even from its owner', async (_, statement) => {
  await sql`insert into audit_event (actor_kind, actor_id, actor_label, action, subject_kind, subject_id)
    values ('system', 'test', 'test', 'test.done', 'test', '1')`
  await expect(sql.unsafe(statement)).rejects.toMatchObject({ code: '42501' })
  const [left] = await sql<{ n: number }[]>`select count(*)::int as n from audit_event where action = 'test.done'`
  expect(left?.n).toBeGreaterThan(0)
})

test('the life of a violation is append-only too', async () => {
  for (const statement of [
    'update violation_event set kind = kind',
    'delete from violation_event',
    'truncate violation_event',
  ]) {
    await expect(sql.unsafe(statement)).rejects.toMatchObject({ code: '42501' })
  }
})
