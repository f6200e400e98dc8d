CREATE TABLE "registry_blob" (
	"digest" text PRIMARY KEY NOT NULL,
	"size_bytes" bigint NOT NULL,
	"recorded_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "registry_collection" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "registry_collection_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"started_at" timestamp with time zone NOT NULL,
	"finished_at" timestamp with time zone,
	"started_by" text NOT NULL,
	"state" text NOT NULL,
	"freed_bytes" bigint DEFAULT 0 NOT NULL,
	"freed_blobs" integer DEFAULT 0 NOT NULL,
	"tags_whole" integer DEFAULT 0 NOT NULL,
	"tags_broken" text[] DEFAULT '{}' NOT NULL,
	"stopped_ms" integer DEFAULT 0 NOT NULL,
	"error" text
);
--> statement-breakpoint
CREATE TABLE "registry_event" (
	"id" text PRIMARY KEY NOT NULL,
	"received_at" timestamp with time zone DEFAULT now() NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"action" text NOT NULL,
	"repository" text NOT NULL,
	"digest" text,
	"tag" text,
	"media_type" text,
	"method" text DEFAULT '' NOT NULL,
	"actor" text DEFAULT '' NOT NULL,
	"addr" text DEFAULT '' NOT NULL,
	"raw" jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "registry_front" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "registry_front_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"host_id" integer NOT NULL,
	"key_id" integer NOT NULL,
	"private_key_sealed" "bytea" NOT NULL,
	"boot_id" text NOT NULL,
	"boot_at" timestamp with time zone NOT NULL,
	"seq" bigint DEFAULT 0 NOT NULL,
	"pending" "bytea",
	"reported_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "registry_hour" (
	"account_id" bigint NOT NULL,
	"repository_id" bigint NOT NULL,
	"hour" integer NOT NULL,
	"pulls" bigint DEFAULT 0 NOT NULL,
	"pushes" bigint DEFAULT 0 NOT NULL,
	"egress_bytes" bigint DEFAULT 0 NOT NULL,
	"ingress_bytes" bigint DEFAULT 0 NOT NULL,
	"manifests_sent" bigint DEFAULT 0 NOT NULL,
	"manifests_taken" bigint DEFAULT 0 NOT NULL,
	"events_sent" bigint DEFAULT 0 NOT NULL,
	"events_taken" bigint DEFAULT 0 NOT NULL,
	CONSTRAINT "registry_hour_account_id_repository_id_hour_pk" PRIMARY KEY("account_id","repository_id","hour")
);
--> statement-breakpoint
CREATE TABLE "registry_key" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "registry_key_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"certificate" "bytea" NOT NULL,
	"private_key_sealed" "bytea" NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"signs_from" timestamp with time zone NOT NULL,
	"ends_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "registry_layer" (
	"repository_id" bigint NOT NULL,
	"digest" text NOT NULL,
	"recorded_at" timestamp with time zone NOT NULL,
	CONSTRAINT "registry_layer_repository_id_digest_pk" PRIMARY KEY("repository_id","digest")
);
--> statement-breakpoint
CREATE TABLE "registry_manifest" (
	"repository_id" bigint NOT NULL,
	"digest" text NOT NULL,
	"media_type" text NOT NULL,
	"size_bytes" bigint NOT NULL,
	"platform" text DEFAULT '' NOT NULL,
	"recorded_at" timestamp with time zone NOT NULL,
	CONSTRAINT "registry_manifest_repository_id_digest_pk" PRIMARY KEY("repository_id","digest")
);
--> statement-breakpoint
CREATE TABLE "registry_meter" (
	"account_id" bigint PRIMARY KEY NOT NULL,
	"opened_at" timestamp with time zone NOT NULL,
	"stored_bytes" bigint DEFAULT 0 NOT NULL,
	"stored_byte_ms" numeric DEFAULT '0' NOT NULL,
	"integrated_at" timestamp with time zone NOT NULL,
	"egress_bytes" bigint DEFAULT 0 NOT NULL,
	"ingress_bytes" bigint DEFAULT 0 NOT NULL,
	"pulls" bigint DEFAULT 0 NOT NULL,
	"pushes" bigint DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE TABLE "registry_reconciliation" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "registry_reconciliation_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"source" text NOT NULL,
	"started_at" timestamp with time zone NOT NULL,
	"finished_at" timestamp with time zone,
	"started_by" text NOT NULL,
	"repositories" integer DEFAULT 0 NOT NULL,
	"manifests" integer DEFAULT 0 NOT NULL,
	"blobs" integer,
	"physical_bytes" bigint,
	"found" integer DEFAULT 0 NOT NULL,
	"gone" integer DEFAULT 0 NOT NULL,
	"differences" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"error" text
);
--> statement-breakpoint
CREATE TABLE "registry_reference" (
	"repository_id" bigint NOT NULL,
	"manifest" text NOT NULL,
	"digest" text NOT NULL,
	"role" text NOT NULL,
	"position" integer NOT NULL,
	"media_type" text DEFAULT '' NOT NULL,
	"platform" text DEFAULT '' NOT NULL,
	"size_bytes" bigint NOT NULL,
	CONSTRAINT "registry_reference_repository_id_manifest_position_pk" PRIMARY KEY("repository_id","manifest","position")
);
--> statement-breakpoint
ALTER TABLE "registry_meter" ADD CONSTRAINT "registry_meter_account_id_account_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."account"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "registry_event_received" ON "registry_event" USING btree ("received_at");--> statement-breakpoint
CREATE INDEX "registry_event_repository" ON "registry_event" USING btree ("repository","at");--> statement-breakpoint
CREATE INDEX "registry_hour_hour" ON "registry_hour" USING btree ("hour");--> statement-breakpoint
CREATE INDEX "registry_reference_digest" ON "registry_reference" USING btree ("repository_id","digest");