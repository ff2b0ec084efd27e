//! The statements that differ between SQLite and PostgreSQL, side by side.
//!
//! SQLite needs no row locks: a write transaction is `BEGIN IMMEDIATE` and so the only one.
//!
//! SQLite looks at the value of `LIMIT $n` when it plans a statement, and so plans it anew for each value it is given, be it the same. Where
//! a statement runs often, `LIMIT +$n` keeps it from that.

use crate::store::db::Backend;

/// One statement in both dialects.
#[derive(Clone, Copy, Debug)]
pub struct Statement {
    sqlite: &'static str,
    postgres: &'static str,
}

impl Statement {
    /// The text for `backend`.
    pub const fn on(&self, backend: Backend) -> &'static str {
        match backend {
            Backend::Sqlite => self.sqlite,
            Backend::Postgres => self.postgres,
        }
    }
}

/// A value's place in a statement. SQLite looks a name up by going through all of them, for each value: nameless places cost nothing.
fn place(backend: Backend, number: usize) -> String {
    match backend {
        Backend::Sqlite => "?".to_owned(),
        Backend::Postgres => format!("${number}"),
    }
}

/// `($1, $2), ($3, $4)`: so many rows of so many values, and no others in the statement.
pub(crate) fn tuples(backend: Backend, rows: usize, columns: usize) -> String {
    let tuple = |row: usize| {
        let values: Vec<String> = (1..=columns).map(|column| place(backend, row * columns + column)).collect();
        format!("({})", values.join(", "))
    };
    (0..rows).map(tuple).collect::<Vec<_>>().join(", ")
}

/// `$1, $2, $3`: so many values, and no others in the statement.
pub(crate) fn values(backend: Backend, count: usize) -> String {
    (1..=count).map(|number| place(backend, number)).collect::<Vec<_>>().join(", ")
}

/// Whether any migration ever ran: one row, 0 or 1.
pub const MIGRATIONS_TABLE_EXISTS: Statement = Statement {
    sqlite: "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = '_sqlx_migrations'",
    postgres: "SELECT COUNT(*) FROM (SELECT to_regclass('_sqlx_migrations') AS found) AS t WHERE found IS NOT NULL",
};

/// The end of the audit chain, held until the transaction ends, so that appends queue up.
pub const LOCK_AUDIT_HEAD: Statement = Statement {
    sqlite: "SELECT seq, hash FROM audit_head WHERE id = 1",
    postgres: "SELECT seq, hash FROM audit_head WHERE id = 1 FOR UPDATE",
};

/// Appends a row to the audit log and moves the end of its chain there: $1 to $13 the row's columns, $1 and $13 the new end too.
/// SQLite takes several statements at once.
pub const APPEND_AUDIT: Statement = Statement {
    sqlite: "INSERT INTO audit_log (seq, at, event, outcome, actor_id, person_id, request_id, address_sealed, \
             detail, before_sealed, after_sealed, previous_hash, hash) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13); \
         UPDATE audit_head SET seq = $1, hash = $13 WHERE id = 1",
    postgres: "WITH appended AS (INSERT INTO audit_log (seq, at, event, outcome, actor_id, person_id, request_id, \
             address_sealed, detail, before_sealed, after_sealed, previous_hash, hash) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)) \
         UPDATE audit_head SET seq = $1, hash = $13 WHERE id = 1",
};

/// What is counted against two subjects, held until the transaction ends: $1 and $3 the scopes, $2 and $4 the subjects, all NULL for none.
/// PostgreSQL holds rows only, so it makes one that counts nothing where there is none.
pub const LOCK_THROTTLES: Statement = Statement {
    sqlite: "SELECT scope, count, window_started_at, blocked_until, expires_at FROM throttles \
             WHERE scope = $1 AND subject = $2 \
         UNION ALL SELECT scope, count, window_started_at, blocked_until, expires_at FROM throttles \
             WHERE scope = $3 AND subject = $4",
    postgres: "INSERT INTO throttles (scope, subject, count, window_started_at, blocked_until, expires_at) \
         SELECT wanted.scope, wanted.subject, 0, 0, 0, 0 \
             FROM (VALUES ($1::text, $2::bytea), ($3::text, $4::bytea)) AS wanted (scope, subject) \
             WHERE wanted.scope IS NOT NULL \
         ON CONFLICT (scope, subject) DO UPDATE SET count = throttles.count \
         RETURNING scope, count, window_started_at, blocked_until, expires_at",
};

