CREATE TABLE "entitlement" (
	"account_id" bigint NOT NULL,
	"key" text NOT NULL,
	"value" bigint,
	"source" text NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "entitlement_account_id_key_pk" PRIMARY KEY("account_id","key")
);
--> statement-breakpoint
CREATE TABLE "adjustment" (
	"account_id" bigint NOT NULL,
	"id" bigint GENERATED ALWAYS AS IDENTITY (sequence name "adjustment_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"kind" text NOT NULL,
	"state" text NOT NULL,
	"key" text NOT NULL,
	"description" text NOT NULL,
	"currency" text NOT NULL,
	"amount_minor" bigint NOT NULL,
	"service_start" timestamp with time zone NOT NULL,
	"service_end" timestamp with time zone NOT NULL,
	"evidence" jsonb NOT NULL,
	"created_by" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"decided_by" text,
	"decided_at" timestamp with time zone,
	"decision" text,
	"invoice_id" bigint,
	CONSTRAINT "adjustment_account_id_id_pk" PRIMARY KEY("account_id","id")
);
--> statement-breakpoint
CREATE TABLE "billed_usage" (
	"account_id" bigint NOT NULL,
	"from_hour" integer NOT NULL,
	"until_hour" integer NOT NULL,
	"app" text NOT NULL,
	"meter" text NOT NULL,
	"plan_version_id" bigint NOT NULL,
	"quantity" bigint NOT NULL,
	CONSTRAINT "billed_usage_account_id_from_hour_app_meter_pk" PRIMARY KEY("account_id","from_hour","app","meter")
);
--> statement-breakpoint
CREATE TABLE "billing_dispute" (
	"account_id" bigint NOT NULL,
	"id" bigint GENERATED ALWAYS AS IDENTITY (sequence name "billing_dispute_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"invoice_id" bigint NOT NULL,
	"position" integer,
	"question" text NOT NULL,
	"state" text NOT NULL,
	"opened_by" text NOT NULL,
	"opened_at" timestamp with time zone NOT NULL,
	"replay" jsonb,
	"answer" text,
	"closed_by" text,
	"closed_at" timestamp with time zone,
	CONSTRAINT "billing_dispute_account_id_id_pk" PRIMARY KEY("account_id","id")
);
--> statement-breakpoint
CREATE TABLE "billing_profile" (
	"account_id" bigint PRIMARY KEY NOT NULL,
	"entity_id" bigint NOT NULL,
	"currency" text NOT NULL,
	"driver" text NOT NULL,
	"name" text NOT NULL,
	"address" text[] DEFAULT '{}' NOT NULL,
	"country" text,
	"tax_id" text,
	"reference" text,
	"contacts" text[] DEFAULT '{}' NOT NULL,
	"net_days" integer DEFAULT 14 NOT NULL,
	"budget_minor" bigint,
	"cap_minor" bigint,
	"cap_action" text DEFAULT 'notify' NOT NULL,
	"stripe_customer_id" text,
	"card" jsonb,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "billing_profile_stripe_customer_id_unique" UNIQUE("stripe_customer_id")
);
--> statement-breakpoint
CREATE TABLE "coupon" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "coupon_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"code" text NOT NULL,
	"name" text NOT NULL,
	"percent" text,
	"amount_minor" bigint,
	"currency" text,
	"duration" text NOT NULL,
	"months" integer,
	"most_redemptions" integer,
	"redeemed" integer DEFAULT 0 NOT NULL,
	"expires_at" timestamp with time zone,
	"created_by" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"archived_at" timestamp with time zone,
	CONSTRAINT "coupon_code_unique" UNIQUE("code"),
	CONSTRAINT "coupon_value" CHECK (("coupon"."percent" is null) <> ("coupon"."amount_minor" is null)),
	CONSTRAINT "coupon_redemptions" CHECK ("coupon"."most_redemptions" is null or "coupon"."redeemed" <= "coupon"."most_redemptions")
);
--> statement-breakpoint
CREATE TABLE "credit_grant" (
	"account_id" bigint NOT NULL,
	"id" bigint GENERATED ALWAYS AS IDENTITY (sequence name "credit_grant_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"kind" text NOT NULL,
	"currency" text NOT NULL,
	"amount_minor" bigint NOT NULL,
	"priority" integer DEFAULT 100 NOT NULL,
	"reason" text NOT NULL,
	"key" text NOT NULL,
	"created_by" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone,
	"expired_at" timestamp with time zone,
	CONSTRAINT "credit_grant_account_id_id_pk" PRIMARY KEY("account_id","id")
);
--> statement-breakpoint
CREATE TABLE "credit_note" (
	"account_id" bigint NOT NULL,
	"id" bigint GENERATED ALWAYS AS IDENTITY (sequence name "credit_note_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"invoice_id" bigint NOT NULL,
	"number" text NOT NULL,
	"key" text NOT NULL,
	"reason" text NOT NULL,
	"lines" jsonb NOT NULL,
	"net_minor" bigint NOT NULL,
	"tax_minor" bigint NOT NULL,
	"total_minor" bigint NOT NULL,
	"settled_as" text NOT NULL,
	"created_by" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"stripe_credit_note_id" text,
	CONSTRAINT "credit_note_account_id_id_pk" PRIMARY KEY("account_id","id")
);
--> statement-breakpoint
CREATE TABLE "dunning_step" (
	"account_id" bigint NOT NULL,
	"invoice_id" bigint NOT NULL,
	"step" text NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"detail" jsonb DEFAULT '{}'::jsonb NOT NULL,
	CONSTRAINT "dunning_step_account_id_invoice_id_step_pk" PRIMARY KEY("account_id","invoice_id","step")
);
--> statement-breakpoint
CREATE TABLE "invoice" (
	"account_id" bigint NOT NULL,
	"id" bigint GENERATED ALWAYS AS IDENTITY (sequence name "invoice_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"entity_id" bigint NOT NULL,
	"subscription_id" bigint,
	"driver" text NOT NULL,
	"number" text,
	"state" text NOT NULL,
	"key" text NOT NULL,
	"currency" text NOT NULL,
	"period_start" timestamp with time zone NOT NULL,
	"period_end" timestamp with time zone NOT NULL,
	"as_of" timestamp with time zone,
	"subtotal_minor" bigint DEFAULT 0 NOT NULL,
	"discount_minor" bigint DEFAULT 0 NOT NULL,
	"promotional_minor" bigint DEFAULT 0 NOT NULL,
	"tax_minor" bigint DEFAULT 0 NOT NULL,
	"total_minor" bigint DEFAULT 0 NOT NULL,
	"prepaid_minor" bigint DEFAULT 0 NOT NULL,
	"paid_minor" bigint DEFAULT 0 NOT NULL,
	"credited_minor" bigint DEFAULT 0 NOT NULL,
	"taxes" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"seller" jsonb,
	"buyer" jsonb,
	"created_at" timestamp with time zone NOT NULL,
	"finalize_after" timestamp with time zone,
	"finalized_at" timestamp with time zone,
	"due_at" timestamp with time zone,
	"paid_at" timestamp with time zone,
	"closed_at" timestamp with time zone,
	"digest" text,
	"stripe_invoice_id" text,
	"stripe_state" text,
	CONSTRAINT "invoice_account_id_id_pk" PRIMARY KEY("account_id","id")
);
--> statement-breakpoint
CREATE TABLE "invoice_input" (
	"account_id" bigint NOT NULL,
	"invoice_id" bigint NOT NULL,
	"body" "bytea" NOT NULL,
	CONSTRAINT "invoice_input_account_id_invoice_id_pk" PRIMARY KEY("account_id","invoice_id")
);
--> statement-breakpoint
CREATE TABLE "invoice_line" (
	"account_id" bigint NOT NULL,
	"invoice_id" bigint NOT NULL,
	"position" integer NOT NULL,
	"kind" text NOT NULL,
	"description" text NOT NULL,
	"plan_version_id" bigint,
	"price" text,
	"meter" text,
	"app" text,
	"quantity" bigint,
	"unit_amount" text,
	"exact" text NOT NULL,
	"amount_minor" bigint NOT NULL,
	"service_start" timestamp with time zone NOT NULL,
	"service_end" timestamp with time zone NOT NULL,
	"adjustment_id" bigint,
	"detail" jsonb DEFAULT '{}'::jsonb NOT NULL,
	CONSTRAINT "invoice_line_account_id_invoice_id_position_pk" PRIMARY KEY("account_id","invoice_id","position")
);
--> statement-breakpoint
CREATE TABLE "invoice_pin" (
	"account_id" bigint NOT NULL,
	"invoice_id" bigint NOT NULL,
	"host_id" integer NOT NULL,
	"seq" bigint NOT NULL,
	"digest" "bytea" NOT NULL,
	"received_at" timestamp with time zone NOT NULL,
	CONSTRAINT "invoice_pin_account_id_invoice_id_host_id_seq_pk" PRIMARY KEY("account_id","invoice_id","host_id","seq")
);
--> statement-breakpoint
CREATE TABLE "ledger_entry" (
	"account_id" bigint NOT NULL,
	"transaction_id" bigint NOT NULL,
	"position" integer NOT NULL,
	"book" text NOT NULL,
	"currency" text NOT NULL,
	"amount_minor" bigint NOT NULL,
	"invoice_id" bigint,
	CONSTRAINT "ledger_entry_account_id_transaction_id_position_pk" PRIMARY KEY("account_id","transaction_id","position")
);
--> statement-breakpoint
CREATE TABLE "ledger_transaction" (
	"account_id" bigint NOT NULL,
	"id" bigint GENERATED ALWAYS AS IDENTITY (sequence name "ledger_transaction_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"at" timestamp with time zone NOT NULL,
	"kind" text NOT NULL,
	"key" text NOT NULL,
	"description" text NOT NULL,
	CONSTRAINT "ledger_transaction_account_id_id_pk" PRIMARY KEY("account_id","id")
);
--> statement-breakpoint
CREATE TABLE "legal_entity" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "legal_entity_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"key" text NOT NULL,
	"name" text NOT NULL,
	"address" text[] NOT NULL,
	"country" text NOT NULL,
	"tax_id" text,
	"email" text NOT NULL,
	"payment_details" text DEFAULT '' NOT NULL,
	"invoice_prefix" text NOT NULL,
	"is_default" boolean DEFAULT false NOT NULL,
	CONSTRAINT "legal_entity_key_unique" UNIQUE("key")
);
--> statement-breakpoint
CREATE TABLE "number_series" (
	"entity_id" bigint NOT NULL,
	"series" text NOT NULL,
	"year" integer NOT NULL,
	"last" integer DEFAULT 0 NOT NULL,
	CONSTRAINT "number_series_entity_id_series_year_pk" PRIMARY KEY("entity_id","series","year")
);
--> statement-breakpoint
CREATE TABLE "payment" (
	"account_id" bigint NOT NULL,
	"id" bigint GENERATED ALWAYS AS IDENTITY (sequence name "payment_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"invoice_id" bigint,
	"kind" text NOT NULL,
	"method" text NOT NULL,
	"amount_minor" bigint NOT NULL,
	"currency" text NOT NULL,
	"key" text NOT NULL,
	"reference" text DEFAULT '' NOT NULL,
	"received_at" timestamp with time zone NOT NULL,
	"recorded_by" text NOT NULL,
	CONSTRAINT "payment_account_id_id_pk" PRIMARY KEY("account_id","id")
);
--> statement-breakpoint
CREATE TABLE "plan" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "plan_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"key" text NOT NULL,
	"name" text NOT NULL,
	"description" text DEFAULT '' NOT NULL,
	"position" integer DEFAULT 0 NOT NULL,
	"is_public" boolean DEFAULT true NOT NULL,
	"archived_at" timestamp with time zone,
	CONSTRAINT "plan_key_unique" UNIQUE("key")
);
--> statement-breakpoint
CREATE TABLE "plan_version" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "plan_version_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"plan_id" bigint NOT NULL,
	"currency" text NOT NULL,
	"interval" text NOT NULL,
	"version" integer NOT NULL,
	"terms" jsonb NOT NULL,
	"trial_days" integer DEFAULT 0 NOT NULL,
	"created_by" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"published_at" timestamp with time zone,
	"digest" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "spend_state" (
	"account_id" bigint NOT NULL,
	"period_start" timestamp with time zone NOT NULL,
	"spent_minor" bigint NOT NULL,
	"computed_at" timestamp with time zone NOT NULL,
	"told_percent" integer DEFAULT 0 NOT NULL,
	"cap_crossed_at" timestamp with time zone,
	"capped_at" timestamp with time zone,
	"lifted_at" timestamp with time zone,
	CONSTRAINT "spend_state_account_id_period_start_pk" PRIMARY KEY("account_id","period_start")
);
--> statement-breakpoint
CREATE TABLE "stripe_call" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "stripe_call_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"account_id" bigint NOT NULL,
	"kind" text NOT NULL,
	"key" text NOT NULL,
	"payload" jsonb NOT NULL,
	"state" text NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"result" jsonb,
	"last_error" text,
	"created_at" timestamp with time zone NOT NULL,
	"finished_at" timestamp with time zone,
	CONSTRAINT "stripe_call_key_unique" UNIQUE("key")
);
--> statement-breakpoint
CREATE TABLE "stripe_drift" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "stripe_drift_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"account_id" bigint,
	"kind" text NOT NULL,
	"object_id" text NOT NULL,
	"ours" text,
	"theirs" text,
	"found_at" timestamp with time zone NOT NULL,
	"last_seen_at" timestamp with time zone NOT NULL,
	"resolved_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "stripe_event" (
	"id" text PRIMARY KEY NOT NULL,
	"type" text NOT NULL,
	"object_id" text,
	"body" jsonb NOT NULL,
	"received_at" timestamp with time zone NOT NULL,
	"processed_at" timestamp with time zone,
	"last_error" text
);
--> statement-breakpoint
CREATE TABLE "subscription" (
	"account_id" bigint NOT NULL,
	"id" bigint GENERATED ALWAYS AS IDENTITY (sequence name "subscription_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"plan_version_id" bigint NOT NULL,
	"state" text NOT NULL,
	"quantities" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"started_at" timestamp with time zone NOT NULL,
	"anchor_at" timestamp with time zone NOT NULL,
	"period_start" timestamp with time zone NOT NULL,
	"period_end" timestamp with time zone NOT NULL,
	"paid_from" timestamp with time zone NOT NULL,
	"paid_until" timestamp with time zone NOT NULL,
	"trial_end" timestamp with time zone,
	"cancel_at_period_end" boolean DEFAULT false NOT NULL,
	"canceled_at" timestamp with time zone,
	"paused_at" timestamp with time zone,
	"coupon_id" bigint,
	"coupon_until" timestamp with time zone,
	"stripe_subscription_id" text,
	CONSTRAINT "subscription_account_id_id_pk" PRIMARY KEY("account_id","id")
);
--> statement-breakpoint
CREATE TABLE "subscription_term" (
	"account_id" bigint NOT NULL,
	"id" bigint GENERATED ALWAYS AS IDENTITY (sequence name "subscription_term_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"subscription_id" bigint NOT NULL,
	"plan_version_id" bigint NOT NULL,
	"quantities" jsonb NOT NULL,
	"state" text NOT NULL,
	"from_at" timestamp with time zone NOT NULL,
	"until_at" timestamp with time zone,
	CONSTRAINT "subscription_term_account_id_id_pk" PRIMARY KEY("account_id","id")
);
--> statement-breakpoint
CREATE TABLE "tax_rate" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "tax_rate_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"entity_id" bigint NOT NULL,
	"country" text NOT NULL,
	"name" text NOT NULL,
	"kind" text NOT NULL,
	"percent" text NOT NULL,
	"inclusive" boolean DEFAULT false NOT NULL,
	"valid_from" timestamp with time zone NOT NULL,
	"valid_until" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "webhook_delivery" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "webhook_delivery_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"endpoint_id" bigint NOT NULL,
	"type" text NOT NULL,
	"key" text NOT NULL,
	"body" text NOT NULL,
	"state" text DEFAULT 'pending' NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"status" integer,
	"last_error" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"next_at" timestamp with time zone,
	"finished_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "webhook_endpoint" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "webhook_endpoint_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"account_id" bigint NOT NULL,
	"url" text NOT NULL,
	"types" text[] NOT NULL,
	"subject" text,
	"sealed_secret" text NOT NULL,
	"created_by" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"disabled_at" timestamp with time zone,
	"disabled_reason" text,
	"removed_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "evidence_hold" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "evidence_hold_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"key" text NOT NULL,
	"from_at" timestamp with time zone NOT NULL,
	"until_at" timestamp with time zone,
	"reason" text NOT NULL,
	"placed_at" timestamp with time zone DEFAULT now() NOT NULL,
	"released_at" timestamp with time zone,
	CONSTRAINT "evidence_hold_key_unique" UNIQUE("key")
);
--> statement-breakpoint
ALTER TABLE "epoch" ADD COLUMN "cpu_cores" double precision;--> statement-breakpoint
ALTER TABLE "epoch" ADD COLUMN "memory_mib" double precision;--> statement-breakpoint
ALTER TABLE "entitlement" ADD CONSTRAINT "entitlement_account_id_account_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."account"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "billing_profile" ADD CONSTRAINT "billing_profile_account_id_account_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."account"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "billing_profile" ADD CONSTRAINT "billing_profile_entity_id_legal_entity_id_fk" FOREIGN KEY ("entity_id") REFERENCES "public"."legal_entity"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "invoice" ADD CONSTRAINT "invoice_entity_id_legal_entity_id_fk" FOREIGN KEY ("entity_id") REFERENCES "public"."legal_entity"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "number_series" ADD CONSTRAINT "number_series_entity_id_legal_entity_id_fk" FOREIGN KEY ("entity_id") REFERENCES "public"."legal_entity"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "plan_version" ADD CONSTRAINT "plan_version_plan_id_plan_id_fk" FOREIGN KEY ("plan_id") REFERENCES "public"."plan"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "subscription" ADD CONSTRAINT "subscription_plan_version_id_plan_version_id_fk" FOREIGN KEY ("plan_version_id") REFERENCES "public"."plan_version"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "subscription" ADD CONSTRAINT "subscription_coupon_id_coupon_id_fk" FOREIGN KEY ("coupon_id") REFERENCES "public"."coupon"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "subscription_term" ADD CONSTRAINT "subscription_term_plan_version_id_plan_version_id_fk" FOREIGN KEY ("plan_version_id") REFERENCES "public"."plan_version"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tax_rate" ADD CONSTRAINT "tax_rate_entity_id_legal_entity_id_fk" FOREIGN KEY ("entity_id") REFERENCES "public"."legal_entity"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "webhook_delivery" ADD CONSTRAINT "webhook_delivery_endpoint_id_webhook_endpoint_id_fk" FOREIGN KEY ("endpoint_id") REFERENCES "public"."webhook_endpoint"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "webhook_endpoint" ADD CONSTRAINT "webhook_endpoint_account_id_account_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."account"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "adjustment_key" ON "adjustment" USING btree ("account_id","key");--> statement-breakpoint
CREATE INDEX "adjustment_proposed" ON "adjustment" USING btree ("created_at") WHERE state = 'proposed';--> statement-breakpoint
CREATE INDEX "billing_dispute_open" ON "billing_dispute" USING btree ("opened_at") WHERE state = 'open';--> statement-breakpoint
CREATE UNIQUE INDEX "credit_grant_key" ON "credit_grant" USING btree ("account_id","key");--> statement-breakpoint
CREATE UNIQUE INDEX "credit_note_key" ON "credit_note" USING btree ("account_id","key");--> statement-breakpoint
CREATE UNIQUE INDEX "credit_note_number" ON "credit_note" USING btree ("account_id","number");--> statement-breakpoint
CREATE UNIQUE INDEX "invoice_key" ON "invoice" USING btree ("account_id","key");--> statement-breakpoint
CREATE UNIQUE INDEX "invoice_number" ON "invoice" USING btree ("account_id","number");--> statement-breakpoint
CREATE INDEX "invoice_draft" ON "invoice" USING btree ("finalize_after") WHERE state = 'draft';--> statement-breakpoint
CREATE INDEX "invoice_open" ON "invoice" USING btree ("due_at") WHERE state = 'finalized';--> statement-breakpoint
CREATE INDEX "invoice_finalized" ON "invoice" USING btree ("finalized_at");--> statement-breakpoint
CREATE INDEX "invoice_stripe" ON "invoice" USING btree ("stripe_invoice_id");--> statement-breakpoint
CREATE INDEX "ledger_entry_book" ON "ledger_entry" USING btree ("account_id","book");--> statement-breakpoint
CREATE UNIQUE INDEX "ledger_transaction_key" ON "ledger_transaction" USING btree ("account_id","key");--> statement-breakpoint
CREATE UNIQUE INDEX "payment_key" ON "payment" USING btree ("account_id","key");--> statement-breakpoint
CREATE INDEX "payment_invoice" ON "payment" USING btree ("account_id","invoice_id");--> statement-breakpoint
CREATE UNIQUE INDEX "plan_version_number" ON "plan_version" USING btree ("plan_id","currency","interval","version");--> statement-breakpoint
CREATE INDEX "stripe_call_open" ON "stripe_call" USING btree ("id") WHERE state = 'pending';--> statement-breakpoint
CREATE UNIQUE INDEX "stripe_drift_open" ON "stripe_drift" USING btree ("kind","object_id") WHERE resolved_at is null;--> statement-breakpoint
CREATE INDEX "stripe_event_open" ON "stripe_event" USING btree ("received_at") WHERE processed_at is null;--> statement-breakpoint
CREATE UNIQUE INDEX "subscription_live" ON "subscription" USING btree ("account_id") WHERE state <> 'canceled';--> statement-breakpoint
CREATE INDEX "subscription_due" ON "subscription" USING btree ("period_end") WHERE state <> 'canceled';--> statement-breakpoint
CREATE INDEX "subscription_term_of" ON "subscription_term" USING btree ("account_id","subscription_id","from_at");--> statement-breakpoint
CREATE UNIQUE INDEX "tax_rate_valid" ON "tax_rate" USING btree ("entity_id","country","kind","valid_from");--> statement-breakpoint
CREATE UNIQUE INDEX "webhook_delivery_key" ON "webhook_delivery" USING btree ("endpoint_id","key");--> statement-breakpoint
CREATE INDEX "webhook_delivery_endpoint" ON "webhook_delivery" USING btree ("endpoint_id","id");--> statement-breakpoint
CREATE INDEX "webhook_endpoint_account" ON "webhook_endpoint" USING btree ("account_id");--> statement-breakpoint
CREATE INDEX "evidence_hold_live" ON "evidence_hold" USING btree ("from_at") WHERE released_at is null;--> statement-breakpoint
-- What was published, issued or booked never changes.
CREATE TRIGGER ledger_transaction_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_transaction
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();--> statement-breakpoint
CREATE TRIGGER ledger_entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_entry
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();--> statement-breakpoint
CREATE TRIGGER dunning_step_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON dunning_step
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();--> statement-breakpoint
CREATE TRIGGER credit_note_append_only BEFORE DELETE OR TRUNCATE ON credit_note
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();--> statement-breakpoint
CREATE FUNCTION refuse_published_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.published_at IS NOT NULL THEN
    RAISE EXCEPTION 'a published plan version never changes; publish a new one' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN coalesce(NEW, OLD);
END $$;--> statement-breakpoint
CREATE TRIGGER plan_version_published BEFORE UPDATE OR DELETE ON plan_version
  FOR EACH ROW EXECUTE FUNCTION refuse_published_change();--> statement-breakpoint
-- Finalized, only an invoice's state and what was paid or credited may change.
CREATE FUNCTION refuse_finalized_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    IF OLD.state <> 'draft' THEN
      RAISE EXCEPTION 'a finalized invoice stays; make a credit note' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN OLD;
  END IF;
  IF OLD.state <> 'draft' AND (to_jsonb(NEW) - '{state,paid_minor,credited_minor,paid_at,closed_at,due_at,stripe_invoice_id,stripe_state}'::text[])
      <> (to_jsonb(OLD) - '{state,paid_minor,credited_minor,paid_at,closed_at,due_at,stripe_invoice_id,stripe_state}'::text[]) THEN
    RAISE EXCEPTION 'a finalized invoice never changes; make a credit note' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF OLD.state <> 'draft' AND NEW.state = 'draft' THEN
    RAISE EXCEPTION 'a finalized invoice stays finalized' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;--> statement-breakpoint
CREATE TRIGGER invoice_finalized BEFORE UPDATE OR DELETE ON invoice
  FOR EACH ROW EXECUTE FUNCTION refuse_finalized_change();--> statement-breakpoint
-- Lines and inputs are replaced while the invoice is a draft, whole, and stand from then on.
CREATE FUNCTION refuse_line_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM old_rows o JOIN invoice i ON i.account_id = o.account_id AND i.id = o.invoice_id WHERE i.state <> 'draft') THEN
    RAISE EXCEPTION 'lines of a finalized invoice never change; make a credit note' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NULL;
END $$;--> statement-breakpoint
CREATE TRIGGER invoice_line_update AFTER UPDATE ON invoice_line REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_line_change();--> statement-breakpoint
CREATE TRIGGER invoice_line_delete AFTER DELETE ON invoice_line REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_line_change();--> statement-breakpoint
CREATE TRIGGER invoice_input_update AFTER UPDATE ON invoice_input REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_line_change();--> statement-breakpoint
CREATE TRIGGER invoice_input_delete AFTER DELETE ON invoice_input REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_line_change();--> statement-breakpoint
-- Checked when the transaction commits: entries come one after another.
CREATE FUNCTION require_balance() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM ledger_entry e WHERE e.account_id = NEW.account_id AND e.transaction_id = NEW.transaction_id
      GROUP BY e.currency HAVING sum(e.amount_minor) <> 0) THEN
    RAISE EXCEPTION 'ledger transaction % does not sum to zero', NEW.transaction_id USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;--> statement-breakpoint
CREATE CONSTRAINT TRIGGER ledger_entry_balance AFTER INSERT ON ledger_entry DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION require_balance();--> statement-breakpoint
CREATE TRIGGER invoice_announce AFTER INSERT OR UPDATE ON invoice
  FOR EACH ROW EXECUTE FUNCTION announce('billing', 'account_id');--> statement-breakpoint
CREATE TRIGGER subscription_announce AFTER INSERT OR UPDATE ON subscription
  FOR EACH ROW EXECUTE FUNCTION announce('billing', 'account_id');
