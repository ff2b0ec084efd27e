-- Registration, the review queue, and the wizard that sets a password.

-- This adult is a guardian of that child.
CREATE TABLE guardians (
    child_id    UUID NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    guardian_id UUID NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    relation    TEXT NOT NULL,
    created_at  BIGINT NOT NULL,
    PRIMARY KEY (child_id, guardian_id)
);
CREATE INDEX guardians_by_guardian ON guardians (guardian_id);

-- A registration under way: what was typed (sealed), the code that is awaited, and the job that makes the account.
-- `person_id` is NULL for somebody whom the roster does not know. `link_hash` is the mailed link's secret, which opens nothing by itself;
-- `resumed_hash` belongs to the other device that it let in.
CREATE TABLE registrations (
    id             UUID PRIMARY KEY NOT NULL,
    token_hash     BLOB NOT NULL UNIQUE,
    link_hash      BLOB UNIQUE,
    resumed_hash   BLOB UNIQUE,
    person_id      UUID REFERENCES people (id) ON DELETE CASCADE,
    child_id       UUID REFERENCES people (id) ON DELETE SET NULL,
    answers_sealed BLOB NOT NULL,
    state          TEXT NOT NULL,
    code_target    TEXT NOT NULL,
    code_flow_id   UUID,
    locale         TEXT NOT NULL,
    created_at     BIGINT NOT NULL,
    expires_at     BIGINT NOT NULL,
    answer_by      BIGINT,
    attempts       BIGINT NOT NULL DEFAULT 0,
    available_at   BIGINT NOT NULL DEFAULT 0,
    lease_owner    TEXT,
    lease_until    BIGINT NOT NULL DEFAULT 0,
    last_error     TEXT
);
CREATE INDEX registrations_due ON registrations (state, available_at);
CREATE INDEX registrations_by_expiry ON registrations (expires_at);

-- What a member of staff has to decide. One open request for each ID number and proved mobile: a stranger who claims a number is
-- another request beside its owner's.
CREATE TABLE reviews (
    id             UUID PRIMARY KEY NOT NULL,
    reason         TEXT NOT NULL,
    person_id      UUID REFERENCES people (id) ON DELETE CASCADE,
    child_id       UUID REFERENCES people (id) ON DELETE SET NULL,
    id_type        TEXT NOT NULL,
    number_index   BLOB NOT NULL,
    mobile_index   BLOB NOT NULL,
    answers_sealed BLOB NOT NULL,
    locale         TEXT NOT NULL,
    state          TEXT NOT NULL DEFAULT 'open',
    created_at     BIGINT NOT NULL,
    answer_by      BIGINT NOT NULL,
    version        BIGINT NOT NULL DEFAULT 1
);
CREATE UNIQUE INDEX reviews_open ON reviews (id_type, number_index, mobile_index) WHERE state = 'open';
CREATE INDEX reviews_by_child ON reviews (child_id);

-- Which version of the consent was given, when, in which language it was read.
CREATE TABLE consents (
    account_id UUID NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    version    TEXT NOT NULL,
    locale     TEXT NOT NULL,
    given_at   BIGINT NOT NULL,
    PRIMARY KEY (account_id, version)
);

-- When the e-mail on file was confirmed: by the school, or by its owner. Nobody is matched by one that was not.
ALTER TABLE people ADD COLUMN email_verified_at BIGINT;

-- The initial password: works once, only to choose another.
ALTER TABLE accounts ADD COLUMN initial_hash TEXT;
ALTER TABLE accounts ADD COLUMN initial_expires_at BIGINT NOT NULL DEFAULT 0;

-- Links that let their owner choose a password. The database keeps the hash of the secret only.
CREATE TABLE password_tickets (
    id          UUID PRIMARY KEY NOT NULL,
    token_hash  BLOB NOT NULL UNIQUE,
    account_id  UUID NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    kind        TEXT NOT NULL,
    created_at  BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL,
    used_at     BIGINT,
    replaced_at BIGINT
);
CREATE INDEX password_tickets_by_account ON password_tickets (account_id);
CREATE INDEX password_tickets_by_expiry ON password_tickets (expires_at);

-- A browser in the password wizard, its owner identified.
CREATE TABLE password_flows (
    id           UUID PRIMARY KEY NOT NULL,
    token_hash   BLOB NOT NULL UNIQUE,
    account_id   UUID NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    ticket_id    UUID REFERENCES password_tickets (id) ON DELETE CASCADE,
    step         TEXT NOT NULL,
    code_flow_id UUID,
    created_at   BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL
);
CREATE INDEX password_flows_by_account ON password_flows (account_id);
CREATE INDEX password_flows_by_expiry ON password_flows (expires_at);

-- The security question and its answer's hash; `question_sealed` is a question of the person's own.
CREATE TABLE security_questions (
    account_id      UUID PRIMARY KEY NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    question        TEXT NOT NULL,
    question_sealed BLOB,
    answer_hash     TEXT NOT NULL,
    set_at          BIGINT NOT NULL
);