/// Begins a session, notes the sign-in, remembers a browser and forgets all but those used last: $1 to $11 the session's row, $12 the
/// browser, NULL when it is known, $13 how many stay. SQLite takes several statements at once; PostgreSQL's see none of each other's work.
pub const ENTER: Statement = Statement {
    sqlite: "INSERT INTO sessions (id, token_hash, account_id, method, device, address_sealed, created_at, \
             last_seen_at, idle_ms, expires_at, fresh_until, previous_sign_in_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8, $9, $10, $11); \
         UPDATE accounts SET last_sign_in_at = $7 WHERE id = $3; \
         INSERT INTO devices (token_hash, account_id, created_at, last_used_at) \
             SELECT $12, $3, $7, $7 WHERE $12 IS NOT NULL; \
         DELETE FROM devices WHERE account_id = $3 AND token_hash NOT IN \
             (SELECT token_hash FROM devices WHERE account_id = $3 ORDER BY last_used_at DESC, created_at DESC LIMIT +$13)",
    postgres: "WITH entered AS (INSERT INTO sessions (id, token_hash, account_id, method, device, address_sealed, \
             created_at, last_seen_at, idle_ms, expires_at, fresh_until, previous_sign_in_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8, $9, $10, $11)), \
         noted AS (UPDATE accounts SET last_sign_in_at = $7 WHERE id = $3), \
         remembered AS (INSERT INTO devices (token_hash, account_id, created_at, last_used_at) \
             SELECT $12::bytea, $3, $7, $7 WHERE $12::bytea IS NOT NULL) \
         DELETE FROM devices WHERE account_id = $3 AND token_hash NOT IN \
             (SELECT token_hash FROM devices WHERE account_id = $3 ORDER BY last_used_at DESC, created_at DESC \
             LIMIT CASE WHEN $12::bytea IS NULL THEN $13 ELSE $13 - 1 END)",
};

/// Leases due messages: $1 owner, $2 lease until, $3 now, $4 limit.
/// PostgreSQL skips rows that another worker is leasing at this moment.
pub const LEASE_MESSAGES: Statement = Statement {
    sqlite: "UPDATE outbox SET state = 'sending', lease_owner = $1, lease_until = $2, attempts = attempts + 1 \
         WHERE id IN (SELECT id FROM outbox \
             WHERE ((state = 'pending' AND available_at <= $3) OR (state = 'sending' AND lease_until <= $3)) \
                 AND expires_at > $3 \
             ORDER BY available_at, id LIMIT +$4) \
         RETURNING id, idempotency_key, channel, event, locale, account_id, recipient_sealed, payload_sealed, \
             attempts, created_at, expires_at",
    postgres: "WITH due AS MATERIALIZED (SELECT id FROM outbox \
             WHERE ((state = 'pending' AND available_at <= $3) OR (state = 'sending' AND lease_until <= $3)) \
                 AND expires_at > $3 \
             ORDER BY available_at, id LIMIT $4 FOR UPDATE SKIP LOCKED) \
         UPDATE outbox SET state = 'sending', lease_owner = $1, lease_until = $2, attempts = attempts + 1 \
         FROM due WHERE outbox.id = due.id \
         RETURNING outbox.id, idempotency_key, channel, event, locale, account_id, recipient_sealed, payload_sealed, \
             attempts, created_at, expires_at",
};

