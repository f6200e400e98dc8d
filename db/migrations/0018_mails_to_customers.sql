ALTER TABLE "delivery" ADD COLUMN "recipient" text;--> statement-breakpoint
CREATE INDEX "delivery_recipient" ON "delivery" USING btree ("incident_id") WHERE recipient is not null;