CREATE INDEX "audit_event_action" ON "audit_event" USING btree ("action","id");--> statement-breakpoint
-- Sign-in writes its tables itself, so these triggers write the audit rows, in its transactions. Who and from where is
-- in the setting wharf.origin (server/accounts/origin.ts); without it, the person the row is about. Never a secret.
CREATE FUNCTION auth_origin() RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT coalesce(nullif(current_setting('wharf.origin', true), ''), '{}')::jsonb
$$;--> statement-breakpoint
CREATE FUNCTION auth_audit(action text, about text, email text, subject_kind text, subject_id text, before jsonb, after jsonb)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  origin jsonb := auth_origin();
  who text := coalesce(email, (SELECT u.email FROM auth_user u WHERE u.id = about), about);
BEGIN
  INSERT INTO audit_event (at, actor_kind, actor_id, actor_label, action, subject_kind, subject_id, before, after,
      ip, user_agent, request_id)
    VALUES (clock_timestamp(), coalesce(origin ->> 'actorKind', 'user'), coalesce(origin ->> 'actorId', about),
      coalesce(origin ->> 'actorLabel', who), action, subject_kind, subject_id, before, after,
      origin ->> 'ip', origin ->> 'userAgent', origin ->> 'requestId');
END $$;--> statement-breakpoint
CREATE FUNCTION auth_user_audit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    PERFORM auth_audit('accounts.user.create', NEW.id, NEW.email, 'user', NEW.id, NULL,
      jsonb_build_object('email', NEW.email, 'name', NEW.name, 'emailVerified', NEW.email_verified));
  ELSIF TG_OP = 'DELETE' THEN
    PERFORM auth_audit('accounts.user.delete', OLD.id, OLD.email, 'user', OLD.id,
      jsonb_build_object('email', OLD.email, 'name', OLD.name), NULL);
  ELSE
    IF NEW.two_factor_enabled <> OLD.two_factor_enabled THEN
      PERFORM auth_audit(
        CASE WHEN NEW.two_factor_enabled THEN 'accounts.two_factor.enable' ELSE 'accounts.two_factor.disable' END,
        NEW.id, NEW.email, 'user', NEW.id, jsonb_build_object('twoFactor', OLD.two_factor_enabled),
        jsonb_build_object('twoFactor', NEW.two_factor_enabled));
    END IF;
    IF (NEW.email, NEW.name, NEW.email_verified) IS DISTINCT FROM (OLD.email, OLD.name, OLD.email_verified) THEN
      PERFORM auth_audit('accounts.user.change', NEW.id, NEW.email, 'user', NEW.id,
        jsonb_build_object('email', OLD.email, 'name', OLD.name, 'emailVerified', OLD.email_verified),
        jsonb_build_object('email', NEW.email, 'name', NEW.name, 'emailVerified', NEW.email_verified));
    END IF;
  END IF;
  RETURN NULL;
END $$;--> statement-breakpoint
CREATE TRIGGER auth_user_audit AFTER INSERT OR UPDATE OR DELETE ON auth_user
  FOR EACH ROW EXECUTE FUNCTION auth_user_audit();--> statement-breakpoint
-- With a second factor, better-auth makes a session for the right password and takes it back at once: that is half a
-- sign-in. One that follows another (after a change of password or factor) is a renewal.
CREATE FUNCTION auth_session_audit() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  path text := auth_origin() ->> 'path';
  renews boolean := coalesce((auth_origin() ->> 'renews')::boolean, false) AND path NOT LIKE '/sign-in/%';
  half boolean;
BEGIN
  IF TG_OP = 'INSERT' THEN
    half := path = '/sign-in/email' AND (SELECT u.two_factor_enabled FROM auth_user u WHERE u.id = NEW.user_id);
    PERFORM auth_audit(
      CASE WHEN half THEN 'accounts.sign_in.password_accepted' WHEN renews THEN 'accounts.session.renew'
        ELSE 'accounts.sign_in' END,
      NEW.user_id, NULL, 'session', NEW.id, NULL, jsonb_build_object('by', path, 'expiresAt', NEW.expires_at));
  ELSIF path IS DISTINCT FROM '/sign-in/email' AND OLD.expires_at > clock_timestamp() THEN
    PERFORM auth_audit(
      CASE WHEN path = '/sign-out' THEN 'accounts.sign_out' WHEN renews AND path LIKE '/two-factor/%'
        THEN 'accounts.session.replace' ELSE 'accounts.session.end' END,
      OLD.user_id, NULL, 'session', OLD.id,
      jsonb_build_object('from', OLD.ip_address, 'userAgent', OLD.user_agent), NULL);
  END IF;
  RETURN NULL;