/// Leases the registration that is due for longest: $1 owner, $2 lease until, $3 now.
pub const LEASE_REGISTRATION: Statement = Statement {
    sqlite: "UPDATE registrations SET state = 'working', lease_owner = $1, lease_until = $2, attempts = attempts + 1 \
         WHERE id = (SELECT id FROM registrations \
             WHERE (state = 'queued' AND available_at <= $3) OR (state = 'working' AND lease_until <= $3) \
             ORDER BY available_at, id LIMIT 1) \
         RETURNING id, person_id, child_id, answers_sealed, state, code_target, code_flow_id, locale, created_at, \
             expires_at, answer_by, attempts",
    postgres: "WITH due AS MATERIALIZED (SELECT id FROM registrations \
             WHERE (state = 'queued' AND available_at <= $3) OR (state = 'working' AND lease_until <= $3) \
             ORDER BY available_at, id LIMIT 1 FOR UPDATE SKIP LOCKED) \
         UPDATE registrations SET state = 'working', lease_owner = $1, lease_until = $2, attempts = attempts + 1 \
         FROM due WHERE registrations.id = due.id \
         RETURNING registrations.id, person_id, child_id, answers_sealed, state, code_target, code_flow_id, locale, \
             created_at, expires_at, answer_by, attempts",
};

/// The fields of a person that staff edit, held until the transaction ends: $1 person. The account is not held: it comes later in the
/// order of locks.
pub const LOCK_RECORD: Statement = Statement {
    sqlite: "SELECT p.id, p.version, p.surname, p.given_name, p.patronymic, p.birth_date_sealed, p.snils_sealed, \
         p.snils_index, p.mobile_sealed, p.mobile_index, p.email_sealed, p.email_index, p.email_verified_at, p.id_type, \
         p.id_number_sealed, a.id AS account_id, COALESCE(a.locale, p.locale) AS locale \
         FROM people p LEFT JOIN accounts a ON a.person_id = p.id WHERE p.id = $1",
    postgres: "SELECT p.id, p.version, p.surname, p.given_name, p.patronymic, p.birth_date_sealed, p.snils_sealed, \
         p.snils_index, p.mobile_sealed, p.mobile_index, p.email_sealed, p.email_index, p.email_verified_at, p.id_type, \
         p.id_number_sealed, a.id AS account_id, COALESCE(a.locale, p.locale) AS locale \
         FROM people p LEFT JOIN accounts a ON a.person_id = p.id WHERE p.id = $1 FOR NO KEY UPDATE OF p",
};

/// What an adult may, as to a child, held until the transaction ends: $1 child, $2 guardian.
pub const LOCK_RIGHTS: Statement = Statement {
    sqlite: "SELECT may_contact, may_see FROM guardians WHERE child_id = $1 AND guardian_id = $2",
    postgres: "SELECT may_contact, may_see FROM guardians WHERE child_id = $1 AND guardian_id = $2 FOR UPDATE",
};

/// Writes the fields of a person that staff edit, and notes one that was changed: $1 to $14 the person's columns, $15 the field, $16 by
/// whom, $17 the source. SQLite takes several statements at once.
pub const WRITE_RECORD: Statement = Statement {
    sqlite: "UPDATE people SET surname = $2, given_name = $3, patronymic = $4, birth_date_sealed = $5, \
             snils_sealed = $6, snils_index = $7, mobile_sealed = $8, mobile_index = $9, email_sealed = $10, \
             email_index = $11, email_verified_at = $12, version = $13, updated_at = $14 WHERE id = $1; \
         INSERT INTO person_fields (person_id, field, version, changed_at, changed_by, source) \
         VALUES ($1, $15, $13, $14, $16, $17) ON CONFLICT (person_id, field) DO UPDATE SET version = excluded.version, \
             changed_at = excluded.changed_at, changed_by = excluded.changed_by, source = excluded.source",
    postgres: "WITH written AS (UPDATE people SET surname = $2, given_name = $3, patronymic = $4, \
             birth_date_sealed = $5, snils_sealed = $6, snils_index = $7, mobile_sealed = $8, mobile_index = $9, \
             email_sealed = $10, email_index = $11, email_verified_at = $12, version = $13, updated_at = $14 \
             WHERE id = $1) \
         INSERT INTO person_fields (person_id, field, version, changed_at, changed_by, source) \
         VALUES ($1, $15, $13, $14, $16, $17) ON CONFLICT (person_id, field) DO UPDATE SET version = excluded.version, \
             changed_at = excluded.changed_at, changed_by = excluded.changed_by, source = excluded.source",
};

