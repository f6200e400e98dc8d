CREATE TABLE "invoice_evidence" (
	"account_id" bigint NOT NULL,
	"invoice_id" bigint NOT NULL,
	"body" "bytea" NOT NULL,
	"agrees" boolean NOT NULL,
	"apart" text[] DEFAULT '{}' NOT NULL,
	"sealed_at" timestamp with time zone NOT NULL,
	CONSTRAINT "invoice_evidence_account_id_invoice_id_pk" PRIMARY KEY("account_id","invoice_id")
);
