-- The text of a row for searching, folded by `search_fold` in crates/domain/src/values/search_fold.rs. SQLite has no
-- such function, and a trigger with a function of the application would prevent writes of every other program. So the
-- application folds the rows, its own and those of other programs, at the end of each transaction that writes. Until
-- then a text is NULL, and searches fold it when they read it.
ALTER TABLE users ADD COLUMN search_text TEXT;
CREATE INDEX idx_users_unfolded ON users (id) WHERE search_text IS NULL;
CREATE TRIGGER users_folded_outdated AFTER UPDATE OF user_id, email, name ON users
BEGIN
    UPDATE users SET search_text = NULL WHERE id = NEW.id AND search_text IS NOT NULL;
END;

-- The release before this one reads users_search and audit_logs_search of 0005, so they remain.
CREATE VIRTUAL TABLE users_folded USING fts5 (
    search_text,
    content = 'users', content_rowid = 'id', tokenize = 'trigram', columnsize = 0
);
CREATE TRIGGER users_folded_inserted AFTER INSERT ON users WHEN NEW.search_text IS NOT NULL
BEGIN
    INSERT INTO users_folded (rowid, search_text) VALUES (NEW.id, NEW.search_text);
END;
CREATE TRIGGER users_folded_deleted AFTER DELETE ON users WHEN OLD.search_text IS NOT NULL
BEGIN
    INSERT INTO users_folded (users_folded, rowid, search_text) VALUES ('delete', OLD.id, OLD.search_text);
END;
CREATE TRIGGER users_folded_changed AFTER UPDATE OF id, search_text ON users
BEGIN
    INSERT INTO users_folded (users_folded, rowid, search_text)
        SELECT 'delete', OLD.id, OLD.search_text WHERE OLD.search_text IS NOT NULL;
    INSERT INTO users_folded (rowid, search_text)
        SELECT NEW.id, NEW.search_text WHERE NEW.search_text IS NOT NULL;
END;

-- Entries cannot be changed, so only the index has their folded texts, and a table lists those that are not in it yet.
CREATE VIRTUAL TABLE audit_logs_folded USING fts5 (
    search_text,
    content = '', tokenize = 'trigram', columnsize = 0
);
CREATE TABLE audit_logs_unfolded (
    id INTEGER PRIMARY KEY
) STRICT;
INSERT INTO audit_logs_unfolded (id) SELECT id FROM audit_logs;
CREATE TRIGGER audit_logs_unfolded_inserted AFTER INSERT ON audit_logs
BEGIN
    INSERT INTO audit_logs_unfolded (id) VALUES (NEW.id);
END;
