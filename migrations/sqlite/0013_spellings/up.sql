-- Addresses that may be in another spelling than the application stores today: with A-labels, or with letters that have
-- several forms. They are few, and each start looks through them. Nothing in an address stands before the space or
-- behind the tilde in ASCII.
CREATE INDEX idx_users_spellings ON users (id) WHERE email GLOB '*[^ -~]*' OR email GLOB '*xn--*';
