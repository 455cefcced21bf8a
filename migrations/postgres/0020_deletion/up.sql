-- When a user who deleted the own account will be erased. Until then the user is inactive.
ALTER TABLE users ADD COLUMN purge_at timestamptz;
CREATE INDEX idx_users_purge_at ON users (purge_at) WHERE purge_at IS NOT NULL;

-- Mails to an address without an account, and notices of erasures that have left the queue.
CREATE INDEX idx_outbox_address ON outbox (address) WHERE user_id IS NULL;
CREATE INDEX idx_outbox_erasures ON outbox (id) WHERE kind = 'account_deleted' AND state <> 'queued';

-- Audit entries stay insert-only, with one exception: the erasure of a user replaces personal data in the entries about
-- the user: those with the user as target or actor, and those without a target whose details begin with the user's
-- address, such as an invitation. It names both in settings of the transaction. The user must be deleted, and no column
-- may get another value than the fixed text.
CREATE OR REPLACE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    erased CONSTANT text := nullif(current_setting('steward.erased_user', true), '');
    address CONSTANT text := 'email: ' || nullif(current_setting('steward.erased_address', true), '');
    -- A column of a later migration is not among them.
    personal CONSTANT text[] := '{admin_name,details,ip_address,user_agent}';
BEGIN
    IF TG_OP = 'UPDATE' AND erased IS NOT NULL THEN
        IF (
                erased IN (lower(OLD.admin_id), lower(OLD.target))
                OR OLD.target IS NULL AND (OLD.details = address OR starts_with(OLD.details, address || ';'))
            )
            AND to_jsonb(NEW) - personal = to_jsonb(OLD) - personal
            AND (NEW.admin_name = OLD.admin_name OR NEW.admin_name = '[erased]')
            AND (NEW.details IS NOT DISTINCT FROM OLD.details OR NEW.details = '[erased]')
            AND (NEW.ip_address IS NOT DISTINCT FROM OLD.ip_address OR NEW.ip_address = '[erased]')
            AND (NEW.user_agent IS NOT DISTINCT FROM OLD.user_agent OR NEW.user_agent = '[erased]')
            AND NOT EXISTS (SELECT FROM users WHERE lower(users.user_id) = erased)
        THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'audit_logs is insert-only: % refused', TG_OP USING ERRCODE = 'restrict_violation';
END
$$;
