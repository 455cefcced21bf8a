DROP TRIGGER audit_logs_search_erased;
DROP TRIGGER audit_logs_refuse_update;
CREATE TRIGGER audit_logs_refuse_update BEFORE UPDATE ON audit_logs
BEGIN
    SELECT RAISE(ABORT, 'audit_logs is insert-only: UPDATE refused');
END;
DROP TABLE audit_erasures;
DROP INDEX idx_outbox_erasures;
DROP INDEX idx_outbox_address;
DROP INDEX idx_users_purge_at;
ALTER TABLE users DROP COLUMN purge_at;
