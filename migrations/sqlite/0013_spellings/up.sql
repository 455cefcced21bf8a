-- Addresses that may have another spelling than the application stores: with A-labels, or with letters that have
-- several forms. They are few, and each start of the application reads them. No ASCII character of an address is below
-- the space or above the tilde.
CREATE INDEX idx_users_spellings ON users (id) WHERE email GLOB '*[^ -~]*' OR email GLOB '*xn--*';
