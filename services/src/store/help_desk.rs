//! How far somebody's rights reach, as statements narrow it; people as the help desk finds them.

use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::clock::Timestamp;
use crate::error::StoreError;
use crate::on_read;
use crate::store::Db;

/// Part of the people, as far as somebody's right reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    Everybody,
    /// Students of the school, their guardians, and whoever works there.
    School(Uuid),
    /// Students of the class and their guardians.
    Class(Uuid),
}

impl Reach {
    /// The statement that lists the ids of the people in reach, with `$number` in the place of the id that is to be bound. Nothing
    /// narrows everybody.
    pub(crate) fn people(self, number: usize) -> Option<(String, Uuid)> {
        match self {
            Self::Everybody => None,
            Self::School(id) => Some((
                format!(
                    "SELECT e.student_id FROM enrolments e JOIN classes c ON c.id = e.class_id \
                     WHERE e.until_at IS NULL AND c.archived_at IS NULL AND c.school_id = ${number} \
                     UNION SELECT g.guardian_id FROM guardians g JOIN enrolments e ON e.student_id = g.child_id \
                     JOIN classes c ON c.id = e.class_id WHERE e.until_at IS NULL AND c.archived_at IS NULL AND c.school_id = ${number} \
                     UNION SELECT t.person_id FROM posts t WHERE t.until_at IS NULL AND t.school_id = ${number} \
                     UNION SELECT o.person_id FROM roles o WHERE o.school_id = ${number}"
                ),
                id,
            )),
            Self::Class(id) => Some((
                format!(
                    "SELECT e.student_id FROM enrolments e WHERE e.until_at IS NULL AND e.class_id = ${number} \
                     UNION SELECT g.guardian_id FROM guardians g JOIN enrolments e ON e.student_id = g.child_id \
                     WHERE e.until_at IS NULL AND e.class_id = ${number}"
                ),
                id,
            )),
        }
    }
}

const CLASSES: &str = "SELECT c.title, c.id FROM enrolments e JOIN classes c ON c.id = e.class_id \
     WHERE e.until_at IS NULL AND c.archived_at IS NULL AND e.student_id = $1 \
     UNION SELECT c.title, c.id FROM guardians g JOIN enrolments e ON e.student_id = g.child_id \
     JOIN classes c ON c.id = e.class_id WHERE e.until_at IS NULL AND c.archived_at IS NULL AND g.guardian_id = $1 ORDER BY 1, 2";

/// The titles of the classes that somebody belongs to: as a student, or by a child.
pub(crate) async fn read_classes(db: &Db, person: Uuid) -> Result<Vec<String>, StoreError> {
    Ok(on_read!(db, |p| sqlx::query_scalar::<_, String>(CLASSES).bind(person).fetch_all(p).await)?)
}

const CHILDREN_AT: &str = "SELECT c.title, c.id FROM guardians g JOIN enrolments e ON e.student_id = g.child_id \
     JOIN classes c ON c.id = e.class_id WHERE e.until_at IS NULL AND c.archived_at IS NULL AND g.guardian_id = $1 \
     AND c.school_id = $2 ORDER BY 1, 2";

/// The titles of the classes of a school that somebody's children are in.
pub(crate) async fn read_classes_at(db: &Db, guardian: Uuid, school: Uuid) -> Result<Vec<String>, StoreError> {
    let sql = CHILDREN_AT;
    Ok(on_read!(db, |p| sqlx::query_scalar::<_, String>(sql).bind(guardian).bind(school).fetch_all(p).await)?)
}

/// Somebody as the help desk sees them.
#[derive(Clone, sqlx::FromRow)]
pub(crate) struct FoundRow {
    pub person_id: Uuid,
    pub surname: String,
    pub given_name: String,
    pub patronymic: Option<String>,
    pub mobile_sealed: Option<Vec<u8>>,
    pub email_sealed: Option<Vec<u8>>,
    pub account_id: Option<Uuid>,
    pub user_code: Option<String>,
    pub state: Option<String>,
    pub has_password: i64,
    pub last_sign_in_at: Option<Timestamp>,
}

const FOUND: &str = "SELECT p.id AS person_id, p.surname, p.given_name, p.patronymic, p.mobile_sealed, p.email_sealed, \
     a.id AS account_id, a.user_code, a.state, \
     CAST(CASE WHEN a.password_hash IS NULL THEN 0 ELSE 1 END AS BIGINT) AS has_password, a.last_sign_in_at \
     FROM people p LEFT JOIN accounts a ON a.person_id = p.id";

fn narrowed(reach: Reach, number: usize) -> (String, Option<Uuid>) {
    match reach.people(number) {
        Some((people, id)) => (format!(" AND p.id IN ({people})"), Some(id)),
        None => (String::new(), None),
    }
}

/// What names are looked for by: each part in three ways of writing it, as patterns of `LIKE` with `\` before what is no wildcard.
pub(crate) struct NamePatterns {
    /// All that was typed, as the beginning of a surname.
    pub whole: [String; 3],
    /// The first word, as the beginning of a surname.
    pub surname: [String; 3],
    /// The rest, as the beginning of a given name.
    pub given_name: [String; 3],
}

