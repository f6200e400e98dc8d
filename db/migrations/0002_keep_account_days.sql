CREATE TABLE "account_day" (
	"account_id" bigint NOT NULL,
	"day" integer NOT NULL,
	"app" text NOT NULL,
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
	CONSTRAINT "account_day_account_id_day_app_pk" PRIMARY KEY("account_id","day","app")
);
--> statement-breakpoint
CREATE INDEX "account_day_day" ON "account_day" USING btree ("day");--> statement-breakpoint
-- Days follow every change of hours, whoever makes it, in the same statement.
CREATE FUNCTION account_day_add() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO account_day AS d (account_id, day, app, cpu_us, throttled_us, memory_mib_s, disk_mib_s, volumes_mib_s, logs_mib_s, rx_bytes, tx_bytes, block_read_bytes, block_write_bytes)
  SELECT account_id, day, app, sum(cpu_us), sum(throttled_us), sum(memory_mib_s), sum(disk_mib_s), sum(volumes_mib_s), sum(logs_mib_s), sum(rx_bytes), sum(tx_bytes), sum(block_read_bytes), sum(block_write_bytes) FROM (
    SELECT account_id, hour / 24 AS day, app, cpu_us AS cpu_us, throttled_us AS throttled_us, memory_mib_s AS memory_mib_s, disk_mib_s AS disk_mib_s, volumes_mib_s AS volumes_mib_s, logs_mib_s AS logs_mib_s, rx_bytes AS rx_bytes, tx_bytes AS tx_bytes, block_read_bytes AS block_read_bytes, block_write_bytes AS block_write_bytes FROM new_rows
  ) x GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
  ON CONFLICT (account_id, day, app) DO UPDATE SET cpu_us = d.cpu_us + excluded.cpu_us, throttled_us = d.throttled_us + excluded.throttled_us, memory_mib_s = d.memory_mib_s + excluded.memory_mib_s, disk_mib_s = d.disk_mib_s + excluded.disk_mib_s, volumes_mib_s = d.volumes_mib_s + excluded.volumes_mib_s, logs_mib_s = d.logs_mib_s + excluded.logs_mib_s, rx_bytes = d.rx_bytes + excluded.rx_bytes, tx_bytes = d.tx_bytes + excluded.tx_bytes, block_read_bytes = d.block_read_bytes + excluded.block_read_bytes, block_write_bytes = d.block_write_bytes + excluded.block_write_bytes;
  RETURN NULL;
END $$;--> statement-breakpoint
CREATE FUNCTION account_day_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO account_day AS d (account_id, day, app, cpu_us, throttled_us, memory_mib_s, disk_mib_s, volumes_mib_s, logs_mib_s, rx_bytes, tx_bytes, block_read_bytes, block_write_bytes)
  SELECT account_id, day, app, sum(cpu_us), sum(throttled_us), sum(memory_mib_s), sum(disk_mib_s), sum(volumes_mib_s), sum(logs_mib_s), sum(rx_bytes), sum(tx_bytes), sum(block_read_bytes), sum(block_write_bytes) FROM (
    SELECT account_id, hour / 24 AS day, app, cpu_us AS cpu_us, throttled_us AS throttled_us, memory_mib_s AS memory_mib_s, disk_mib_s AS disk_mib_s, volumes_mib_s AS volumes_mib_s, logs_mib_s AS logs_mib_s, rx_bytes AS rx_bytes, tx_bytes AS tx_bytes, block_read_bytes AS block_read_bytes, block_write_bytes AS block_write_bytes FROM new_rows
    UNION ALL
    SELECT account_id, hour / 24 AS day, app, -cpu_us AS cpu_us, -throttled_us AS throttled_us, -memory_mib_s AS memory_mib_s, -disk_mib_s AS disk_mib_s, -volumes_mib_s AS volumes_mib_s, -logs_mib_s AS logs_mib_s, -rx_bytes AS rx_bytes, -tx_bytes AS tx_bytes, -block_read_bytes AS block_read_bytes, -block_write_bytes AS block_write_bytes FROM old_rows
  ) x GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
  ON CONFLICT (account_id, day, app) DO UPDATE SET cpu_us = d.cpu_us + excluded.cpu_us, throttled_us = d.throttled_us + excluded.throttled_us, memory_mib_s = d.memory_mib_s + excluded.memory_mib_s, disk_mib_s = d.disk_mib_s + excluded.disk_mib_s, volumes_mib_s = d.volumes_mib_s + excluded.volumes_mib_s, logs_mib_s = d.logs_mib_s + excluded.logs_mib_s, rx_bytes = d.rx_bytes + excluded.rx_bytes, tx_bytes = d.tx_bytes + excluded.tx_bytes, block_read_bytes = d.block_read_bytes + excluded.block_read_bytes, block_write_bytes = d.block_write_bytes + excluded.block_write_bytes;
  RETURN NULL;
