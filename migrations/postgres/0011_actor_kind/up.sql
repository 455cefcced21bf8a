-- What kind of actor an entry is by: a user, the program itself, or its command line. Null in entries of earlier releases,
-- which are insert-only like all others: readers derive it (`ActorKind::derive` in the domain crate).
ALTER TABLE audit_logs ADD COLUMN actor_kind varchar(10) COLLATE "C"
    CONSTRAINT valid_actor_kind CHECK (actor_kind IN ('user', 'system', 'cli'));

-- Attempts that were admitted and are not decided yet. They count like failures until they are decided, or lapse.
ALTER TABLE login_failures ADD COLUMN undecided integer NOT NULL DEFAULT 0;

-- The cost of a bcrypt hash ($2b$12$...): the highest one in use sets how much work each wrong password takes.
CREATE INDEX idx_users_hash_cost ON users (substr(password_hash, 5, 2));
