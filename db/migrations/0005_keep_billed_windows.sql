CREATE TABLE "billed_window" (
	"account_id" bigint NOT NULL,
	"from_hour" integer NOT NULL,
	"until_hour" integer NOT NULL,
	"plan_version_id" bigint NOT NULL,
	"state" text NOT NULL,
	"start_at" timestamp with time zone NOT NULL,
	"end_at" timestamp with time zone NOT NULL,
	"period_start" timestamp with time zone NOT NULL,
	"period_end" timestamp with time zone NOT NULL,
	"invoice_id" bigint NOT NULL,
	CONSTRAINT "billed_window_account_id_from_hour_pk" PRIMARY KEY("account_id","from_hour")
);
