CREATE TABLE "usage_day" (
	"host_id" integer NOT NULL,
	"day" integer NOT NULL,
	"epoch" bigint NOT NULL,
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
	CONSTRAINT "usage_day_host_id_epoch_day_pk" PRIMARY KEY("host_id","epoch","day")
);--> statement-breakpoint
-- Days follow every change of hours, whoever makes it, in the same statement.
CREATE FUNCTION usage_day_add() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO usage_day AS d (host_id, epoch, day, cpu_us, throttled_us, memory_mib_s, disk_mib_s, volumes_mib_s, logs_mib_s, rx_bytes, tx_bytes, block_read_bytes, block_write_bytes)
  SELECT host_id, epoch, day, sum(cpu_us), sum(throttled_us), sum(memory_mib_s), sum(disk_mib_s), sum(volumes_mib_s), sum(logs_mib_s), sum(rx_bytes), sum(tx_bytes), sum(block_read_bytes), sum(block_write_bytes) FROM (
    SELECT host_id, epoch, hour / 24 AS day, cpu_us AS cpu_us, throttled_us AS throttled_us, memory_mib_s AS memory_mib_s, disk_mib_s AS disk_mib_s, volumes_mib_s AS volumes_mib_s, logs_mib_s AS logs_mib_s, rx_bytes AS rx_bytes, tx_bytes AS tx_bytes, block_read_bytes AS block_read_bytes, block_write_bytes AS block_write_bytes FROM new_rows
  ) x GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
  ON CONFLICT (host_id, epoch, day) DO UPDATE SET cpu_us = d.cpu_us + excluded.cpu_us, throttled_us = d.throttled_us + excluded.throttled_us, memory_mib_s = d.memory_mib_s + excluded.memory_mib_s, disk_mib_s = d.disk_mib_s + excluded.disk_mib_s, volumes_mib_s = d.volumes_mib_s + excluded.volumes_mib_s, logs_mib_s = d.logs_mib_s + excluded.logs_mib_s, rx_bytes = d.rx_bytes + excluded.rx_bytes, tx_bytes = d.tx_bytes + excluded.tx_bytes, block_read_bytes = d.block_read_bytes + excluded.block_read_bytes, block_write_bytes = d.block_write_bytes + excluded.block_write_bytes;
  RETURN NULL;
END $$;--> statement-breakpoint
CREATE FUNCTION usage_day_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO usage_day AS d (host_id, epoch, day, cpu_us, throttled_us, memory_mib_s, disk_mib_s, volumes_mib_s, logs_mib_s, rx_bytes, tx_bytes, block_read_bytes, block_write_bytes)
  SELECT host_id, epoch, day, sum(cpu_us), sum(throttled_us), sum(memory_mib_s), sum(disk_mib_s), sum(volumes_mib_s), sum(logs_mib_s), sum(rx_bytes), sum(tx_bytes), sum(block_read_bytes), sum(block_write_bytes) FROM (
    SELECT host_id, epoch, hour / 24 AS day, cpu_us AS cpu_us, throttled_us AS throttled_us, memory_mib_s AS memory_mib_s, disk_mib_s AS disk_mib_s, volumes_mib_s AS volumes_mib_s, logs_mib_s AS logs_mib_s, rx_bytes AS rx_bytes, tx_bytes AS tx_bytes, block_read_bytes AS block_read_bytes, block_write_bytes AS block_write_bytes FROM new_rows
    UNION ALL
    SELECT host_id, epoch, hour / 24 AS day, -cpu_us AS cpu_us, -throttled_us AS throttled_us, -memory_mib_s AS memory_mib_s, -disk_mib_s AS disk_mib_s, -volumes_mib_s AS volumes_mib_s, -logs_mib_s AS logs_mib_s, -rx_bytes AS rx_bytes, -tx_bytes AS tx_bytes, -block_read_bytes AS block_read_bytes, -block_write_bytes AS block_write_bytes FROM old_rows
  ) x GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
  ON CONFLICT (host_id, epoch, day) DO UPDATE SET cpu_us = d.cpu_us + excluded.cpu_us, throttled_us = d.throttled_us + excluded.throttled_us, memory_mib_s = d.memory_mib_s + excluded.memory_mib_s, disk_mib_s = d.disk_mib_s + excluded.disk_mib_s, volumes_mib_s = d.volumes_mib_s + excluded.volumes_mib_s, logs_mib_s = d.logs_mib_s + excluded.logs_mib_s, rx_bytes = d.rx_bytes + excluded.rx_bytes, tx_bytes = d.tx_bytes + excluded.tx_bytes, block_read_bytes = d.block_read_bytes + excluded.block_read_bytes, block_write_bytes = d.block_write_bytes + excluded.block_write_bytes;
  RETURN NULL;
