-- No foreign key: entries remain after their users are deleted.
CREATE TABLE audit_logs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    timestamp TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')),
    admin_id TEXT NOT NULL,
    admin_name TEXT NOT NULL,
    action TEXT NOT NULL,
    target TEXT,
    details TEXT,
    ip_address TEXT,
    user_agent TEXT,

    CONSTRAINT valid_timestamp CHECK (timestamp GLOB '????-??-??T??:??:??.??????Z')
) STRICT;

-- Searches for user ids ignore case.
CREATE INDEX idx_audit_logs_timestamp ON audit_logs (timestamp, id);
CREATE INDEX idx_audit_logs_admin ON audit_logs (lower(admin_id), timestamp, id);
CREATE INDEX idx_audit_logs_action ON audit_logs (action, timestamp, id);
CREATE INDEX idx_audit_logs_target ON audit_logs (lower(target), timestamp, id);

CREATE TRIGGER audit_logs_refuse_update BEFORE UPDATE ON audit_logs
BEGIN
    SELECT RAISE(ABORT, 'audit_logs is insert-only: UPDATE refused');
END;
CREATE TRIGGER audit_logs_refuse_delete BEFORE DELETE ON audit_logs
BEGIN
    SELECT RAISE(ABORT, 'audit_logs is insert-only: DELETE refused');
END;
-- INSERT OR REPLACE deletes conflicting rows without running the trigger for DELETE.
CREATE TRIGGER audit_logs_refuse_replace BEFORE INSERT ON audit_logs
WHEN EXISTS (SELECT 1 FROM audit_logs WHERE id = NEW.id)
BEGIN
    SELECT RAISE(ABORT, 'audit_logs is insert-only: REPLACE refused');
END;