/// A group, held until the transaction ends: $1 group.
pub const HOLD_GROUP: Statement = Statement {
    sqlite: "SELECT id FROM groups WHERE id = $1",
    postgres: "SELECT id FROM groups WHERE id = $1 FOR UPDATE",
};

/// All wizards of an account, held until the transaction ends: $1 account.
pub const LOCK_PASSWORD_FLOWS: Statement = Statement {
    sqlite: "SELECT id FROM password_flows WHERE account_id = $1 ORDER BY id",
    postgres: "SELECT id FROM password_flows WHERE account_id = $1 ORDER BY id FOR UPDATE",
};

/// People with a value that is not sealed under the current key, held until the transaction ends:
/// $1 after this id, $2 the first bytes of what is sealed under the current key, $3 limit.
pub const STALE_PEOPLE: Statement = Statement {
    sqlite: "SELECT id, birth_date_sealed, id_number_sealed, snils_sealed, mobile_sealed, email_sealed FROM people \
         WHERE id > $1 AND (substr(birth_date_sealed, 1, 5) <> $2 OR substr(id_number_sealed, 1, 5) <> $2 \
             OR substr(snils_sealed, 1, 5) <> $2 OR substr(mobile_sealed, 1, 5) <> $2 \
             OR substr(email_sealed, 1, 5) <> $2) \
         ORDER BY id LIMIT $3",
    postgres: "SELECT id, birth_date_sealed, id_number_sealed, snils_sealed, mobile_sealed, email_sealed FROM people \
         WHERE id > $1 AND (substr(birth_date_sealed, 1, 5) <> $2 OR substr(id_number_sealed, 1, 5) <> $2 \
             OR substr(snils_sealed, 1, 5) <> $2 OR substr(mobile_sealed, 1, 5) <> $2 \
             OR substr(email_sealed, 1, 5) <> $2) \
         ORDER BY id LIMIT $3 FOR UPDATE",
};

/// Sessions whose address is not sealed under the current key; parameters as in [`STALE_PEOPLE`].
pub const STALE_SESSIONS: Statement = Statement {
    sqlite: "SELECT id, address_sealed AS sealed FROM sessions \
         WHERE id > $1 AND substr(address_sealed, 1, 5) <> $2 ORDER BY id LIMIT $3",
    postgres: "SELECT id, address_sealed AS sealed FROM sessions \
         WHERE id > $1 AND substr(address_sealed, 1, 5) <> $2 ORDER BY id LIMIT $3 FOR UPDATE",
};

/// Registrations whose answers are not sealed under the current key; parameters as in [`STALE_PEOPLE`].
pub const STALE_REGISTRATIONS: Statement = Statement {
    sqlite: "SELECT id, answers_sealed AS sealed FROM registrations \
         WHERE id > $1 AND substr(answers_sealed, 1, 5) <> $2 ORDER BY id LIMIT $3",
    postgres: "SELECT id, answers_sealed AS sealed FROM registrations \
         WHERE id > $1 AND substr(answers_sealed, 1, 5) <> $2 ORDER BY id LIMIT $3 FOR UPDATE",
};

/// Requests for review whose answers (erased some time after the decision) or note are not sealed under the current key; parameters as
/// in [`STALE_PEOPLE`].
pub const STALE_REVIEWS: Statement = Statement {
    sqlite: "SELECT id, answers_sealed AS first_sealed, note_sealed AS second_sealed FROM reviews \
         WHERE id > $1 AND ((length(answers_sealed) > 0 AND substr(answers_sealed, 1, 5) <> $2) \
             OR substr(note_sealed, 1, 5) <> $2) ORDER BY id LIMIT $3",
    postgres: "SELECT id, answers_sealed AS first_sealed, note_sealed AS second_sealed FROM reviews \
         WHERE id > $1 AND ((length(answers_sealed) > 0 AND substr(answers_sealed, 1, 5) <> $2) \
             OR substr(note_sealed, 1, 5) <> $2) ORDER BY id LIMIT $3 FOR UPDATE",
};