/// People in reach with such a name.
pub(crate) async fn list_by_name(
    db: &Db,
    names: &NamePatterns,
    reach: Reach,
    limit: i64,
) -> Result<Vec<FoundRow>, StoreError> {
    let (condition, id) = narrowed(reach, 11);
    // Made of this file's own words alone.
    let sql = AssertSqlSafe(format!(
        "{FOUND} WHERE (p.surname LIKE $1 ESCAPE '\\' OR p.surname LIKE $2 ESCAPE '\\' OR p.surname LIKE $3 ESCAPE '\\' \
         OR ((p.surname LIKE $4 ESCAPE '\\' OR p.surname LIKE $5 ESCAPE '\\' OR p.surname LIKE $6 ESCAPE '\\') \
         AND (p.given_name LIKE $7 ESCAPE '\\' OR p.given_name LIKE $8 ESCAPE '\\' OR p.given_name LIKE $9 ESCAPE '\\'))) \
         {condition} ORDER BY p.surname, p.given_name, p.id LIMIT $10"
    ));
    let patterns = names.whole.iter().chain(&names.surname).chain(&names.given_name);
    Ok(on_read!(db, |p| {
        let mut query = sqlx::query_as::<_, FoundRow>(sql);
        for pattern in patterns {
            query = query.bind(pattern.as_str());
        }
        query = query.bind(limit);
        if let Some(id) = id {
            query = query.bind(id);
        }
        query.fetch_all(p).await
    })?)
}

/// What somebody is known by: the name as it is on file, and indexes of contacts.
pub(crate) struct AlikeTo<'a> {
    pub surname: &'a str,
    pub given_name: &'a str,
    pub mobile: Option<[u8; 32]>,
    pub email: Option<[u8; 32]>,
}

/// People in reach with exactly this surname and given name, or with one of the contacts.
pub(crate) async fn list_alike(
    db: &Db,
    alike: &AlikeTo<'_>,
    reach: Reach,
    limit: i64,
) -> Result<Vec<FoundRow>, StoreError> {
    let (condition, id) = narrowed(reach, 6);
    let sql = AssertSqlSafe(format!(
        "{FOUND} WHERE p.id IN (SELECT id FROM people WHERE surname = $1 AND given_name = $2 \
         UNION SELECT id FROM people WHERE mobile_index = $3 \
         UNION SELECT id FROM people WHERE email_index = $4) \
         {condition} ORDER BY p.surname, p.given_name, p.id LIMIT $5"
    ));
    Ok(on_read!(db, |p| {
        let mut query = sqlx::query_as::<_, FoundRow>(sql)
            .bind(alike.surname)
            .bind(alike.given_name)
            .bind(alike.mobile.map(|index| index.to_vec()))
            .bind(alike.email.map(|index| index.to_vec()))
            .bind(limit);
        if let Some(id) = id {
            query = query.bind(id);
        }
        query.fetch_all(p).await
    })?)
}

/// What was typed, as everything that it can be.
#[derive(Default)]
pub(crate) struct Numbers {
    pub user_code: Option<String>,
    pub il_id: Option<[u8; 32]>,
    pub fictitious: Option<[u8; 32]>,
    pub snils: Option<[u8; 32]>,
    pub mobile: Option<[u8; 32]>,
    pub email: Option<[u8; 32]>,
}

impl Numbers {
    /// Whether it can be anything at all.
    pub(crate) fn is_some(&self) -> bool {
        let indexes = [self.il_id, self.fictitious, self.snils, self.mobile, self.email];
        self.user_code.is_some() || indexes.iter().any(Option::is_some)
    }
}

/// People in reach with exactly this user code, number, mobile or e-mail.
pub(crate) async fn list_by_number(
    db: &Db,
    numbers: &Numbers,
    reach: Reach,
    limit: i64,
) -> Result<Vec<FoundRow>, StoreError> {
    let (condition, id) = narrowed(reach, 8);
    let sql = AssertSqlSafe(format!(
        "{FOUND} WHERE p.id IN (SELECT person_id FROM accounts WHERE user_code = $1 \
         UNION SELECT id FROM people WHERE id_type = 'il_id' AND id_number_index = $2 \
         UNION SELECT id FROM people WHERE id_type = 'fictitious' AND id_number_index = $3 \
         UNION SELECT id FROM people WHERE snils_index = $4 \
         UNION SELECT id FROM people WHERE mobile_index = $5 \
         UNION SELECT id FROM people WHERE email_index = $6) \
         {condition} ORDER BY p.surname, p.given_name, p.id LIMIT $7"
    ));
    let indexes = [numbers.il_id, numbers.fictitious, numbers.snils, numbers.mobile, numbers.email];
    Ok(on_read!(db, |p| {
        let mut query = sqlx::query_as::<_, FoundRow>(sql).bind(numbers.user_code.as_deref());
        for index in indexes {
            query = query.bind(index.map(|index| index.to_vec()));
        }
        query = query.bind(limit);
        if let Some(id) = id {
            query = query.bind(id);
        }
        query.fetch_all(p).await
    })?)
}
