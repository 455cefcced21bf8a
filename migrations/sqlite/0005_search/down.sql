DROP TRIGGER audit_logs_search_inserted;
DROP TABLE audit_logs_search;
DROP TRIGGER users_search_changed;
DROP TRIGGER users_search_deleted;
DROP TRIGGER users_search_inserted;
DROP TABLE users_search;