/// Imports whose file, report or address is not sealed under the current key; parameters as in [`STALE_PEOPLE`].
pub const STALE_IMPORTS: Statement = Statement {
    sqlite: "SELECT id, content_sealed, report_sealed, address_sealed FROM imports \
         WHERE id > $1 AND (substr(content_sealed, 1, 5) <> $2 OR substr(report_sealed, 1, 5) <> $2 \
             OR substr(address_sealed, 1, 5) <> $2) ORDER BY id LIMIT $3",
    postgres: "SELECT id, content_sealed, report_sealed, address_sealed FROM imports \
         WHERE id > $1 AND (substr(content_sealed, 1, 5) <> $2 OR substr(report_sealed, 1, 5) <> $2 \
             OR substr(address_sealed, 1, 5) <> $2) ORDER BY id LIMIT $3 FOR UPDATE",
};

/// Photos that are not sealed under the current key; parameters as in [`STALE_PEOPLE`].
pub const STALE_PHOTOS: Statement = Statement {
    sqlite: "SELECT person_id AS id, image_sealed AS sealed FROM photos \
         WHERE person_id > $1 AND substr(image_sealed, 1, 5) <> $2 ORDER BY person_id LIMIT $3",
    postgres: "SELECT person_id AS id, image_sealed AS sealed FROM photos \
         WHERE person_id > $1 AND substr(image_sealed, 1, 5) <> $2 ORDER BY person_id LIMIT $3 FOR UPDATE",
};

/// Security questions of people's own that are not sealed under the current key; parameters as in [`STALE_PEOPLE`].
pub const STALE_QUESTIONS: Statement = Statement {
    sqlite: "SELECT account_id AS id, question_sealed AS sealed FROM security_questions \
         WHERE account_id > $1 AND substr(question_sealed, 1, 5) <> $2 ORDER BY account_id LIMIT $3",
    postgres: "SELECT account_id AS id, question_sealed AS sealed FROM security_questions \
         WHERE account_id > $1 AND substr(question_sealed, 1, 5) <> $2 ORDER BY account_id LIMIT $3 FOR UPDATE",
};

/// Accounts at Gosuslugi that are not sealed under the current key; parameters as in [`STALE_PEOPLE`].
pub const STALE_LINKS: Statement = Statement {
    sqlite: "SELECT id, subject_sealed AS sealed FROM gosuslugi_links \
         WHERE id > $1 AND substr(subject_sealed, 1, 5) <> $2 ORDER BY id LIMIT $3",
    postgres: "SELECT id, subject_sealed AS sealed FROM gosuslugi_links \
         WHERE id > $1 AND substr(subject_sealed, 1, 5) <> $2 ORDER BY id LIMIT $3 FOR UPDATE",
};

/// Unsent messages that are not sealed under the current key; parameters as in [`STALE_PEOPLE`].
pub const STALE_MESSAGES: Statement = Statement {
    sqlite: "SELECT id, recipient_sealed AS first_sealed, payload_sealed AS second_sealed FROM outbox \
         WHERE id > $1 AND (substr(recipient_sealed, 1, 5) <> $2 OR substr(payload_sealed, 1, 5) <> $2) \
         ORDER BY id LIMIT $3",
    postgres: "SELECT id, recipient_sealed AS first_sealed, payload_sealed AS second_sealed FROM outbox \
         WHERE id > $1 AND (substr(recipient_sealed, 1, 5) <> $2 OR substr(payload_sealed, 1, 5) <> $2) \
         ORDER BY id LIMIT $3 FOR UPDATE",
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_for_values() {
        assert_eq!(tuples(Backend::Postgres, 2, 3), "($1, $2, $3), ($4, $5, $6)");
        assert_eq!(tuples(Backend::Sqlite, 2, 3), "(?, ?, ?), (?, ?, ?)");
        assert_eq!(values(Backend::Postgres, 2), "$1, $2");
    }
}
