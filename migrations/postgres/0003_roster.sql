-- Schools, classes, who is in them and who works there; what staff change, and how it is told; the roster's import.
-- `source_id` is the roster's own id of a thing (OneRoster: sourcedId).

CREATE TABLE schools (
    id         UUID PRIMARY KEY NOT NULL,
    name       TEXT NOT NULL,
    country    TEXT NOT NULL,
    locale     TEXT NOT NULL,
    source_id  TEXT UNIQUE,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

-- `year` is the calendar year in which the school year begins. A class of a year that is over stays, archived, for its history.
CREATE TABLE classes (
    id          UUID PRIMARY KEY NOT NULL,
    school_id   UUID NOT NULL REFERENCES schools (id) ON DELETE CASCADE,
    title       TEXT NOT NULL,
    grade       BIGINT NOT NULL,
    letter      TEXT NOT NULL,
    year        BIGINT NOT NULL,
    source_id   TEXT,
    archived_at BIGINT,
    created_at  BIGINT NOT NULL,
    updated_at  BIGINT NOT NULL
);
CREATE UNIQUE INDEX classes_by_title ON classes (school_id, year, title);
CREATE INDEX classes_by_source ON classes (source_id);

-- One row for each stay of a student in a class; the live one has no end.
CREATE TABLE enrolments (
    id         UUID PRIMARY KEY NOT NULL,
    class_id   UUID NOT NULL REFERENCES classes (id) ON DELETE CASCADE,
    student_id UUID NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    from_at    BIGINT NOT NULL,
    until_at   BIGINT
);
CREATE UNIQUE INDEX enrolments_live ON enrolments (class_id, student_id) WHERE until_at IS NULL;
CREATE INDEX enrolments_by_student ON enrolments (student_id, until_at);

-- Where a member of staff works and as what. Rights come from `roles` alone.
CREATE TABLE posts (
    id         UUID PRIMARY KEY NOT NULL,
    person_id  UUID NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    school_id  UUID NOT NULL REFERENCES schools (id) ON DELETE CASCADE,
    kind       TEXT NOT NULL,
    title      TEXT NOT NULL DEFAULT '',
    created_at BIGINT NOT NULL,
    until_at   BIGINT
);
CREATE UNIQUE INDEX posts_live ON posts (school_id, kind, person_id) WHERE until_at IS NULL;
CREATE INDEX posts_by_person ON posts (person_id);

CREATE INDEX roles_by_class ON roles (class_id);
CREATE INDEX roles_by_school ON roles (school_id);

-- Who changed which field when, and at which version of the person: different fields merge, the same field is a conflict.
CREATE TABLE person_fields (
    person_id  UUID NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    field      TEXT NOT NULL,
    version    BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    changed_by UUID,
    source     TEXT NOT NULL,
    PRIMARY KEY (person_id, field)
);

ALTER TABLE people ADD COLUMN source_id TEXT;
CREATE INDEX people_by_source ON people (source_id);

ALTER TABLE guardians ADD COLUMN may_contact BIGINT NOT NULL DEFAULT 1;
ALTER TABLE guardians ADD COLUMN may_see BIGINT NOT NULL DEFAULT 1;

-- A part of one class or of several: English 5А-1.
CREATE TABLE groups (
    id         UUID PRIMARY KEY NOT NULL,
    school_id  UUID NOT NULL REFERENCES schools (id) ON DELETE CASCADE,
    title      TEXT NOT NULL,
    source_id  TEXT,
    created_at BIGINT NOT NULL
);
CREATE INDEX groups_by_school ON groups (school_id);
CREATE TABLE group_classes (
    group_id UUID NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
    class_id UUID NOT NULL REFERENCES classes (id) ON DELETE CASCADE,
    PRIMARY KEY (group_id, class_id)
);
CREATE INDEX group_classes_by_class ON group_classes (class_id);
CREATE TABLE group_members (
    group_id   UUID NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
    student_id UUID NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    since      BIGINT NOT NULL,
    PRIMARY KEY (group_id, student_id)
);
CREATE INDEX group_members_by_student ON group_members (student_id);

CREATE TABLE photos (
    person_id    UUID PRIMARY KEY NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    image_sealed BYTEA NOT NULL,
    version      BIGINT NOT NULL,
    updated_at   BIGINT NOT NULL,
    updated_by   UUID NOT NULL
);

-- Who has a class open, with a heartbeat: replicas share it.
CREATE TABLE presence (
    class_id   UUID NOT NULL REFERENCES classes (id) ON DELETE CASCADE,
    session_id UUID NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    person_id  UUID NOT NULL,
    name       TEXT NOT NULL,
    seen_at    BIGINT NOT NULL,
    PRIMARY KEY (class_id, session_id)
);
CREATE INDEX presence_by_session ON presence (session_id);

-- Answers to requests that carried an Idempotency-Key: the same request a second time gets the same answer.
CREATE TABLE idempotency_keys (
    owner_id    UUID NOT NULL,
    key         TEXT NOT NULL,
    request     BYTEA NOT NULL,
    status      BIGINT NOT NULL,
    body_sealed BYTEA NOT NULL,
    version     BIGINT,
    created_at  BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL,
    PRIMARY KEY (owner_id, key)
);
CREATE INDEX idempotency_keys_by_expiry ON idempotency_keys (expires_at);

-- A roster's file between its dry run and its end; file and report are erased when they are of no use any more.
CREATE TABLE imports (
    id             UUID PRIMARY KEY NOT NULL,
    actor_id       UUID,
    school_id      UUID,
    file_name      TEXT NOT NULL,
    format         TEXT NOT NULL,
    state          TEXT NOT NULL,
    content_sealed BYTEA,
    options        TEXT NOT NULL,
    report_sealed  BYTEA,
    done           BIGINT NOT NULL DEFAULT 0,
    total          BIGINT NOT NULL DEFAULT 0,
    created_at     BIGINT NOT NULL,
    finished_at    BIGINT,
    expires_at     BIGINT NOT NULL,
    last_error     TEXT
);
CREATE INDEX imports_by_time ON imports (created_at);

-- Programs that use the API: the token is shown once, its hash stays.
CREATE TABLE api_clients (
    id           UUID PRIMARY KEY NOT NULL,
    name         TEXT NOT NULL,
    token_hash   BYTEA NOT NULL UNIQUE,
    scopes       TEXT NOT NULL,
    created_by   UUID NOT NULL,
    created_at   BIGINT NOT NULL,
    expires_at   BIGINT,
    last_used_at BIGINT,
    revoked_at   BIGINT
);

-- How a request for review was decided, by whom, and why.
ALTER TABLE reviews ADD COLUMN decided_at BIGINT;
ALTER TABLE reviews ADD COLUMN decided_by UUID;
ALTER TABLE reviews ADD COLUMN note_sealed BYTEA;
ALTER TABLE reviews ADD COLUMN number BIGINT;
CREATE INDEX reviews_by_state ON reviews (state, answer_by);
CREATE INDEX reviews_by_person ON reviews (person_id);

CREATE INDEX audit_log_by_event ON audit_log (event, seq);
CREATE INDEX outbox_by_time ON outbox (created_at);
