CREATE TABLE "subscriber_text" (
	"update_id" bigint NOT NULL,
	"kind" text NOT NULL,
	"body" jsonb NOT NULL,
	CONSTRAINT "subscriber_text_update_id_kind_pk" PRIMARY KEY("update_id","kind")
);
--> statement-breakpoint
ALTER TABLE "subscriber" DROP CONSTRAINT "subscriber_token_hash_unique";--> statement-breakpoint
ALTER TABLE "subscriber" ADD COLUMN "settings" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "subscriber" ADD COLUMN "created_by" text NOT NULL;--> statement-breakpoint
ALTER TABLE "subscriber" ADD COLUMN "asked_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "subscriber_text" ADD CONSTRAINT "subscriber_text_update_id_incident_update_id_fk" FOREIGN KEY ("update_id") REFERENCES "public"."incident_update"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "subscriber_told" ON "subscriber" USING btree ("id") WHERE confirmed_at is not null and unsubscribed_at is null and quarantined_at is null;--> statement-breakpoint
ALTER TABLE "subscriber" DROP COLUMN "token_hash";