END $$;--> statement-breakpoint
CREATE FUNCTION usage_day_take() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO usage_day AS d (host_id, epoch, day, cpu_us, throttled_us, memory_mib_s, disk_mib_s, volumes_mib_s, logs_mib_s, rx_bytes, tx_bytes, block_read_bytes, block_write_bytes)
  SELECT host_id, epoch, day, sum(cpu_us), sum(throttled_us), sum(memory_mib_s), sum(disk_mib_s), sum(volumes_mib_s), sum(logs_mib_s), sum(rx_bytes), sum(tx_bytes), sum(block_read_bytes), sum(block_write_bytes) FROM (
    SELECT host_id, epoch, hour / 24 AS day, -cpu_us AS cpu_us, -throttled_us AS throttled_us, -memory_mib_s AS memory_mib_s, -disk_mib_s AS disk_mib_s, -volumes_mib_s AS volumes_mib_s, -logs_mib_s AS logs_mib_s, -rx_bytes AS rx_bytes, -tx_bytes AS tx_bytes, -block_read_bytes AS block_read_bytes, -block_write_bytes AS block_write_bytes FROM old_rows
  ) x GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
  ON CONFLICT (host_id, epoch, day) DO UPDATE SET cpu_us = d.cpu_us + excluded.cpu_us, throttled_us = d.throttled_us + excluded.throttled_us, memory_mib_s = d.memory_mib_s + excluded.memory_mib_s, disk_mib_s = d.disk_mib_s + excluded.disk_mib_s, volumes_mib_s = d.volumes_mib_s + excluded.volumes_mib_s, logs_mib_s = d.logs_mib_s + excluded.logs_mib_s, rx_bytes = d.rx_bytes + excluded.rx_bytes, tx_bytes = d.tx_bytes + excluded.tx_bytes, block_read_bytes = d.block_read_bytes + excluded.block_read_bytes, block_write_bytes = d.block_write_bytes + excluded.block_write_bytes;
  RETURN NULL;
END $$;--> statement-breakpoint
CREATE TRIGGER usage_hour_insert AFTER INSERT ON usage_hour REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION usage_day_add();--> statement-breakpoint
CREATE TRIGGER usage_hour_update AFTER UPDATE ON usage_hour REFERENCING NEW TABLE AS new_rows OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION usage_day_change();--> statement-breakpoint
CREATE TRIGGER usage_hour_delete AFTER DELETE ON usage_hour REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION usage_day_take();--> statement-breakpoint
INSERT INTO usage_day AS d (host_id, epoch, day, cpu_us, throttled_us, memory_mib_s, disk_mib_s, volumes_mib_s, logs_mib_s, rx_bytes, tx_bytes, block_read_bytes, block_write_bytes)
SELECT host_id, epoch, day, sum(cpu_us), sum(throttled_us), sum(memory_mib_s), sum(disk_mib_s), sum(volumes_mib_s), sum(logs_mib_s), sum(rx_bytes), sum(tx_bytes), sum(block_read_bytes), sum(block_write_bytes) FROM (
  SELECT host_id, epoch, hour / 24 AS day, cpu_us AS cpu_us, throttled_us AS throttled_us, memory_mib_s AS memory_mib_s, disk_mib_s AS disk_mib_s, volumes_mib_s AS volumes_mib_s, logs_mib_s AS logs_mib_s, rx_bytes AS rx_bytes, tx_bytes AS tx_bytes, block_read_bytes AS block_read_bytes, block_write_bytes AS block_write_bytes FROM usage_hour
) x GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
ON CONFLICT (host_id, epoch, day) DO UPDATE SET cpu_us = d.cpu_us + excluded.cpu_us, throttled_us = d.throttled_us + excluded.throttled_us, memory_mib_s = d.memory_mib_s + excluded.memory_mib_s, disk_mib_s = d.disk_mib_s + excluded.disk_mib_s, volumes_mib_s = d.volumes_mib_s + excluded.volumes_mib_s, logs_mib_s = d.logs_mib_s + excluded.logs_mib_s, rx_bytes = d.rx_bytes + excluded.rx_bytes, tx_bytes = d.tx_bytes + excluded.tx_bytes, block_read_bytes = d.block_read_bytes + excluded.block_read_bytes, block_write_bytes = d.block_write_bytes + excluded.block_write_bytes;
