-- Search by what a name nearly is. The extension is trusted: an owner of the database may make it.
CREATE EXTENSION IF NOT EXISTS pg_trgm;--> statement-breakpoint
CREATE TABLE "registry_account" (
	"account_id" bigint PRIMARY KEY NOT NULL,
	"default_visibility" text DEFAULT 'private' NOT NULL,
	"size_bytes" bigint DEFAULT 0 NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "registry_day" (
	"account_id" bigint NOT NULL,
	"repository_id" bigint NOT NULL,
	"day" date NOT NULL,
	"pulls" bigint DEFAULT 0 NOT NULL,
	"pushes" bigint DEFAULT 0 NOT NULL,
	"egress_bytes" bigint DEFAULT 0 NOT NULL,
	"size_bytes" bigint DEFAULT 0 NOT NULL,
	CONSTRAINT "registry_day_account_id_repository_id_day_pk" PRIMARY KEY("account_id","repository_id","day")
);
--> statement-breakpoint
CREATE TABLE "repository" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "repository_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"account_id" bigint NOT NULL,
	"name" text NOT NULL,
	"path" text NOT NULL,
	"visibility" text NOT NULL,
	"description" text DEFAULT '' NOT NULL,
	"readme" text DEFAULT '' NOT NULL,
	"official" boolean DEFAULT false NOT NULL,
	"created_by" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"delete_at" timestamp with time zone,
	"size_bytes" bigint DEFAULT 0 NOT NULL,
	"pulls" bigint DEFAULT 0 NOT NULL,
	"stars" integer DEFAULT 0 NOT NULL,
	"pushed_at" timestamp with time zone,
	"pulled_at" timestamp with time zone,
	"search" "tsvector" GENERATED ALWAYS AS (setweight(to_tsvector('simple', translate(path, '/-_.', '    ')), 'A') ||
        setweight(to_tsvector('english', description), 'B')) STORED,
	CONSTRAINT "repository_path_unique" UNIQUE("path"),
	CONSTRAINT "repository_visibility" CHECK ("repository"."visibility" in ('public', 'private')),
	CONSTRAINT "repository_path" CHECK (length("repository"."path") <= 160 and "repository"."path" ~ '^[a-z0-9._-]+/[a-z0-9._-]+$')
);
--> statement-breakpoint
CREATE TABLE "repository_collaborator" (
	"repository_id" bigint NOT NULL,
	"user_id" text NOT NULL,
	"permission" text NOT NULL,
	"added_by" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "repository_collaborator_repository_id_user_id_pk" PRIMARY KEY("repository_id","user_id"),
	CONSTRAINT "repository_collaborator_permission" CHECK ("repository_collaborator"."permission" in ('read', 'write', 'admin'))
);
--> statement-breakpoint
CREATE TABLE "repository_move" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "repository_move_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"repository_id" bigint NOT NULL,
	"from_path" text NOT NULL,
	"to_path" text NOT NULL,
	"to_account_id" bigint NOT NULL,
	"state" text DEFAULT 'running' NOT NULL,
	"total" integer DEFAULT 0 NOT NULL,
	"done" integer DEFAULT 0 NOT NULL,
	"error" text,
	"asked" jsonb NOT NULL,
	"created_by" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"finished_at" timestamp with time zone,
	CONSTRAINT "repository_move_state" CHECK ("repository_move"."state" in ('running', 'done', 'failed'))
);
--> statement-breakpoint
CREATE TABLE "repository_redirect" (
	"path" text PRIMARY KEY NOT NULL,
	"repository_id" bigint NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "repository_star" (
	"repository_id" bigint NOT NULL,
	"user_id" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "repository_star_repository_id_user_id_pk" PRIMARY KEY("repository_id","user_id")
);
--> statement-breakpoint
CREATE TABLE "repository_tag" (
	"repository_id" bigint NOT NULL,
	"name" text NOT NULL,
	"digest" text NOT NULL,
	"media_type" text NOT NULL,
	"size_bytes" bigint NOT NULL,
	"platforms" text[] NOT NULL,
	"pushed_by" text DEFAULT '' NOT NULL,
	"pushed_at" timestamp with time zone NOT NULL,
	"pulled_at" timestamp with time zone,
	"pulls" bigint DEFAULT 0 NOT NULL,
	CONSTRAINT "repository_tag_repository_id_name_pk" PRIMARY KEY("repository_id","name")
);
--> statement-breakpoint
CREATE TABLE "repository_team" (
	"repository_id" bigint NOT NULL,
	"team_id" bigint NOT NULL,
	"permission" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "repository_team_repository_id_team_id_pk" PRIMARY KEY("repository_id","team_id"),
	CONSTRAINT "repository_team_permission" CHECK ("repository_team"."permission" in ('read', 'write', 'admin'))
);
--> statement-breakpoint
CREATE TABLE "robot" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "robot_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"account_id" bigint NOT NULL,
	"name" text NOT NULL,
	"description" text DEFAULT '' NOT NULL,
	"hash" "bytea" NOT NULL,
	"hint" text NOT NULL,
	"previous_hash" "bytea",
	"previous_until" timestamp with time zone,
	"every_permission" text,
	"created_by" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"rotated_at" timestamp with time zone,
	"expires_at" timestamp with time zone,
	"last_used_at" timestamp with time zone,
	"revoked_at" timestamp with time zone,
	CONSTRAINT "robot_hash_unique" UNIQUE("hash"),
	CONSTRAINT "robot_previous_hash_unique" UNIQUE("previous_hash")
);
--> statement-breakpoint
CREATE TABLE "robot_repository" (
	"robot_id" bigint NOT NULL,
	"repository_id" bigint NOT NULL,
	"permission" text NOT NULL,
	CONSTRAINT "robot_repository_robot_id_repository_id_pk" PRIMARY KEY("robot_id","repository_id")
);
--> statement-breakpoint
ALTER TABLE "registry_account" ADD CONSTRAINT "registry_account_account_id_account_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."account"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "repository" ADD CONSTRAINT "repository_account_id_account_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."account"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "repository_collaborator" ADD CONSTRAINT "repository_collaborator_repository_id_repository_id_fk" FOREIGN KEY ("repository_id") REFERENCES "public"."repository"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "repository_collaborator" ADD CONSTRAINT "repository_collaborator_user_id_auth_user_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."auth_user"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "repository_move" ADD CONSTRAINT "repository_move_repository_id_repository_id_fk" FOREIGN KEY ("repository_id") REFERENCES "public"."repository"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "repository_move" ADD CONSTRAINT "repository_move_to_account_id_account_id_fk" FOREIGN KEY ("to_account_id") REFERENCES "public"."account"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "repository_redirect" ADD CONSTRAINT "repository_redirect_repository_id_repository_id_fk" FOREIGN KEY ("repository_id") REFERENCES "public"."repository"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "repository_star" ADD CONSTRAINT "repository_star_repository_id_repository_id_fk" FOREIGN KEY ("repository_id") REFERENCES "public"."repository"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "repository_star" ADD CONSTRAINT "repository_star_user_id_auth_user_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."auth_user"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "repository_team" ADD CONSTRAINT "repository_team_repository_id_repository_id_fk" FOREIGN KEY ("repository_id") REFERENCES "public"."repository"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "repository_team" ADD CONSTRAINT "repository_team_team_id_team_id_fk" FOREIGN KEY ("team_id") REFERENCES "public"."team"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "robot" ADD CONSTRAINT "robot_account_id_account_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."account"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "robot_repository" ADD CONSTRAINT "robot_repository_robot_id_robot_id_fk" FOREIGN KEY ("robot_id") REFERENCES "public"."robot"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "robot_repository" ADD CONSTRAINT "robot_repository_repository_id_repository_id_fk" FOREIGN KEY ("repository_id") REFERENCES "public"."repository"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "registry_day_account" ON "registry_day" USING btree ("account_id","day");--> statement-breakpoint
CREATE INDEX "registry_day_repository" ON "registry_day" USING btree ("repository_id","day");--> statement-breakpoint
CREATE UNIQUE INDEX "repository_name" ON "repository" USING btree ("account_id","name");--> statement-breakpoint
CREATE INDEX "repository_search" ON "repository" USING gin ("search");--> statement-breakpoint
CREATE INDEX "repository_trigrams" ON "repository" USING gin (path gin_trgm_ops);--> statement-breakpoint
CREATE INDEX "repository_popular" ON "repository" USING btree ((pulls + 20 * stars) desc,"id") WHERE visibility = 'public' and delete_at is null;--> statement-breakpoint
CREATE INDEX "repository_deletes" ON "repository" USING btree ("delete_at") WHERE delete_at is not null;--> statement-breakpoint
CREATE INDEX "repository_collaborator_user" ON "repository_collaborator" USING btree ("user_id");--> statement-breakpoint
CREATE UNIQUE INDEX "repository_move_running" ON "repository_move" USING btree ("repository_id") WHERE state = 'running';--> statement-breakpoint
CREATE UNIQUE INDEX "repository_move_to" ON "repository_move" USING btree ("to_path") WHERE state = 'running';--> statement-breakpoint
CREATE INDEX "repository_redirect_to" ON "repository_redirect" USING btree ("repository_id");--> statement-breakpoint
CREATE INDEX "repository_star_user" ON "repository_star" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "repository_tag_digest" ON "repository_tag" USING btree ("repository_id","digest");--> statement-breakpoint
CREATE INDEX "repository_tag_pushed" ON "repository_tag" USING btree ("repository_id","pushed_at");--> statement-breakpoint
CREATE INDEX "repository_team_team" ON "repository_team" USING btree ("team_id");--> statement-breakpoint
CREATE UNIQUE INDEX "robot_name" ON "robot" USING btree ("account_id","name") WHERE revoked_at is null;--> statement-breakpoint
CREATE INDEX "robot_repository_of" ON "robot_repository" USING btree ("repository_id");