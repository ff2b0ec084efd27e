-- People, accounts, sessions, one-time codes, throttles, messages, audit.
-- Times are Unix milliseconds, UTC. `*_sealed` is AEAD ciphertext, `*_index` a keyed blind index (services/src/crypto.rs).

CREATE TABLE meta (
    name  TEXT PRIMARY KEY NOT NULL,
    value BLOB NOT NULL
);

CREATE TABLE people (
    id                UUID PRIMARY KEY NOT NULL,
    surname           TEXT NOT NULL,
    given_name        TEXT NOT NULL,
    patronymic        TEXT,
    locale            TEXT,
    birth_date_sealed BLOB,
    id_type           TEXT,
    id_number_sealed  BLOB,
    id_number_index   BLOB,
    snils_sealed      BLOB,
    snils_index       BLOB,
    mobile_sealed     BLOB,
    mobile_index      BLOB,
    email_sealed      BLOB,
    email_index       BLOB,
    version           BIGINT NOT NULL DEFAULT 1,
    created_at        BIGINT NOT NULL,
    updated_at        BIGINT NOT NULL
);
CREATE UNIQUE INDEX people_by_id_number ON people (id_type, id_number_index);
CREATE INDEX people_by_snils ON people (snils_index);
CREATE INDEX people_by_mobile ON people (mobile_index);
CREATE INDEX people_by_email ON people (email_index);

CREATE TABLE roles (
    id        UUID PRIMARY KEY NOT NULL,
    person_id UUID NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    role      TEXT NOT NULL,
    school_id UUID,
    class_id  UUID
);
CREATE INDEX roles_by_person ON roles (person_id);

CREATE TABLE accounts (
    id                  UUID PRIMARY KEY NOT NULL,
    person_id           UUID NOT NULL UNIQUE REFERENCES people (id) ON DELETE CASCADE,
    user_code           TEXT NOT NULL UNIQUE,
    password_hash       TEXT,
    password_changed_at BIGINT,
    state               TEXT NOT NULL DEFAULT 'active',
    locale              TEXT,
    created_at          BIGINT NOT NULL,
    last_sign_in_at     BIGINT
);

-- Every user code ever given out: a code is never reused, not even after its account is gone.
CREATE TABLE issued_user_codes (
    user_code TEXT PRIMARY KEY NOT NULL,
    issued_at BIGINT NOT NULL
);

CREATE TABLE sessions (
    id                  UUID PRIMARY KEY NOT NULL,
    token_hash          BLOB NOT NULL UNIQUE,
    account_id          UUID NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    method              TEXT NOT NULL,
    device              TEXT NOT NULL,
    address_sealed      BLOB,
    created_at          BIGINT NOT NULL,
    last_seen_at        BIGINT NOT NULL,
    idle_ms             BIGINT NOT NULL,
    expires_at          BIGINT NOT NULL,
    fresh_until         BIGINT NOT NULL,
    previous_sign_in_at BIGINT
);
CREATE INDEX sessions_by_account ON sessions (account_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

-- Browsers that have signed in to an account before (OWASP device cookies).
CREATE TABLE devices (
    token_hash   BLOB PRIMARY KEY NOT NULL,
    account_id   UUID NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    created_at   BIGINT NOT NULL,
    last_used_at BIGINT NOT NULL
);
CREATE INDEX devices_by_account ON devices (account_id);

-- A browser that waits for a one-time code. `account_id` is NULL for people the portal does not know.
CREATE TABLE code_flows (
    id                  UUID PRIMARY KEY NOT NULL,
    token_hash          BLOB NOT NULL UNIQUE,
    purpose             TEXT NOT NULL,
    account_id          UUID REFERENCES accounts (id) ON DELETE CASCADE,
    subject             BLOB NOT NULL,
    return_to           TEXT,
    locale              TEXT NOT NULL,
    created_at          BIGINT NOT NULL,
    expires_at          BIGINT NOT NULL,
    code_mac            BLOB,
    code_expires_at     BIGINT NOT NULL,
    previous_mac        BLOB,
    previous_expires_at BIGINT NOT NULL,
    wrong_tries         BIGINT NOT NULL DEFAULT 0,
    sends               BIGINT NOT NULL DEFAULT 0,
    next_send_at        BIGINT NOT NULL,
    consumed_at         BIGINT
);
CREATE INDEX code_flows_by_expiry ON code_flows (expires_at);

CREATE TABLE throttles (
    scope             TEXT NOT NULL,
    subject           BLOB NOT NULL,
    count             BIGINT NOT NULL,
    window_started_at BIGINT NOT NULL,
    blocked_until     BIGINT NOT NULL,
    expires_at        BIGINT NOT NULL,
    PRIMARY KEY (scope, subject)
);
CREATE INDEX throttles_by_expiry ON throttles (expires_at);

-- Messages to be delivered: an event and a locale, not a text. Payload and recipient are erased after sending.
CREATE TABLE outbox (
    id               UUID PRIMARY KEY NOT NULL,
    idempotency_key  TEXT NOT NULL UNIQUE,
    channel          TEXT NOT NULL,
    event            TEXT NOT NULL,
    locale           TEXT NOT NULL,
    account_id       UUID,
    recipient_sealed BLOB,
    recipient_hint   TEXT NOT NULL,
    payload_sealed   BLOB,
    state            TEXT NOT NULL,
    attempts         BIGINT NOT NULL DEFAULT 0,
    created_at       BIGINT NOT NULL,
    available_at     BIGINT NOT NULL,
    expires_at       BIGINT NOT NULL,
    lease_owner      TEXT,
    lease_until      BIGINT NOT NULL DEFAULT 0,
    gateway          TEXT,
    last_error       TEXT,
    finished_at      BIGINT
);
CREATE INDEX outbox_due ON outbox (state, available_at);
CREATE INDEX outbox_finished ON outbox (finished_at);

-- Append-only, each row's hash covers the one before it; the triggers refuse changes even to the owner of the database.
CREATE TABLE audit_log (
    seq            BIGINT PRIMARY KEY NOT NULL,
    at             BIGINT NOT NULL,
    event          TEXT NOT NULL,
    outcome        TEXT NOT NULL,
    actor_id       UUID,
    person_id      UUID,
    request_id     TEXT NOT NULL,
    address_sealed BLOB,
    detail         TEXT NOT NULL,
    before_sealed  BLOB,
    after_sealed   BLOB,
    previous_hash  BLOB NOT NULL,
    hash           BLOB NOT NULL
);
CREATE INDEX audit_log_by_person ON audit_log (person_id, seq);
CREATE INDEX audit_log_by_actor ON audit_log (actor_id, seq);

CREATE TABLE audit_head (
    id   BIGINT PRIMARY KEY NOT NULL CHECK (id = 1),
    seq  BIGINT NOT NULL,
    hash BLOB NOT NULL
);
INSERT INTO audit_head (id, seq, hash) VALUES (1, 0, X'0000000000000000000000000000000000000000000000000000000000000000');

CREATE TRIGGER audit_log_no_update BEFORE UPDATE ON audit_log
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_log_no_delete BEFORE DELETE ON audit_log
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
