-- Trigram indexes find a term of at least three letters anywhere in a text, in any case and any script. They contain no
-- copy of the texts; triggers pass every change to them.
CREATE VIRTUAL TABLE users_search USING fts5 (
    user_id, email, name,
    content = 'users', content_rowid = 'id', tokenize = 'trigram', columnsize = 0
);
CREATE TRIGGER users_search_inserted AFTER INSERT ON users
BEGIN
    INSERT INTO users_search (rowid, user_id, email, name) VALUES (NEW.id, NEW.user_id, NEW.email, NEW.name);
END;
CREATE TRIGGER users_search_deleted AFTER DELETE ON users
BEGIN
    INSERT INTO users_search (users_search, rowid, user_id, email, name)
        VALUES ('delete', OLD.id, OLD.user_id, OLD.email, OLD.name);
END;
CREATE TRIGGER users_search_changed AFTER UPDATE OF id, user_id, email, name ON users
BEGIN
    INSERT INTO users_search (users_search, rowid, user_id, email, name)
        VALUES ('delete', OLD.id, OLD.user_id, OLD.email, OLD.name);
    INSERT INTO users_search (rowid, user_id, email, name) VALUES (NEW.id, NEW.user_id, NEW.email, NEW.name);
END;

-- Entries are only inserted.
CREATE VIRTUAL TABLE audit_logs_search USING fts5 (
    admin_id, admin_name, action, target, details, ip_address, user_agent,
    content = 'audit_logs', content_rowid = 'id', tokenize = 'trigram', columnsize = 0
);
CREATE TRIGGER audit_logs_search_inserted AFTER INSERT ON audit_logs
BEGIN
    INSERT INTO audit_logs_search (rowid, admin_id, admin_name, action, target, details, ip_address, user_agent)
        VALUES (NEW.id, NEW.admin_id, NEW.admin_name, NEW.action, NEW.target, NEW.details, NEW.ip_address,
            NEW.user_agent);
END;
