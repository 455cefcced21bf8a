DROP INDEX idx_users_hash_cost;
ALTER TABLE login_failures DROP COLUMN undecided;
ALTER TABLE audit_logs DROP COLUMN actor_kind;
