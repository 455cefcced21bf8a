-- When a user who deleted the own account will be erased. Until then the user is inactive.
ALTER TABLE users ADD COLUMN purge_at TEXT
    CONSTRAINT valid_purge_at CHECK (purge_at GLOB '????-??-??T??:??:??.??????Z');
CREATE INDEX idx_users_purge_at ON users (purge_at) WHERE purge_at IS NOT NULL;

-- Mails to an address without an account, and notices of erasures that have left the queue.
CREATE INDEX idx_outbox_address ON outbox (address) WHERE user_id IS NULL;
CREATE INDEX idx_outbox_erasures ON outbox (id) WHERE kind = 'account_deleted' AND state <> 'queued';

-- Audit entries stay insert-only, with one exception: the erasure of a user replaces personal data in the entries about
-- the user: those with the user as target or actor, and those without a target whose details begin with the user's
-- address, such as an invitation. It names both here, and deletes the row in the same transaction. The user must be
-- deleted, and no column may get another value than the fixed text.
CREATE TABLE audit_erasures (
    -- In lower case.
    user_id TEXT PRIMARY KEY,
    address TEXT NOT NULL
) STRICT, WITHOUT ROWID;
DROP TRIGGER audit_logs_refuse_update;
CREATE TRIGGER audit_logs_refuse_update BEFORE UPDATE ON audit_logs
WHEN (
    EXISTS (
        SELECT 1 FROM audit_erasures
        WHERE (
                audit_erasures.user_id IN (lower(OLD.admin_id), lower(OLD.target))
                OR OLD.target IS NULL AND (
                    OLD.details = 'email: ' || address
                    OR substr(OLD.details, 1, length(address) + 8) = 'email: ' || address || ';'
                )
            )
            AND NOT EXISTS (SELECT 1 FROM users WHERE lower(users.user_id) = audit_erasures.user_id)
    )
    AND (NEW.id, NEW.timestamp, NEW.admin_id, NEW.action) = (OLD.id, OLD.timestamp, OLD.admin_id, OLD.action)
    AND NEW.target IS OLD.target
    AND NEW.actor_kind IS OLD.actor_kind
    AND (NEW.admin_name = OLD.admin_name OR NEW.admin_name = '[erased]')
    AND (NEW.details IS OLD.details OR NEW.details IS '[erased]')
    AND (NEW.ip_address IS OLD.ip_address OR NEW.ip_address IS '[erased]')
    AND (NEW.user_agent IS OLD.user_agent OR NEW.user_agent IS '[erased]')
) IS NOT TRUE
BEGIN
    SELECT RAISE(ABORT, 'audit_logs is insert-only: UPDATE refused');
END;

-- The search index of the release before 0012. The application maintains the other one.
CREATE TRIGGER audit_logs_search_erased AFTER UPDATE ON audit_logs
BEGIN
    INSERT INTO audit_logs_search
        (audit_logs_search, rowid, admin_id, admin_name, action, target, details, ip_address, user_agent)
        VALUES ('delete', OLD.id, OLD.admin_id, OLD.admin_name, OLD.action, OLD.target, OLD.details, OLD.ip_address,
            OLD.user_agent);
    INSERT INTO audit_logs_search (rowid, admin_id, admin_name, action, target, details, ip_address, user_agent)
        VALUES (NEW.id, NEW.admin_id, NEW.admin_name, NEW.action, NEW.target, NEW.details, NEW.ip_address,
            NEW.user_agent);
END;
