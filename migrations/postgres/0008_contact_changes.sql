-- A new mobile or e-mail that the owner of an account wants to have, until its code is answered. One for each account: a second one ends
-- the first. Only the session that began it may go on with it; that one may have ended, so nothing refers to it.
CREATE TABLE contact_changes (
    account_id   UUID PRIMARY KEY NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    session_id   UUID NOT NULL,
    field        TEXT NOT NULL,
    value_sealed BYTEA NOT NULL,
    code_flow_id UUID,
    expires_at   BIGINT NOT NULL
);
CREATE INDEX contact_changes_by_expiry ON contact_changes (expires_at);
