ALTER TABLE "delivery" DROP CONSTRAINT "delivery_update_id_incident_update_id_fk";
--> statement-breakpoint
ALTER TABLE "delivery" DROP CONSTRAINT "delivery_subscriber_id_subscriber_id_fk";
