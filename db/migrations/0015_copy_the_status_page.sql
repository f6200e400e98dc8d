CREATE TABLE "status_bucket" (
	"id" integer PRIMARY KEY NOT NULL,
	"endpoint" text NOT NULL,
	"region" text NOT NULL,
	"bucket" text NOT NULL,
	"prefix" text DEFAULT '' NOT NULL,
	"access_key" text NOT NULL,
	"sealed_secret" text NOT NULL,
	"files" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"revision" bigint,
	"uploaded_at" timestamp with time zone,
	"last_error" text,
	"failing_since" timestamp with time zone,
	"busy_until" timestamp with time zone,
	"changed_by" text NOT NULL,
	"changed_at" timestamp with time zone NOT NULL
);
