-- 1,500 small schools of 2 classes of 10 students, two parents to a student and 10 members of staff: a school is as small a share of the whole as one of a thousand
-- students is of a country, and the tables are large enough that a walk through one is dearer than look-ups.
-- Numbers stand for ids, so that each table finds the others': people 0.., schools 1000000.., classes 2000000.., groups 3000000...
CREATE FUNCTION pg_temp.id(n BIGINT) RETURNS UUID LANGUAGE sql IMMUTABLE AS $$ SELECT lpad(to_hex(n), 32, '0')::uuid $$;
CREATE FUNCTION pg_temp.bytes(n BIGINT) RETURNS BYTEA LANGUAGE sql IMMUTABLE AS $$ SELECT decode(lpad(to_hex(n), 64, '0'), 'hex') $$;
-- Whom a key points at is settled above.
SET session_replication_role = replica;
INSERT INTO schools (id, name, country, locale, source_id, created_at, updated_at)
    SELECT pg_temp.id(1000000 + s), 'School ' || s, 'ru', 'ru', 's' || s, 0, 0 FROM generate_series(0, 1499) s;
INSERT INTO classes (id, school_id, title, grade, letter, year, source_id, created_at, updated_at)
    SELECT pg_temp.id(2000000 + c), pg_temp.id(1000000 + c / 2), 'Class ' || c % 2, c % 2, 'a', 2026, 'c' || c, 0, 0 FROM generate_series(0, 2999) c;
INSERT INTO people (id, surname, given_name, id_type, id_number_sealed, id_number_index, snils_sealed, snils_index, mobile_sealed, mobile_index,
        email_sealed, email_index, source_id, created_at, updated_at)
    SELECT pg_temp.id(p), 'Surname ' || p % 5000, 'Name ' || p % 300, 'il_id', pg_temp.bytes(p), pg_temp.bytes(p), pg_temp.bytes(p), pg_temp.bytes(p),
        pg_temp.bytes(p), pg_temp.bytes(p), pg_temp.bytes(p), pg_temp.bytes(p), 'p' || p, 0, 0 FROM generate_series(0, 104999) p;
INSERT INTO enrolments (id, class_id, student_id, from_at, until_at)
    SELECT pg_temp.id(p), pg_temp.id(2000000 + p / 10), pg_temp.id(p), 0, NULL FROM generate_series(0, 29999) p
    UNION ALL SELECT pg_temp.id(100000 + p), pg_temp.id(2000000 + (p / 10 + 1) % 3000), pg_temp.id(p), 0, 1 FROM generate_series(0, 29999) p;
INSERT INTO guardians (child_id, guardian_id, relation, created_at)
    SELECT pg_temp.id(p), pg_temp.id(30000 + p * 2 + r), CASE r WHEN 0 THEN 'mother' ELSE 'father' END, 0
    FROM generate_series(0, 29999) p, generate_series(0, 1) r;
INSERT INTO removed_guardians (child_id, guardian_id, removed_at)
    SELECT pg_temp.id(p), pg_temp.id(30000 + (p * 2 + 7) % 60000), 0 FROM generate_series(0, 9999) p;
INSERT INTO person_fields (person_id, field, version, changed_at, source)
    SELECT pg_temp.id(p), f, 2, 0, 'staff' FROM generate_series(0, 104999) p, unnest(ARRAY['mobile', 'email']) f;
INSERT INTO posts (id, person_id, school_id, kind, created_at)
    SELECT pg_temp.id(p), pg_temp.id(p), pg_temp.id(1000000 + (p - 90000) / 10), 'teacher', 0 FROM generate_series(90000, 104999) p;
INSERT INTO roles (id, person_id, role, school_id, class_id)
    SELECT pg_temp.id(p), pg_temp.id(p), 'teacher', pg_temp.id(1000000 + (p - 90000) / 10), pg_temp.id(2000000 + (p - 90000) / 5) FROM generate_series(90000, 104999) p
    UNION ALL SELECT pg_temp.id(p), pg_temp.id(p), 'parent', NULL, NULL FROM generate_series(30000, 89999) p;
INSERT INTO accounts (id, person_id, user_code, created_at)
    SELECT pg_temp.id(p), pg_temp.id(p), 'U' || p, 0 FROM generate_series(30000, 104999) p;
INSERT INTO sessions (id, token_hash, account_id, method, device, created_at, last_seen_at, idle_ms, expires_at, fresh_until)
    SELECT pg_temp.id(p), pg_temp.bytes(p), pg_temp.id(p), 'code', '', 0, 0, 1, p, 0 FROM generate_series(60000, 104999) p;
INSERT INTO throttles (scope, subject, count, window_started_at, blocked_until, expires_at)
    SELECT s, pg_temp.bytes(p), 1, 0, 0, p FROM generate_series(30000, 59999) p, unnest(ARRAY['address', 'account', 'number']) s;
INSERT INTO groups (id, school_id, title, created_at)
    SELECT pg_temp.id(3000000 + g), pg_temp.id(1000000 + g / 4), 'Group', 0 FROM generate_series(0, 5999) g;
INSERT INTO group_classes (group_id, class_id)
    SELECT pg_temp.id(3000000 + g), pg_temp.id(2000000 + g / 2) FROM generate_series(0, 5999) g;
INSERT INTO group_members (group_id, student_id, since)
    SELECT pg_temp.id(3000000 + p / 10 * 2 + p % 2), pg_temp.id(p), 0 FROM generate_series(0, 29999) p;
INSERT INTO photos (person_id, image_sealed, version, updated_at, updated_by)
    SELECT pg_temp.id(p), pg_temp.bytes(p), 1, 0, pg_temp.id(90000) FROM generate_series(0, 29999) p;
INSERT INTO presence (class_id, session_id, person_id, name, seen_at)
    SELECT pg_temp.id(2000000 + (p - 90000) / 5), pg_temp.id(p), pg_temp.id(p), '', 0 FROM generate_series(90000, 104999) p;
INSERT INTO gosuslugi_links (id, person_id, subject_sealed, subject_index, way, linked_at, last_seen_at)
    SELECT pg_temp.id(p), pg_temp.id(p), pg_temp.bytes(p), pg_temp.bytes(p), 'snils', 0, 0 FROM generate_series(0, 29999) p;
INSERT INTO gosuslugi_tries (id, try_id, person_id, reason, version, mobile_seen, email_seen, at)
    SELECT pg_temp.id(p), pg_temp.id(p), pg_temp.id(p), NULL, 1, 0, 0, p FROM generate_series(0, 29999) p;
SET session_replication_role = origin;
ANALYZE;
