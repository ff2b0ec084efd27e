-- Signing in through Gosuslugi: browsers on their way, accounts there that are known here, tries that failed.

-- A browser at Gosuslugi. The row is taken when the browser comes back, whatever it brings, so that nothing counts twice.
CREATE TABLE gosuslugi_flows (
    id           UUID PRIMARY KEY NOT NULL,
    state_hash   BLOB NOT NULL UNIQUE,
    browser_hash BLOB NOT NULL,
    kept_sealed  BLOB NOT NULL,
    expires_at   BIGINT NOT NULL
);
CREATE INDEX gosuslugi_flows_by_expiry ON gosuslugi_flows (expires_at);

-- Which account at Gosuslugi is whose. A person may have several, an account is one person's.
CREATE TABLE gosuslugi_links (
    id             UUID PRIMARY KEY NOT NULL,
    person_id      UUID NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    subject_sealed BLOB NOT NULL,
    subject_index  BLOB NOT NULL UNIQUE,
    way            TEXT NOT NULL,
    linked_at      BIGINT NOT NULL,
    last_seen_at   BIGINT NOT NULL
);
CREATE INDEX gosuslugi_links_by_person ON gosuslugi_links (person_id);

-- Tries, for whomever they were about: one try about several people has a row for each of them. `reason` is NULL for one that signed in.
-- `version` is the person's at that moment: a try is out of date when something was changed since, of anybody whom it was about.
-- `mobile_seen` and `email_seen` are 1 when the account had confirmed the contact that the person has here.
CREATE TABLE gosuslugi_tries (
    id          UUID PRIMARY KEY NOT NULL,
    try_id      UUID NOT NULL,
    person_id   UUID NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    reason      TEXT,
    version     BIGINT NOT NULL,
    mobile_seen BIGINT NOT NULL,
    email_seen  BIGINT NOT NULL,
    at          BIGINT NOT NULL
);
CREATE INDEX gosuslugi_tries_by_person ON gosuslugi_tries (person_id, at, id);
CREATE INDEX gosuslugi_tries_by_try ON gosuslugi_tries (try_id);
CREATE INDEX gosuslugi_tries_by_time ON gosuslugi_tries (at);

-- A SNILS is one person's. Where it stands with several, nobody can be found by it, as before; it stays readable, and whoever is to have
-- it gets it by clearing it at all of them and typing it once.
UPDATE people SET snils_index = NULL WHERE snils_index IN
    (SELECT snils_index FROM people WHERE snils_index IS NOT NULL GROUP BY snils_index HAVING COUNT(*) > 1);
DROP INDEX people_by_snils;
CREATE UNIQUE INDEX people_by_snils ON people (snils_index);

-- Somebody whose name and birth date agree, and whose contact does not.
CREATE INDEX people_by_name ON people (surname, given_name);
