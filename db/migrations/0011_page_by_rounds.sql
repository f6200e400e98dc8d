CREATE TABLE "heartbeat" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "heartbeat_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"name" text NOT NULL,
	"token_hash" "bytea" NOT NULL,
	"every_minutes" integer NOT NULL,
	"grace_minutes" integer NOT NULL,
	"last_at" timestamp with time zone,
	"missed_at" timestamp with time zone,
	"created_by" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"removed_at" timestamp with time zone,
	CONSTRAINT "heartbeat_name_unique" UNIQUE("name"),
	CONSTRAINT "heartbeat_token_hash_unique" UNIQUE("token_hash")
);
--> statement-breakpoint
CREATE TABLE "paging_watch" (
	"id" integer PRIMARY KEY NOT NULL,
	"at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "alert" ADD COLUMN "group_key" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "contact_method" ADD COLUMN "settings" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "page" ADD COLUMN "body" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "page" ADD COLUMN "group_key" text;--> statement-breakpoint
ALTER TABLE "page" ADD COLUMN "round" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "page_message" ADD COLUMN "next_at" timestamp with time zone;--> statement-breakpoint
CREATE INDEX "alert_received" ON "alert" USING btree ("received_at");--> statement-breakpoint
CREATE INDEX "page_incident" ON "page" USING btree ("incident_id");--> statement-breakpoint
CREATE INDEX "page_message_due" ON "page_message" USING btree ("next_at") WHERE state = 'pending';