-- The kind of actor of an entry: a user, the program itself, or its command line. Null in entries of earlier releases,
-- which cannot be changed: readers derive it (`ActorKind::derive` in the domain crate).
ALTER TABLE audit_logs ADD COLUMN actor_kind varchar(10) COLLATE "C"
    CONSTRAINT valid_actor_kind CHECK (actor_kind IN ('user', 'system', 'cli'));

-- Admitted attempts that are not decided yet. They count like failures until they are decided or expire.
ALTER TABLE login_failures ADD COLUMN undecided integer NOT NULL DEFAULT 0;

-- The cost of a bcrypt hash ($2b$12$...): the highest one in use determines the work for each wrong password.
CREATE INDEX idx_users_hash_cost ON users (substr(password_hash, 5, 2));