END $$;--> statement-breakpoint
CREATE TRIGGER auth_session_audit AFTER INSERT OR DELETE ON auth_session
  FOR EACH ROW EXECUTE FUNCTION auth_session_audit();--> statement-breakpoint
CREATE FUNCTION auth_account_audit() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  had boolean := TG_OP <> 'INSERT' AND OLD.password IS NOT NULL;
BEGIN
  IF TG_OP = 'INSERT' AND NEW.provider_id <> 'credential' THEN
    PERFORM auth_audit('accounts.provider.link', NEW.user_id, NULL, 'user', NEW.user_id, NULL,
      jsonb_build_object('provider', NEW.provider_id));
  ELSIF TG_OP = 'DELETE' THEN
    PERFORM auth_audit('accounts.provider.unlink', OLD.user_id, NULL, 'user', OLD.user_id,
      jsonb_build_object('provider', OLD.provider_id), NULL);
  ELSIF NEW.password IS DISTINCT FROM (CASE WHEN TG_OP = 'INSERT' THEN NULL ELSE OLD.password END) THEN
    PERFORM auth_audit(CASE WHEN had THEN 'accounts.password.change' ELSE 'accounts.password.set' END,
      NEW.user_id, NULL, 'user', NEW.user_id, NULL, jsonb_build_object('by', auth_origin() ->> 'path'));
  END IF;
  RETURN NULL;
END $$;--> statement-breakpoint
CREATE TRIGGER auth_account_audit AFTER INSERT OR UPDATE OF password OR DELETE ON auth_account
  FOR EACH ROW EXECUTE FUNCTION auth_account_audit();--> statement-breakpoint
CREATE FUNCTION auth_passkey_audit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    PERFORM auth_audit('accounts.passkey.add', NEW.user_id, NULL, 'passkey', NEW.id, NULL,
      jsonb_build_object('name', NEW.name, 'deviceType', NEW.device_type, 'backedUp', NEW.backed_up));
  ELSIF TG_OP = 'DELETE' THEN
    PERFORM auth_audit('accounts.passkey.remove', OLD.user_id, NULL, 'passkey', OLD.id,
      jsonb_build_object('name', OLD.name, 'deviceType', OLD.device_type, 'backedUp', OLD.backed_up), NULL);
  ELSIF NEW.name IS DISTINCT FROM OLD.name THEN
    PERFORM auth_audit('accounts.passkey.rename', NEW.user_id, NULL, 'passkey', NEW.id,
      jsonb_build_object('name', OLD.name), jsonb_build_object('name', NEW.name));
  END IF;
  RETURN NULL;
END $$;--> statement-breakpoint
CREATE TRIGGER auth_passkey_audit AFTER INSERT OR UPDATE OR DELETE ON auth_passkey
  FOR EACH ROW EXECUTE FUNCTION auth_passkey_audit();--> statement-breakpoint
CREATE FUNCTION auth_two_factor_audit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM auth_audit(
    CASE WHEN auth_origin() ->> 'path' = '/two-factor/verify-backup-code' THEN 'accounts.backup_code.use'
      ELSE 'accounts.backup_codes.renew' END,
    NEW.user_id, NULL, 'user', NEW.user_id, NULL, NULL);
  RETURN NULL;
END $$;--> statement-breakpoint
CREATE TRIGGER auth_two_factor_audit AFTER UPDATE ON auth_two_factor FOR EACH ROW
  WHEN (OLD.backup_codes IS DISTINCT FROM NEW.backup_codes) EXECUTE FUNCTION auth_two_factor_audit();