END $$;--> statement-breakpoint
CREATE FUNCTION account_day_take() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO account_day AS d (account_id, day, app, cpu_us, throttled_us, memory_mib_s, disk_mib_s, volumes_mib_s, logs_mib_s, rx_bytes, tx_bytes, block_read_bytes, block_write_bytes)
  SELECT account_id, day, app, sum(cpu_us), sum(throttled_us), sum(memory_mib_s), sum(disk_mib_s), sum(volumes_mib_s), sum(logs_mib_s), sum(rx_bytes), sum(tx_bytes), sum(block_read_bytes), sum(block_write_bytes) FROM (
    SELECT account_id, hour / 24 AS day, app, -cpu_us AS cpu_us, -throttled_us AS throttled_us, -memory_mib_s AS memory_mib_s, -disk_mib_s AS disk_mib_s, -volumes_mib_s AS volumes_mib_s, -logs_mib_s AS logs_mib_s, -rx_bytes AS rx_bytes, -tx_bytes AS tx_bytes, -block_read_bytes AS block_read_bytes, -block_write_bytes AS block_write_bytes FROM old_rows
  ) x GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
  ON CONFLICT (account_id, day, app) DO UPDATE SET cpu_us = d.cpu_us + excluded.cpu_us, throttled_us = d.throttled_us + excluded.throttled_us, memory_mib_s = d.memory_mib_s + excluded.memory_mib_s, disk_mib_s = d.disk_mib_s + excluded.disk_mib_s, volumes_mib_s = d.volumes_mib_s + excluded.volumes_mib_s, logs_mib_s = d.logs_mib_s + excluded.logs_mib_s, rx_bytes = d.rx_bytes + excluded.rx_bytes, tx_bytes = d.tx_bytes + excluded.tx_bytes, block_read_bytes = d.block_read_bytes + excluded.block_read_bytes, block_write_bytes = d.block_write_bytes + excluded.block_write_bytes;
  RETURN NULL;
END $$;--> statement-breakpoint
CREATE TRIGGER account_hour_insert AFTER INSERT ON account_hour REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION account_day_add();--> statement-breakpoint
CREATE TRIGGER account_hour_update AFTER UPDATE ON account_hour REFERENCING NEW TABLE AS new_rows OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION account_day_change();--> statement-breakpoint
CREATE TRIGGER account_hour_delete AFTER DELETE ON account_hour REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION account_day_take();--> statement-breakpoint
INSERT INTO account_day AS d (account_id, day, app, cpu_us, throttled_us, memory_mib_s, disk_mib_s, volumes_mib_s, logs_mib_s, rx_bytes, tx_bytes, block_read_bytes, block_write_bytes)
SELECT account_id, day, app, sum(cpu_us), sum(throttled_us), sum(memory_mib_s), sum(disk_mib_s), sum(volumes_mib_s), sum(logs_mib_s), sum(rx_bytes), sum(tx_bytes), sum(block_read_bytes), sum(block_write_bytes) FROM (
  SELECT account_id, hour / 24 AS day, app, cpu_us AS cpu_us, throttled_us AS throttled_us, memory_mib_s AS memory_mib_s, disk_mib_s AS disk_mib_s, volumes_mib_s AS volumes_mib_s, logs_mib_s AS logs_mib_s, rx_bytes AS rx_bytes, tx_bytes AS tx_bytes, block_read_bytes AS block_read_bytes, block_write_bytes AS block_write_bytes FROM account_hour
) x GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
ON CONFLICT (account_id, day, app) DO UPDATE SET cpu_us = d.cpu_us + excluded.cpu_us, throttled_us = d.throttled_us + excluded.throttled_us, memory_mib_s = d.memory_mib_s + excluded.memory_mib_s, disk_mib_s = d.disk_mib_s + excluded.disk_mib_s, volumes_mib_s = d.volumes_mib_s + excluded.volumes_mib_s, logs_mib_s = d.logs_mib_s + excluded.logs_mib_s, rx_bytes = d.rx_bytes + excluded.rx_bytes, tx_bytes = d.tx_bytes + excluded.tx_bytes, block_read_bytes = d.block_read_bytes + excluded.block_read_bytes, block_write_bytes = d.block_write_bytes + excluded.block_write_bytes;
