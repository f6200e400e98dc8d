CREATE TABLE "abuse_bundle" (
	"version" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "abuse_bundle_version_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"cluster_id" bigint NOT NULL,
	"digest" text NOT NULL,
	"payload" text NOT NULL,
	"signature" text NOT NULL,
	"issued_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "abuse_case" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "abuse_case_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"owner" text NOT NULL,
	"account_id" bigint,
	"app" text NOT NULL,
	"category" text NOT NULL,
	"state" text NOT NULL,
	"points" integer NOT NULL,
	"opened_at" timestamp with time zone NOT NULL,
	"last_seen_at" timestamp with time zone NOT NULL,
	"assigned_to" text,
	"closed_at" timestamp with time zone,
	"closed_by" text,
	"outcome" text,
	"reason" text,
	CONSTRAINT "abuse_case_state" CHECK ("abuse_case"."state" in ('watched', 'throttled', 'stopped', 'disputed', 'deleted', 'closed')),
	CONSTRAINT "abuse_case_closed" CHECK (("abuse_case"."state" = 'closed') = ("abuse_case"."closed_at" is not null))
);
--> statement-breakpoint
CREATE TABLE "abuse_deletion" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "abuse_deletion_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"case_id" bigint NOT NULL,
	"owner" text NOT NULL,
	"account_id" bigint,
	"app" text NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"deleted_by" text NOT NULL,
	"keep_until" timestamp with time zone NOT NULL,
	"restored_at" timestamp with time zone,
	"restored_by" text,
	"wiped_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "abuse_dispute" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "abuse_dispute_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"case_id" bigint NOT NULL,
	"strike_id" bigint NOT NULL,
	"owner" text NOT NULL,
	"app" text NOT NULL,
	"digest" text NOT NULL,
	"rules" text[] NOT NULL,
	"words" text NOT NULL,
	"state" text NOT NULL,
	"opened_by" text NOT NULL,
	"opened_at" timestamp with time zone NOT NULL,
	"due_at" timestamp with time zone NOT NULL,
	"busy_s" integer DEFAULT 0 NOT NULL,
	"decided_at" timestamp with time zone,
	"decision" text
);
--> statement-breakpoint
CREATE TABLE "abuse_event" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "abuse_event_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"case_id" bigint NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"kind" text NOT NULL,
	"actor" text NOT NULL,
	"words" text NOT NULL,
	"detail" jsonb DEFAULT '{}'::jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "abuse_exemption" (
	"owner" text NOT NULL,
	"exe_sha256" text NOT NULL,
	"rule_id" text NOT NULL,
	"until_at" timestamp with time zone NOT NULL,
	"reason" text NOT NULL,
	"created_by" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	CONSTRAINT "abuse_exemption_owner_exe_sha256_rule_id_pk" PRIMARY KEY("owner","exe_sha256","rule_id")
);
--> statement-breakpoint
CREATE TABLE "abuse_list" (
	"name" text PRIMARY KEY NOT NULL,
	"source" text NOT NULL,
	"entries" text[] NOT NULL,
	"updated_at" timestamp with time zone NOT NULL,
	"updated_by" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "abuse_mark" (
	"kind" text NOT NULL,
	"hash" text NOT NULL,
	"owner" text NOT NULL,
	"proven" boolean DEFAULT false NOT NULL,
	"first_seen_at" timestamp with time zone NOT NULL,
	"last_seen_at" timestamp with time zone NOT NULL,
	CONSTRAINT "abuse_mark_kind_hash_owner_pk" PRIMARY KEY("kind","hash","owner")
);
--> statement-breakpoint
CREATE TABLE "abuse_rule_state" (
	"rule_id" text PRIMARY KEY NOT NULL,
	"state" text NOT NULL,
	"since" timestamp with time zone NOT NULL,
	"arms_at" timestamp with time zone,
	"reason" text NOT NULL,
	"changed_by" text NOT NULL,
	CONSTRAINT "abuse_rule_state_state" CHECK ("abuse_rule_state"."state" in ('armed', 'dry_run'))
);
--> statement-breakpoint
CREATE TABLE "abuse_rules" (
	"version" integer PRIMARY KEY NOT NULL,
	"rules" jsonb NOT NULL,
	"note" text NOT NULL,
	"created_by" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "abuse_sighting" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "abuse_sighting_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"case_id" bigint NOT NULL,
	"host_id" integer NOT NULL,
	"finding_id" text NOT NULL,
	"epoch" bigint NOT NULL,
	"owner" text NOT NULL,
	"app" text NOT NULL,
	"container_id" text NOT NULL,
	"name" text NOT NULL,
	"image" text NOT NULL,
	"image_id" text,
	"seen_at" timestamp with time zone NOT NULL,
	"started_at" timestamp with time zone NOT NULL,
	"acted_at" timestamp with time zone,
	"action" text NOT NULL,
	"verdict" text NOT NULL,
	"points" integer NOT NULL,
	"category" text,
	"contributions" jsonb NOT NULL,
	"observations" jsonb NOT NULL,
	"executables" jsonb NOT NULL,
	"wallets" text[] NOT NULL,
	"rules" text[] NOT NULL,
	"would_have" text NOT NULL,
	"dry_rules" text[] NOT NULL,
	"held_by" text,
	"bundle" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "abuse_strike" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "abuse_strike_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"case_id" bigint NOT NULL,
	"sighting_id" bigint NOT NULL,
	"owner" text NOT NULL,
	"account_id" bigint,
	"app" text NOT NULL,
	"host_id" integer NOT NULL,
	"epoch" bigint NOT NULL,
	"image" text NOT NULL,
	"name" text NOT NULL,
	"started_at" timestamp with time zone NOT NULL,
	"number" integer NOT NULL,
	"carried" integer DEFAULT 0 NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"told_at" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"erased_at" timestamp with time zone,
	"erased_by" text,
	"erased_reason" text
);
--> statement-breakpoint
ALTER TABLE "abuse_bundle" ADD CONSTRAINT "abuse_bundle_cluster_id_cluster_id_fk" FOREIGN KEY ("cluster_id") REFERENCES "public"."cluster"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "abuse_case" ADD CONSTRAINT "abuse_case_account_id_account_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."account"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "abuse_deletion" ADD CONSTRAINT "abuse_deletion_case_id_abuse_case_id_fk" FOREIGN KEY ("case_id") REFERENCES "public"."abuse_case"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "abuse_deletion" ADD CONSTRAINT "abuse_deletion_account_id_account_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."account"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "abuse_dispute" ADD CONSTRAINT "abuse_dispute_case_id_abuse_case_id_fk" FOREIGN KEY ("case_id") REFERENCES "public"."abuse_case"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "abuse_dispute" ADD CONSTRAINT "abuse_dispute_strike_id_abuse_strike_id_fk" FOREIGN KEY ("strike_id") REFERENCES "public"."abuse_strike"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "abuse_event" ADD CONSTRAINT "abuse_event_case_id_abuse_case_id_fk" FOREIGN KEY ("case_id") REFERENCES "public"."abuse_case"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "abuse_sighting" ADD CONSTRAINT "abuse_sighting_case_id_abuse_case_id_fk" FOREIGN KEY ("case_id") REFERENCES "public"."abuse_case"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "abuse_strike" ADD CONSTRAINT "abuse_strike_case_id_abuse_case_id_fk" FOREIGN KEY ("case_id") REFERENCES "public"."abuse_case"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "abuse_strike" ADD CONSTRAINT "abuse_strike_sighting_id_abuse_sighting_id_fk" FOREIGN KEY ("sighting_id") REFERENCES "public"."abuse_sighting"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "abuse_strike" ADD CONSTRAINT "abuse_strike_account_id_account_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."account"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "abuse_bundle_cluster" ON "abuse_bundle" USING btree ("cluster_id","version");--> statement-breakpoint
CREATE UNIQUE INDEX "abuse_case_open" ON "abuse_case" USING btree ("owner","app") WHERE closed_at is null;--> statement-breakpoint
CREATE INDEX "abuse_case_account" ON "abuse_case" USING btree ("account_id","id");--> statement-breakpoint
CREATE INDEX "abuse_case_seen" ON "abuse_case" USING btree ("last_seen_at");--> statement-breakpoint
CREATE INDEX "abuse_deletion_owner" ON "abuse_deletion" USING btree ("owner","at");--> statement-breakpoint
CREATE INDEX "abuse_deletion_case" ON "abuse_deletion" USING btree ("case_id");--> statement-breakpoint
CREATE UNIQUE INDEX "abuse_dispute_digest" ON "abuse_dispute" USING btree ("owner","digest");--> statement-breakpoint
CREATE INDEX "abuse_dispute_case" ON "abuse_dispute" USING btree ("case_id");--> statement-breakpoint
CREATE INDEX "abuse_dispute_pending" ON "abuse_dispute" USING btree ("due_at") WHERE state = 'pending';--> statement-breakpoint
CREATE INDEX "abuse_event_case" ON "abuse_event" USING btree ("case_id","id");--> statement-breakpoint
CREATE INDEX "abuse_mark_owner" ON "abuse_mark" USING btree ("owner");--> statement-breakpoint
CREATE UNIQUE INDEX "abuse_sighting_finding" ON "abuse_sighting" USING btree ("host_id","finding_id");--> statement-breakpoint
CREATE INDEX "abuse_sighting_case" ON "abuse_sighting" USING btree ("case_id","id");--> statement-breakpoint
CREATE INDEX "abuse_sighting_seen" ON "abuse_sighting" USING btree ("seen_at");--> statement-breakpoint
CREATE UNIQUE INDEX "abuse_strike_epoch" ON "abuse_strike" USING btree ("host_id","epoch");--> statement-breakpoint
CREATE INDEX "abuse_strike_owner" ON "abuse_strike" USING btree ("owner","app");--> statement-breakpoint
CREATE INDEX "abuse_strike_case" ON "abuse_strike" USING btree ("case_id","id");