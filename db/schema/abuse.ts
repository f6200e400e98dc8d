import { sql } from 'drizzle-orm'
import {
  bigint,
  boolean,
  check,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
} from 'drizzle-orm/pg-core'
import { at, id, ref } from './columns.ts'
import { account } from './accounts.ts'
import { cluster } from './hosts.ts'

/** Whom strikes follow: an account's name, else the value of the account label, else `(none)`. */
const ownerName = () => text('owner').notNull()
const caseRef = () =>
  ref('case_id')
    .notNull()
    .references(() => abuseCase.id)

/** A version of all rules, as an admin saved it (0: built in). Never changed: a new one follows. */
export const abuseRules = pgTable('abuse_rules', {
  version: integer('version').primaryKey(),
  /** `Rule[]`. */
  rules: jsonb('rules').notNull(),
  note: text('note').notNull(),
  createdBy: text('created_by').notNull(),
  createdAt: at('created_at').notNull().defaultNow(),
})

/** Whether a rule acts. One in dry-run counts what it would have done; it arms itself at `armsAt`, or by hand. */
export const abuseRuleState = pgTable(
  'abuse_rule_state',
  {
    ruleId: text('rule_id').primaryKey(),
    state: text('state', { enum: ['armed', 'dry_run'] }).notNull(),
    since: at('since').notNull(),
    armsAt: at('arms_at'),
    reason: text('reason').notNull(),
    changedBy: text('changed_by').notNull(),
  },
  (t) => [check('abuse_rule_state_state', sql`${t.state} in ('armed', 'dry_run')`)],
)

/** Data that rules name, such as pool names. */
export const abuseList = pgTable('abuse_list', {
  name: text('name').primaryKey(),
  source: text('source').notNull(),
  entries: text('entries').array().notNull(),
  updatedAt: at('updated_at').notNull(),
  updatedBy: text('updated_by').notNull(),
})

