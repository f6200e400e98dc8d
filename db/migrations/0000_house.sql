CREATE TABLE "account" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "account_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"name" text NOT NULL,
	"kind" text NOT NULL,
	"display_name" text NOT NULL,
	"plan" text DEFAULT 'free' NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"closed_at" timestamp with time zone,
	CONSTRAINT "account_name_unique" UNIQUE("name"),
	CONSTRAINT "account_name" CHECK ("account"."name" ~ '^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*$' and length("account"."name") between 2 and 64),
	CONSTRAINT "account_kind" CHECK ("account"."kind" in ('user', 'organization'))
);
--> statement-breakpoint
CREATE TABLE "account_hold" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "account_hold_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"account_id" bigint NOT NULL,
	"kind" text NOT NULL,
	"reason" text NOT NULL,
	"placed_by" text NOT NULL,
	"placed_at" timestamp with time zone DEFAULT now() NOT NULL,
	"lifted_by" text,
	"lifted_at" timestamp with time zone,
	CONSTRAINT "account_hold_kind" CHECK ("account_hold"."kind" in ('billing', 'abuse', 'admin'))
);
--> statement-breakpoint
CREATE TABLE "account_invitation" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "account_invitation_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"account_id" bigint NOT NULL,
	"email" text NOT NULL,
	"role" text NOT NULL,
	"token_hash" "bytea" NOT NULL,
	"invited_by" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"accepted_at" timestamp with time zone,
	"revoked_at" timestamp with time zone,
	CONSTRAINT "account_invitation_token_hash_unique" UNIQUE("token_hash")
);
--> statement-breakpoint
CREATE TABLE "account_member" (
	"account_id" bigint NOT NULL,
	"user_id" text NOT NULL,
	"role" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "account_member_account_id_user_id_pk" PRIMARY KEY("account_id","user_id"),
	CONSTRAINT "account_member_role" CHECK ("account_member"."role" in ('owner', 'admin', 'billing', 'member'))
);
--> statement-breakpoint
CREATE TABLE "api_token" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "api_token_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"user_id" text,
	"account_id" bigint,
	"name" text NOT NULL,
	"hash" "bytea" NOT NULL,
	"hint" text NOT NULL,
	"scopes" text[] NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp with time zone,
	"last_used_at" timestamp with time zone,
	"revoked_at" timestamp with time zone,
	CONSTRAINT "api_token_hash_unique" UNIQUE("hash")
);
--> statement-breakpoint
CREATE TABLE "audit_event" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "audit_event_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	"actor_kind" text NOT NULL,
	"actor_id" text NOT NULL,
	"actor_label" text NOT NULL,
	"action" text NOT NULL,
	"subject_kind" text NOT NULL,
	"subject_id" text NOT NULL,
	"account_id" bigint,
	"before" jsonb,
	"after" jsonb,
	"ip" text,
	"user_agent" text,
	"request_id" text
);
--> statement-breakpoint
CREATE TABLE "platform_role" (
	"user_id" text NOT NULL,
	"role" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "platform_role_user_id_role_pk" PRIMARY KEY("user_id","role"),
	CONSTRAINT "platform_role_role" CHECK ("platform_role"."role" in ('operator', 'admin'))
);
--> statement-breakpoint
CREATE TABLE "team" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "team_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"account_id" bigint NOT NULL,
	"name" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "team_member" (
	"team_id" bigint NOT NULL,
	"user_id" text NOT NULL,
	CONSTRAINT "team_member_team_id_user_id_pk" PRIMARY KEY("team_id","user_id")
);
--> statement-breakpoint
CREATE TABLE "auth_account" (
	"id" text PRIMARY KEY NOT NULL,
	"account_id" text NOT NULL,
	"provider_id" text NOT NULL,
	"user_id" text NOT NULL,
	"access_token" text,
	"refresh_token" text,
	"id_token" text,
	"access_token_expires_at" timestamp with time zone,
	"refresh_token_expires_at" timestamp with time zone,
	"scope" text,
	"password" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "auth_passkey" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text,
	"public_key" text NOT NULL,
	"user_id" text NOT NULL,
	"credential_id" text NOT NULL,
	"counter" integer NOT NULL,
	"device_type" text NOT NULL,
	"backed_up" boolean NOT NULL,
	"transports" text,
	"created_at" timestamp with time zone DEFAULT now(),
	"aaguid" text,
	CONSTRAINT "auth_passkey_credential_id_unique" UNIQUE("credential_id")
);
--> statement-breakpoint
CREATE TABLE "auth_rate_limit" (
	"id" text PRIMARY KEY NOT NULL,
	"key" text NOT NULL,
	"count" integer NOT NULL,
	"last_request" bigint NOT NULL,
	CONSTRAINT "auth_rate_limit_key_unique" UNIQUE("key")
);
--> statement-breakpoint
CREATE TABLE "auth_session" (
	"id" text PRIMARY KEY NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"token" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	"ip_address" text,
	"user_agent" text,
	"user_id" text NOT NULL,
	CONSTRAINT "auth_session_token_unique" UNIQUE("token")
);
--> statement-breakpoint
CREATE TABLE "auth_two_factor" (
	"id" text PRIMARY KEY NOT NULL,
	"secret" text NOT NULL,
	"backup_codes" text NOT NULL,
	"user_id" text NOT NULL,
	"verified" boolean DEFAULT true NOT NULL,
	"failed_verification_count" integer DEFAULT 0 NOT NULL,
	"locked_until" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "auth_user" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"email" text NOT NULL,
	"email_verified" boolean DEFAULT false NOT NULL,
	"image" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	"two_factor_enabled" boolean DEFAULT false NOT NULL,
	CONSTRAINT "auth_user_email_unique" UNIQUE("email")
);
--> statement-breakpoint
CREATE TABLE "auth_verification" (
	"id" text PRIMARY KEY NOT NULL,
	"identifier" text NOT NULL,
	"value" text NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "sign_in_failure" (
	"email" text PRIMARY KEY NOT NULL,
	"count" integer NOT NULL,
	"first_at" timestamp with time zone NOT NULL,
	"locked_until" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "cluster" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "cluster_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"name" text NOT NULL,
	"kind" text NOT NULL,
	"label_trust" text DEFAULT 'platform' NOT NULL,
	"tenant_account_id" bigint,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "cluster_name_unique" UNIQUE("name"),
	CONSTRAINT "cluster_kind" CHECK ("cluster"."kind" in ('free', 'paid', 'internal')),
	CONSTRAINT "cluster_tenant" CHECK (("cluster"."label_trust" = 'tenant') = ("cluster"."tenant_account_id" is not null))
);
--> statement-breakpoint
CREATE TABLE "command" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "command_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"host_id" integer NOT NULL,
	"epoch" bigint NOT NULL,
	"container_id" text NOT NULL,
	"kind" text NOT NULL,
	"args" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"reason" text NOT NULL,
	"issued_by" text NOT NULL,
	"key" text NOT NULL,
	"issued_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"delivered_at" timestamp with time zone,
	"state" text DEFAULT 'pending' NOT NULL,
	"detail" text,
	"evidence" jsonb,
	"finished_at" timestamp with time zone,
	CONSTRAINT "command_key_unique" UNIQUE("key"),
	CONSTRAINT "command_state" CHECK ("command"."state" in ('pending', 'done', 'failed', 'refused', 'expired'))
);
--> statement-breakpoint
CREATE TABLE "finding" (
	"host_id" integer NOT NULL,
	"id" text NOT NULL,
	"kind" text NOT NULL,
	"epoch" bigint NOT NULL,
	"found_at" timestamp with time zone NOT NULL,
	"detail" jsonb NOT NULL,
	"received_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "finding_host_id_id_pk" PRIMARY KEY("host_id","id")
);
--> statement-breakpoint
CREATE TABLE "host" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "host_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"name" text NOT NULL,
	"cluster_id" bigint NOT NULL,
	"facts" jsonb,
	"agent_version" text,
	"enrolled_at" timestamp with time zone DEFAULT now() NOT NULL,
	"revoked_at" timestamp with time zone,
	"simulated" boolean DEFAULT false NOT NULL,
	CONSTRAINT "host_name_unique" UNIQUE("name")
);
--> statement-breakpoint
CREATE TABLE "host_boot" (
	"host_id" integer NOT NULL,
	"boot_id" text NOT NULL,
	"anchor_ms" bigint NOT NULL,
	"source" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "host_boot_host_id_boot_id_pk" PRIMARY KEY("host_id","boot_id")
);
--> statement-breakpoint
CREATE TABLE "host_key" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "host_key_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"host_id" integer NOT NULL,
	"public_key" "bytea" NOT NULL,
	"join_token_id" bigint,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"revoked_at" timestamp with time zone,
	CONSTRAINT "host_key_public_key_unique" UNIQUE("public_key")
);
--> statement-breakpoint
CREATE TABLE "host_minute" (
	"host_id" integer NOT NULL,
	"minute" integer NOT NULL,
	"cpu_us" bigint NOT NULL,
	"memory_used_mib" integer NOT NULL,
	"load1_centi" integer NOT NULL,
	"rx_bytes" bigint NOT NULL,
	"tx_bytes" bigint NOT NULL,
	"cpu_pressure_centi" integer,
	"memory_pressure_centi" integer,
	"io_pressure_centi" integer,
	"file_systems" jsonb NOT NULL,
	CONSTRAINT "host_minute_host_id_minute_pk" PRIMARY KEY("host_id","minute")
) PARTITION BY RANGE ("minute");
--> statement-breakpoint
CREATE TABLE "host_progress" (
	"host_id" integer PRIMARY KEY NOT NULL,
	"contiguous_seq" bigint DEFAULT 0 NOT NULL,
	"max_seq" bigint DEFAULT 0 NOT NULL,
	"last_report_at" timestamp with time zone,
	"last_minute" integer,
	"boot_id" text,
	"skew_ms" bigint DEFAULT 0 NOT NULL,
	"complete" boolean DEFAULT true NOT NULL,
	"failures" text[] DEFAULT '{}' NOT NULL
);
--> statement-breakpoint
CREATE TABLE "join_token" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "join_token_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"cluster_id" bigint NOT NULL,
	"hash" "bytea" NOT NULL,
	"hint" text NOT NULL,
	"max_uses" integer DEFAULT 1 NOT NULL,
	"uses" integer DEFAULT 0 NOT NULL,
	"created_by" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"revoked_at" timestamp with time zone,
	CONSTRAINT "join_token_hash_unique" UNIQUE("hash")
);
--> statement-breakpoint
CREATE TABLE "server_key" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "server_key_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"public_key" "bytea" NOT NULL,
	"private_key_sealed" "bytea" NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "setting" (
	"key" text PRIMARY KEY NOT NULL,
	"value" jsonb NOT NULL,
	"updated_by" text NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "mail" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "mail_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"recipient" text NOT NULL,
	"subject" text NOT NULL,
	"body" text NOT NULL,
	"key" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"sent_at" timestamp with time zone,
	"attempts" integer DEFAULT 0 NOT NULL,
	"last_error" text,
	CONSTRAINT "mail_key_unique" UNIQUE("key")
);
--> statement-breakpoint
CREATE TABLE "notice" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "notice_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"audience" text NOT NULL,
	"account_id" bigint,
	"severity" text NOT NULL,
	"kind" text NOT NULL,
	"title" text NOT NULL,
	"body" text NOT NULL,
	"href" text,
	"key" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"resolved_at" timestamp with time zone,
	CONSTRAINT "notice_key_unique" UNIQUE("key"),
	CONSTRAINT "notice_audience" CHECK (("notice"."audience" = 'account') = ("notice"."account_id" is not null))
);
--> statement-breakpoint
CREATE TABLE "notice_read" (
	"notice_id" bigint NOT NULL,
	"user_id" text NOT NULL,
	"read_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "notice_read_notice_id_user_id_pk" PRIMARY KEY("notice_id","user_id")
);
--> statement-breakpoint
CREATE TABLE "account_hour" (
	"account_id" bigint NOT NULL,
	"hour" integer NOT NULL,
	"app" text NOT NULL,
	"containers" integer NOT NULL,
	"cpu_us" bigint NOT NULL,
	"throttled_us" bigint NOT NULL,
	"memory_mib_s" bigint NOT NULL,
	"disk_mib_s" bigint NOT NULL,
	"volumes_mib_s" bigint NOT NULL,
	"logs_mib_s" bigint NOT NULL,
	"rx_bytes" bigint NOT NULL,
	"tx_bytes" bigint NOT NULL,
	"block_read_bytes" bigint NOT NULL,
	"block_write_bytes" bigint NOT NULL,
	CONSTRAINT "account_hour_account_id_hour_app_pk" PRIMARY KEY("account_id","hour","app")
);
--> statement-breakpoint
CREATE TABLE "app" (
	"account_id" bigint NOT NULL,
	"name" text NOT NULL,
	"first_seen_at" timestamp with time zone DEFAULT now() NOT NULL,
	"protected_at" timestamp with time zone,
	"protected_by" text,
	CONSTRAINT "app_account_id_name_pk" PRIMARY KEY("account_id","name")
);
--> statement-breakpoint
CREATE TABLE "attribution" (
	"host_id" integer NOT NULL,
	"epoch" bigint NOT NULL,
	"from_hour" integer NOT NULL,
	"until_hour" integer DEFAULT 2147483647 NOT NULL,
	"account_id" bigint,
	"app" text NOT NULL,
	"source" text NOT NULL,
	"rule_id" bigint,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "attribution_host_id_epoch_from_hour_pk" PRIMARY KEY("host_id","epoch","from_hour")
);
--> statement-breakpoint
CREATE TABLE "epoch" (
	"host_id" integer NOT NULL,
	"epoch" bigint NOT NULL,
	"kind" text NOT NULL,
	"boot_id" text NOT NULL,
	"object_id" text NOT NULL,
	"started_at" text NOT NULL,
	"segment" bigint NOT NULL,
	"opened_at" timestamp with time zone NOT NULL,
	"witnessed" boolean NOT NULL,
	"container_id" text,
	"name" text NOT NULL,
	"image" text NOT NULL,
	"image_id" text,
	"labels" jsonb NOT NULL,
	"limits" jsonb,
	"ended_at" timestamp with time zone,
	"state" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"size_bytes" bigint,
	"size_at" timestamp with time zone,
	"last_minute" integer,
	"declared_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "epoch_host_id_epoch_pk" PRIMARY KEY("host_id","epoch")
);
--> statement-breakpoint
CREATE TABLE "hour_due" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "hour_due_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"host_id" integer NOT NULL,
	"hour" integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE "label_rule" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "label_rule_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"cluster_id" bigint,
	"label_key" text NOT NULL,
	"label_value" text NOT NULL,
	"account_id" bigint NOT NULL,
	"app" text,
	"priority" integer DEFAULT 100 NOT NULL,
	"created_by" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"removed_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "quarantine" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "quarantine_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"host_id" integer NOT NULL,
	"seq" bigint NOT NULL,
	"kind" text NOT NULL,
	"path" text NOT NULL,
	"reason" text NOT NULL,
	"epoch" bigint,
	"content" jsonb NOT NULL,
	"received_at" timestamp with time zone DEFAULT now() NOT NULL,
	"reviewed_at" timestamp with time zone,
	"reviewed_by" text
);
--> statement-breakpoint
CREATE TABLE "quota" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "quota_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"plan" text,
	"account_id" bigint,
	"app" text,
	"scope" text NOT NULL,
	"meter" text NOT NULL,
	"soft_limit" bigint,
	"hard_limit" bigint,
	"grace_seconds" integer DEFAULT 600 NOT NULL,
	"action" text DEFAULT 'notice' NOT NULL,
	"created_by" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"removed_at" timestamp with time zone,
	CONSTRAINT "quota_owner" CHECK (("quota"."plan" is null) <> ("quota"."account_id" is null)),
	CONSTRAINT "quota_app" CHECK ("quota"."app" is null or "quota"."account_id" is not null)
);
--> statement-breakpoint
CREATE TABLE "report_body" (
	"host_id" integer NOT NULL,
	"key_id" integer NOT NULL,
	"seq" bigint NOT NULL,
	"received_at" timestamp with time zone NOT NULL,
	"sent_ms" bigint NOT NULL,
	"mono_ms" bigint NOT NULL,
	"boot_id" text NOT NULL,
	"signature" "bytea" NOT NULL,
	"body" "bytea" NOT NULL,
	CONSTRAINT "report_body_host_id_seq_received_at_pk" PRIMARY KEY("host_id","seq","received_at")
) PARTITION BY RANGE ("received_at");
--> statement-breakpoint
CREATE TABLE "report_key" (
	"host_id" integer NOT NULL,
	"seq" bigint NOT NULL,
	"digest" "bytea" NOT NULL,
	CONSTRAINT "report_key_host_id_seq_pk" PRIMARY KEY("host_id","seq")
);
--> statement-breakpoint
CREATE TABLE "usage_hour" (
	"host_id" integer NOT NULL,
	"hour" integer NOT NULL,
	"epoch" bigint NOT NULL,
	"cpu_us" bigint NOT NULL,
	"throttled_us" bigint NOT NULL,
	"memory_mib_s" bigint NOT NULL,
	"disk_mib_s" bigint NOT NULL,
	"volumes_mib_s" bigint NOT NULL,
	"logs_mib_s" bigint NOT NULL,
	"rx_bytes" bigint NOT NULL,
	"tx_bytes" bigint NOT NULL,
	"block_read_bytes" bigint NOT NULL,
	"block_write_bytes" bigint NOT NULL,
	CONSTRAINT "usage_hour_host_id_epoch_hour_pk" PRIMARY KEY("host_id","epoch","hour")
);
--> statement-breakpoint
CREATE TABLE "usage_minute" (
	"host_id" integer NOT NULL,
	"minute" integer NOT NULL,
	"epoch" bigint NOT NULL,
	"cpu_us" bigint NOT NULL,
	"throttled_us" bigint NOT NULL,
	"memory_mib_s" bigint NOT NULL,
	"disk_mib_s" bigint NOT NULL,
	"volumes_mib_s" bigint NOT NULL,
	"logs_mib_s" bigint NOT NULL,
	"rx_bytes" bigint NOT NULL,
	"tx_bytes" bigint NOT NULL,
	"block_read_bytes" bigint NOT NULL,
	"block_write_bytes" bigint NOT NULL,
	CONSTRAINT "usage_minute_host_id_epoch_minute_pk" PRIMARY KEY("host_id","epoch","minute")
) PARTITION BY RANGE ("minute");
--> statement-breakpoint
CREATE TABLE "violation" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "violation_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"account_id" bigint,
	"app" text,
	"host_id" integer,
	"epoch" bigint,
	"quota_id" bigint,
	"kind" text NOT NULL,
	"meter" text NOT NULL,
	"level" text NOT NULL,
	"subject" text NOT NULL,
	"used" bigint NOT NULL,
	"limit_value" bigint,
	"state" text DEFAULT 'open' NOT NULL,
	"occurrences" integer DEFAULT 1 NOT NULL,
	"opened_at" timestamp with time zone NOT NULL,
	"last_seen_at" timestamp with time zone NOT NULL,
	"hard_since" timestamp with time zone,
	"acted_at" timestamp with time zone,
	"resolved_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "violation_event" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "violation_event_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"violation_id" bigint NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"kind" text NOT NULL,
	"actor" text NOT NULL,
	"detail" jsonb NOT NULL
);
--> statement-breakpoint
ALTER TABLE "account_hold" ADD CONSTRAINT "account_hold_account_id_account_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."account"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "account_invitation" ADD CONSTRAINT "account_invitation_account_id_account_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."account"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "account_member" ADD CONSTRAINT "account_member_account_id_account_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."account"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "account_member" ADD CONSTRAINT "account_member_user_id_auth_user_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."auth_user"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "api_token" ADD CONSTRAINT "api_token_user_id_auth_user_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."auth_user"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "api_token" ADD CONSTRAINT "api_token_account_id_account_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."account"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "platform_role" ADD CONSTRAINT "platform_role_user_id_auth_user_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."auth_user"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "team" ADD CONSTRAINT "team_account_id_account_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."account"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "team_member" ADD CONSTRAINT "team_member_team_id_team_id_fk" FOREIGN KEY ("team_id") REFERENCES "public"."team"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "team_member" ADD CONSTRAINT "team_member_user_id_auth_user_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."auth_user"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "auth_account" ADD CONSTRAINT "auth_account_user_id_auth_user_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."auth_user"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "auth_passkey" ADD CONSTRAINT "auth_passkey_user_id_auth_user_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."auth_user"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "auth_session" ADD CONSTRAINT "auth_session_user_id_auth_user_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."auth_user"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "auth_two_factor" ADD CONSTRAINT "auth_two_factor_user_id_auth_user_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."auth_user"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "cluster" ADD CONSTRAINT "cluster_tenant_account_id_account_id_fk" FOREIGN KEY ("tenant_account_id") REFERENCES "public"."account"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "command" ADD CONSTRAINT "command_host_id_host_id_fk" FOREIGN KEY ("host_id") REFERENCES "public"."host"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "host" ADD CONSTRAINT "host_cluster_id_cluster_id_fk" FOREIGN KEY ("cluster_id") REFERENCES "public"."cluster"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "host_key" ADD CONSTRAINT "host_key_host_id_host_id_fk" FOREIGN KEY ("host_id") REFERENCES "public"."host"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "host_key" ADD CONSTRAINT "host_key_join_token_id_join_token_id_fk" FOREIGN KEY ("join_token_id") REFERENCES "public"."join_token"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "join_token" ADD CONSTRAINT "join_token_cluster_id_cluster_id_fk" FOREIGN KEY ("cluster_id") REFERENCES "public"."cluster"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "notice" ADD CONSTRAINT "notice_account_id_account_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."account"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "notice_read" ADD CONSTRAINT "notice_read_notice_id_notice_id_fk" FOREIGN KEY ("notice_id") REFERENCES "public"."notice"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "notice_read" ADD CONSTRAINT "notice_read_user_id_auth_user_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."auth_user"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "app" ADD CONSTRAINT "app_account_id_account_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."account"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "attribution" ADD CONSTRAINT "attribution_account_id_account_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."account"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "label_rule" ADD CONSTRAINT "label_rule_cluster_id_cluster_id_fk" FOREIGN KEY ("cluster_id") REFERENCES "public"."cluster"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "label_rule" ADD CONSTRAINT "label_rule_account_id_account_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."account"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "quota" ADD CONSTRAINT "quota_account_id_account_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."account"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "violation" ADD CONSTRAINT "violation_account_id_account_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."account"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "violation" ADD CONSTRAINT "violation_quota_id_quota_id_fk" FOREIGN KEY ("quota_id") REFERENCES "public"."quota"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "violation_event" ADD CONSTRAINT "violation_event_violation_id_violation_id_fk" FOREIGN KEY ("violation_id") REFERENCES "public"."violation"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "account_hold_active" ON "account_hold" USING btree ("account_id","kind") WHERE lifted_at is null;--> statement-breakpoint
CREATE UNIQUE INDEX "account_invitation_open" ON "account_invitation" USING btree ("account_id","email") WHERE accepted_at is null and revoked_at is null;--> statement-breakpoint
CREATE INDEX "account_member_user" ON "account_member" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "api_token_user" ON "api_token" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "api_token_account" ON "api_token" USING btree ("account_id");--> statement-breakpoint
CREATE INDEX "audit_event_at" ON "audit_event" USING btree ("at");--> statement-breakpoint
CREATE INDEX "audit_event_account" ON "audit_event" USING btree ("account_id","id");--> statement-breakpoint
CREATE INDEX "audit_event_subject" ON "audit_event" USING btree ("subject_kind","subject_id","id");--> statement-breakpoint
CREATE INDEX "audit_event_actor" ON "audit_event" USING btree ("actor_id","id");--> statement-breakpoint
CREATE UNIQUE INDEX "team_name" ON "team" USING btree ("account_id","name");--> statement-breakpoint
CREATE INDEX "auth_account_user" ON "auth_account" USING btree ("user_id");--> statement-breakpoint
CREATE UNIQUE INDEX "auth_account_provider" ON "auth_account" USING btree ("provider_id","account_id");--> statement-breakpoint
CREATE INDEX "auth_passkey_user" ON "auth_passkey" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "auth_session_user" ON "auth_session" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "auth_two_factor_user" ON "auth_two_factor" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "auth_verification_identifier" ON "auth_verification" USING btree ("identifier");--> statement-breakpoint
CREATE INDEX "command_pending" ON "command" USING btree ("host_id") WHERE state = 'pending';--> statement-breakpoint
CREATE INDEX "command_epoch" ON "command" USING btree ("host_id","epoch","id");--> statement-breakpoint
CREATE INDEX "finding_epoch" ON "finding" USING btree ("host_id","epoch");--> statement-breakpoint
CREATE INDEX "host_key_host" ON "host_key" USING btree ("host_id");--> statement-breakpoint
CREATE INDEX "mail_created" ON "mail" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "notice_account" ON "notice" USING btree ("account_id","id");--> statement-breakpoint
CREATE INDEX "notice_operators" ON "notice" USING btree ("id") WHERE audience = 'operators';--> statement-breakpoint
CREATE INDEX "account_hour_hour" ON "account_hour" USING btree ("hour");--> statement-breakpoint
CREATE INDEX "attribution_account" ON "attribution" USING btree ("account_id","app");--> statement-breakpoint
CREATE INDEX "attribution_none" ON "attribution" USING btree ("host_id","epoch") WHERE account_id is null and until_hour = 2147483647;--> statement-breakpoint
CREATE INDEX "epoch_live" ON "epoch" USING btree ("host_id") WHERE ended_at is null;--> statement-breakpoint
CREATE INDEX "epoch_container" ON "epoch" USING btree ("host_id","container_id");--> statement-breakpoint
CREATE UNIQUE INDEX "label_rule_live" ON "label_rule" USING btree ("label_key","label_value","cluster_id") WHERE removed_at is null;--> statement-breakpoint
CREATE INDEX "quarantine_host" ON "quarantine" USING btree ("host_id","id");--> statement-breakpoint
CREATE INDEX "quarantine_open" ON "quarantine" USING btree ("id") WHERE reviewed_at is null;--> statement-breakpoint
CREATE UNIQUE INDEX "quarantine_once" ON "quarantine" USING btree ("host_id","seq","path");--> statement-breakpoint
CREATE UNIQUE INDEX "quota_plan" ON "quota" USING btree ("plan","scope","meter") WHERE removed_at is null and plan is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "quota_account" ON "quota" USING btree ("account_id",coalesce(app, ''),"scope","meter") WHERE removed_at is null and account_id is not null;--> statement-breakpoint
CREATE INDEX "usage_hour_hour" ON "usage_hour" USING btree ("host_id","hour");--> statement-breakpoint
CREATE UNIQUE INDEX "violation_open" ON "violation" USING btree ("subject") WHERE state <> 'resolved';--> statement-breakpoint
CREATE INDEX "violation_account" ON "violation" USING btree ("account_id","id");--> statement-breakpoint
CREATE INDEX "violation_state" ON "violation" USING btree ("state","opened_at");--> statement-breakpoint
CREATE INDEX "violation_event_violation" ON "violation_event" USING btree ("violation_id","id");--> statement-breakpoint
-- What arrives for a day without a partition of its own is kept all the same.
CREATE TABLE usage_minute_rest PARTITION OF usage_minute DEFAULT;--> statement-breakpoint
CREATE TABLE host_minute_rest PARTITION OF host_minute DEFAULT;--> statement-breakpoint
CREATE TABLE report_body_rest PARTITION OF report_body DEFAULT;--> statement-breakpoint
-- Bodies come compressed, and mostly fit a page: stored as they are, inside the row.
ALTER TABLE report_body ALTER COLUMN body SET STORAGE EXTERNAL;--> statement-breakpoint
ALTER TABLE report_body_rest SET (toast_tuple_target = 8160);--> statement-breakpoint
-- Updated with every report and never on an indexed column: room for updates within the page.
ALTER TABLE host_progress SET (fillfactor = 40);--> statement-breakpoint
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;--> statement-breakpoint
CREATE TRIGGER audit_event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_event
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();--> statement-breakpoint
REVOKE UPDATE, DELETE, TRUNCATE ON audit_event FROM PUBLIC;--> statement-breakpoint
CREATE TRIGGER violation_event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON violation_event
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();--> statement-breakpoint
-- Listeners (event streams, ingest caches) wake up on these; the row stays the truth.
CREATE FUNCTION announce() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('wharf', TG_ARGV[0] || ':' || coalesce(to_jsonb(NEW) ->> TG_ARGV[1], ''));
  RETURN NULL;
END $$;--> statement-breakpoint
CREATE TRIGGER command_announce AFTER INSERT OR UPDATE ON command
  FOR EACH ROW EXECUTE FUNCTION announce('command', 'host_id');--> statement-breakpoint
CREATE TRIGGER host_announce AFTER INSERT OR UPDATE ON host
  FOR EACH ROW EXECUTE FUNCTION announce('host', 'id');--> statement-breakpoint
CREATE TRIGGER host_key_announce AFTER INSERT OR UPDATE ON host_key
  FOR EACH ROW EXECUTE FUNCTION announce('host', 'host_id');--> statement-breakpoint
CREATE TRIGGER violation_announce AFTER INSERT OR UPDATE ON violation
  FOR EACH ROW EXECUTE FUNCTION announce('violations', 'account_id');--> statement-breakpoint
CREATE TRIGGER notice_announce AFTER INSERT OR UPDATE ON notice
  FOR EACH ROW EXECUTE FUNCTION announce('notices', 'account_id');--> statement-breakpoint
CREATE TRIGGER account_hold_announce AFTER INSERT OR UPDATE ON account_hold
  FOR EACH ROW EXECUTE FUNCTION announce('account', 'account_id');
