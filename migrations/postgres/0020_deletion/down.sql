CREATE OR REPLACE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit_logs is insert-only: % refused', TG_OP USING ERRCODE = 'restrict_violation';
END
$$;
DROP INDEX idx_outbox_erasures;
DROP INDEX idx_outbox_address;
ALTER TABLE users DROP COLUMN purge_at;