/** What the hosts of a cluster are given: rules, lists and policy as they stood, signed. The greatest version holds. */
export const abuseBundle = pgTable(
  'abuse_bundle',
  {
    version: bigint('version', { mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity(),
    clusterId: ref('cluster_id')
      .notNull()
      .references(() => cluster.id),
    /** SHA-256 of what it says besides version and time: the same again is no new version. */
    digest: text('digest').notNull(),
    payload: text('payload').notNull(),
    signature: text('signature').notNull(),
    issuedAt: at('issued_at').notNull(),
  },
  (t) => [index('abuse_bundle_cluster').on(t.clusterId, t.version)],
)

/** Shown as `AB-3187`. One open case an app; what happens to it is in its events. */
export const abuseCase = pgTable(
  'abuse_case',
  {
    id: id(),
    owner: ownerName(),
    accountId: ref('account_id').references(() => account.id),
    app: text('app').notNull(),
    category: text('category').notNull(),
    state: text('state', { enum: ['watched', 'throttled', 'stopped', 'disputed', 'deleted', 'closed'] }).notNull(),
    /** The greatest score so far, and when it was. */
    points: integer('points').notNull(),
    openedAt: at('opened_at').notNull(),
    lastSeenAt: at('last_seen_at').notNull(),
    assignedTo: text('assigned_to'),
    closedAt: at('closed_at'),
    closedBy: text('closed_by'),
    /** Why it was closed: `cleared` is a false positive, `expired` saw nothing for long. */
    outcome: text('outcome', { enum: ['cleared', 'expired', 'confirmed'] }),
    reason: text('reason'),
  },
  (t) => [
    uniqueIndex('abuse_case_open')
      .on(t.owner, t.app)
      .where(sql`closed_at is null`),
    index('abuse_case_account').on(t.accountId, t.id),
    index('abuse_case_seen').on(t.lastSeenAt),
    check('abuse_case_state', sql`${t.state} in ('watched', 'throttled', 'stopped', 'disputed', 'deleted', 'closed')`),
    check('abuse_case_closed', sql`(${t.state} = 'closed') = (${t.closedAt} is not null)`),
  ],
)

/** One finding of an agent, judged here: what was seen, what the host did, and what our own score says. */
export const abuseSighting = pgTable(
  'abuse_sighting',
  {
    id: id(),
    caseId: caseRef(),
    hostId: integer('host_id').notNull(),
    findingId: text('finding_id').notNull(),
    epoch: bigint('epoch', { mode: 'number' }).notNull(),
    owner: ownerName(),
    app: text('app').notNull(),
    containerId: text('container_id').notNull(),
    name: text('name').notNull(),
    image: text('image').notNull(),
    imageId: text('image_id'),
    seenAt: at('seen_at').notNull(),
    startedAt: at('started_at').notNull(),
    actedAt: at('acted_at'),
    /** What the agent did, and what evidence says by our own score. */
    action: text('action').notNull(),
    verdict: text('verdict').notNull(),
    points: integer('points').notNull(),
    category: text('category'),
    /** `Contribution[]` and `Observation[]`: raw text, to be escaped by whoever shows it. */
    contributions: jsonb('contributions').notNull(),
    observations: jsonb('observations').notNull(),
    executables: jsonb('executables').notNull(),
    wallets: text('wallets').array().notNull(),
    /** Ids of the rules that counted towards a stop. */
    rules: text('rules').array().notNull(),
    /** Verdict with rules in dry-run counted, and the ids of those that counted. */
    wouldHave: text('would_have').notNull(),
    dryRules: text('dry_rules').array().notNull(),
    /** What kept our action below the verdict. */
    heldBy: text('held_by'),
    bundle: bigint('bundle', { mode: 'bigint' }).notNull(),
  },
  (t) => [
    uniqueIndex('abuse_sighting_finding').on(t.hostId, t.findingId),
    index('abuse_sighting_case').on(t.caseId, t.id),
    index('abuse_sighting_seen').on(t.seenAt),
  ],
)

/** A proven stop that counts: once an epoch. Erased ones stay to be seen, and count no more. */
export const abuseStrike = pgTable(
  'abuse_strike',
  {
    id: id(),
    caseId: caseRef(),
    sightingId: ref('sighting_id')
      .notNull()
      .references(() => abuseSighting.id),
    owner: ownerName(),
    accountId: ref('account_id').references(() => account.id),
    app: text('app').notNull(),
    hostId: integer('host_id').notNull(),
    epoch: bigint('epoch', { mode: 'number' }).notNull(),
    /** What tells replicas of one deploy: the image, the container's name, and when it started. */
    image: text('image').notNull(),
    name: text('name').notNull(),
    startedAt: at('started_at').notNull(),
    /** What it was when it was given, and how many it stands for besides itself (an owner who came back). */
    number: integer('number').notNull(),
    carried: integer('carried').notNull().default(0),
    at: at('at').notNull(),
    /** When the notice of the stop was sent: only an epoch that began after it can bring the next strike. */
    toldAt: at('told_at').notNull(),
    expiresAt: at('expires_at').notNull(),
    erasedAt: at('erased_at'),
    erasedBy: text('erased_by'),
    erasedReason: text('erased_reason'),
  },
  (t) => [
    uniqueIndex('abuse_strike_epoch').on(t.hostId, t.epoch),
    index('abuse_strike_owner').on(t.owner, t.app),
    index('abuse_strike_case').on(t.caseId, t.id),
  ],
)

/** An owner's word against a strike. Decided by what the same executable does for a day; once a digest. */
export const abuseDispute = pgTable(
  'abuse_dispute',
  {
    id: id(),
    caseId: caseRef(),
    strikeId: ref('strike_id')
      .notNull()
      .references(() => abuseStrike.id),
    owner: ownerName(),
    app: text('app').notNull(),
    /** SHA-256 of the executable, else the image's digest, that is disputed; and the proofs against it. */
    digest: text('digest').notNull(),
    rules: text('rules').array().notNull(),
    words: text('words').notNull(),
    state: text('state', { enum: ['pending', 'cleared', 'stands'] }).notNull(),
    openedBy: text('opened_by').notNull(),
    openedAt: at('opened_at').notNull(),
    /** When it is looked at; put off while the executable did not run. */
    dueAt: at('due_at').notNull(),
    /** Seconds the same executable was busy, as far as agents looked. */
    busyS: integer('busy_s').notNull().default(0),
    decidedAt: at('decided_at'),
    decision: text('decision'),
  },
  (t) => [
    uniqueIndex('abuse_dispute_digest').on(t.owner, t.digest),
    index('abuse_dispute_case').on(t.caseId),
    index('abuse_dispute_pending')
      .on(t.dueAt)
      .where(sql`state = 'pending'`),
  ],
)

/** An executable of an owner's that a rule shall not speak of until then. */
export const abuseExemption = pgTable(
  'abuse_exemption',
  {
    owner: ownerName(),
    exeSha256: text('exe_sha256').notNull(),
    ruleId: text('rule_id').notNull(),
    untilAt: at('until_at').notNull(),
    reason: text('reason').notNull(),
    createdBy: text('created_by').notNull(),
    createdAt: at('created_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.owner, t.exeSha256, t.ruleId] })],
)

/** What may tie owners together. `hash` is SHA-256 of the value: addresses and cards are not kept here. */
export const abuseMark = pgTable(
  'abuse_mark',
  {
    kind: text('kind', { enum: ['wallet', 'executable', 'payment', 'address', 'image'] }).notNull(),
    hash: text('hash').notNull(),
    owner: ownerName(),
    /** True where it was seen on a proven stop. */
    proven: boolean('proven').notNull().default(false),
    firstSeenAt: at('first_seen_at').notNull(),
    lastSeenAt: at('last_seen_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.kind, t.hash, t.owner] }), index('abuse_mark_owner').on(t.owner)],
)

/** An app that was deleted. Until `keepUntil` its volumes and sealed create-configurations are kept. */
export const abuseDeletion = pgTable(
  'abuse_deletion',
  {
    id: id(),
    caseId: caseRef(),
    owner: ownerName(),
    accountId: ref('account_id').references(() => account.id),
    app: text('app').notNull(),
    at: at('at').notNull(),
    deletedBy: text('deleted_by').notNull(),
    keepUntil: at('keep_until').notNull(),
    restoredAt: at('restored_at'),
    restoredBy: text('restored_by'),
    /** When what was kept of it was wiped. */
    wipedAt: at('wiped_at'),
  },
  (t) => [index('abuse_deletion_owner').on(t.owner, t.at), index('abuse_deletion_case').on(t.caseId)],
)

/** The life of a case, in order. */
export const abuseEvent = pgTable(
  'abuse_event',
  {
    id: id(),
    caseId: caseRef(),
    at: at('at').notNull(),
    kind: text('kind').notNull(),
    actor: text('actor').notNull(),
    /** A sentence for people; and facts. */
    words: text('words').notNull(),
    detail: jsonb('detail').notNull().default({}),
  },
  (t) => [index('abuse_event_case').on(t.caseId, t.id)],
)
