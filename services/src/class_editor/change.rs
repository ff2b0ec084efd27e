//! Changes to the people of a class: judged, merged field by field, stored with who made them, told to whoever has the class open.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    Conflict, Country, Email, FieldFault, Locale, Mobile, Permission, PersonField, PersonSaved, Relation, Theirs,
};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{ChangeError, ClassEditor, record_of};
use crate::access::{ClassTie, Ties};
use crate::audit::{AuditEntry, AuditEvent, Outcome};
use crate::clock::Timestamp;
use crate::crypto::columns;
use crate::error::StoreError;
use crate::idempotency::{Earlier, KeyedRequest};
use crate::ids::{ClassId, PersonId};
use crate::people::{PastAddresses, latest_birth_date, short_name};
use crate::sessions::Session;
use crate::store::people::{self, PersonRow, RecordRow};
use crate::store::person_fields::{self, FieldRow, Noted};
use crate::store::tx::ClassEvent;
use crate::store::{Tx, guardians};
use crate::throttles;
use crate::visit::Visit;

/// A change to somebody whom the actor may change.
pub(crate) struct Edit<'a> {
    pub person: PersonId,
    pub ties: &'a Ties,
    /// Whose phone numbers are meant when no country is typed.
    pub country: Country,
    /// The version that was seen.
    pub base_version: i64,
    /// As typed.
    pub changes: &'a BTreeMap<PersonField, Option<String>>,
}

/// What a person's fields are to hold; `None` empties one. Canonical.
type Judged = BTreeMap<PersonField, Option<String>>;

/// `idempotency_keys.status` of a change that was stored: HTTP's.
const DONE: u16 = 200;

/// The version of somebody of whom whoever changes them has seen nothing.
const UNSEEN: i64 = 0;

/// Fields that an account can be taken over by: whoever has the number or the address gets its codes and its links, and whoever has the
/// SNILS is its owner for Gosuslugi.
const fn opens_accounts(field: PersonField) -> bool {
    field.is_contact() || matches!(field, PersonField::Snils)
}

fn codes(values: &Judged) -> Vec<&'static str> {
    values.keys().map(|field| field.code()).collect()
}

impl ClassEditor<'_> {
    /// Changes some fields of a student or a parent, as they were typed, on top of the version that was seen.
    ///
    /// Fields that nobody else changed since then are merged, and so is the same change made twice. All or nothing. A `keyed` request that
    /// was done is answered again as it was.
    ///
    /// # Errors
    /// [`ChangeError`].
    pub async fn change(
        &self,
        visit: &Visit,
        actor: &Session,
        person: PersonId,
        base_version: i64,
        changes: &BTreeMap<PersonField, Option<String>>,
        keyed: Option<&KeyedRequest>,
    ) -> Result<PersonSaved, ChangeError> {
        let done = self.change_once(visit, actor, person, base_version, changes, keyed).await;
        self.settled(keyed, done).await
    }

    /// As [`ClassEditor::change`]; `None` when the same request was done while this one was, of which nothing is left then.
    async fn change_once(
        self,
        visit: &Visit,
        actor: &Session,
        person: PersonId,
        base_version: i64,
        changes: &BTreeMap<PersonField, Option<String>>,
        keyed: Option<&KeyedRequest>,
    ) -> Result<Option<PersonSaved>, ChangeError> {
        let portal = self.portal;
        let ties = portal.access().ties(person).await?;
        let tie = self.editable(visit, actor, person, &ties, changes).await?;
        let edit = Edit { person, ties: &ties, country: tie.country, base_version, changes };
        self.store(visit, actor, &edit, keyed).await
    }

    /// Changes the contacts of a member of staff, whom the caller has found to be the actor's to change: as [`ClassEditor::change`].
    pub(crate) async fn change_staff(
        &self,
        visit: &Visit,
        actor: &Session,
        edit: &Edit<'_>,
    ) -> Result<PersonSaved, ChangeError> {
        let done = self.store(visit, actor, edit, None).await;
        self.settled(None, done).await
    }

    /// Judges and stores a change that the actor may make.
    async fn store(
        self,
        visit: &Visit,
        actor: &Session,
        edit: &Edit<'_>,
        keyed: Option<&KeyedRequest>,
    ) -> Result<Option<PersonSaved>, ChangeError> {
        let Edit { person, ties, country, base_version, changes } = *edit;
        let portal = self.portal;
        let now = portal.now();
        let judged = judge(changes, country, now)?;
        if let Some(saved) = self.answered(keyed).await? {
            return Ok(Some(saved));
        }

        let mut tx = portal.db().begin_shared().await?;
        let wait = self.must_wait(&mut tx, actor, &judged).await?;
        let mut row = people::lock_record(&mut tx, person).await?.ok_or(ChangeError::Gone)?;
        let mut tx = portal.access().staff_guard_within(tx, visit, actor, person).await?;
        // A version that there is not was never seen.
        let base_version = if (1..=row.version).contains(&base_version) { base_version } else { UNSEEN };
        let before = record_of(portal, &row)?;
        let differing: Judged =
            judged.into_iter().filter(|(field, value)| before.fields.get(*field) != value.as_deref()).collect();
        if differing.is_empty() {
            return self.finish(tx, keyed, PersonSaved { person: before, at: now }, Vec::new()).await;
        }
        // Most are made on top of what there is.
        if base_version != row.version {
            let history = person_fields::list(&mut tx, person).await?;
            let theirs: Vec<Theirs> = differing
                .keys()
                .filter_map(|field| theirs(*field, before.fields.get(*field), base_version, &history, now))
                .collect();
            if !theirs.is_empty() {
                // Nobody is told of a value before it is stored.
                tx.rollback().await?;
                return Err(ChangeError::Conflict(Box::new(Conflict { person: before, theirs })));
            }
        }
        let guarded = row.account_id.is_some() && differing.keys().any(|field| opens_accounts(*field));
        if guarded && actor.fresh_until <= now {
            return Err(ChangeError::ProofNeeded);
        }
        if let Some(retry_at) = wait.filter(|_| gives_number(&differing)) {
            return Err(self.refuse_try(tx, visit, actor, person, retry_at).await?);
        }
        if self.is_taken(&mut tx, &differing, person).await? {
            return Err(self.refuse_taken(tx, visit, actor, person).await?);
        }

        row.version += 1;
        for (field, value) in &differing {
            self.write(&mut row, *field, value.as_deref(), now);
        }
        let noted =
            Noted { person, version: row.version, at: now, by: Some(actor.person_id), source: person_fields::STAFF };
        let changed = codes(&differing);
        people::update_record(&mut tx, &row, &noted, &changed).await.map_err(taken)?;
        if row.account_id.is_some() {
            let past = past_addresses(&row, &before.fields, &differing, visit.locale);
            portal.people().tell_past_addresses(&mut tx, past, now).await?;
        }
        let saved = PersonSaved { person: record_of(portal, &row)?, at: now };
        tx.announce(&seen_in(ties, person, row.version, actor.person_id)).await?;
        let entry = AuditEntry::new(AuditEvent::PersonChanged, Outcome::Success, visit)
            .actor(actor.person_id)
            .person(person)
            .detail("fields", changed)
            .detail("signs_in", guarded)
            .before(Value::Object(
                differing.keys().map(|field| (field.code().to_owned(), json!(before.fields.get(*field)))).collect(),
            ))
            .after(object(&differing));
        self.finish(tx, keyed, saved, vec![entry]).await
    }

    /// Adds a parent of a student: what was typed first into an empty column of the table. Names may follow one by one.
    ///
    /// A mother or father whom somebody else has added meanwhile is changed instead, and what both have typed is a conflict. A `keyed`
    /// request that was done is answered again as it was.
    ///
    /// # Errors
    /// [`ChangeError`].
    pub async fn add_parent(
        &self,
        visit: &Visit,
        actor: &Session,
        student: PersonId,
        relation: Relation,
        changes: &BTreeMap<PersonField, Option<String>>,
        keyed: Option<&KeyedRequest>,
    ) -> Result<PersonSaved, ChangeError> {
        let done = self.add_parent_once(visit, actor, student, relation, changes, keyed).await;
        self.settled(keyed, done).await
    }

    /// As [`ClassEditor::add_parent`]; `None` when the same request was done while this one was, of which nothing is left then.
    async fn add_parent_once(
        self,
        visit: &Visit,
        actor: &Session,
        student: PersonId,
        relation: Relation,
        changes: &BTreeMap<PersonField, Option<String>>,
        keyed: Option<&KeyedRequest>,
    ) -> Result<Option<PersonSaved>, ChangeError> {
        let portal = self.portal;
        let mut ties = portal.access().ties(student).await?;
        // A child of their own makes nobody a student.
        ties.classes.retain(|tie| tie.as_student);
        let tie = self.editable(visit, actor, student, &ties, changes).await?;
        let now = portal.now();
        let typed: Judged =
            judge(changes, tie.country, now)?.into_iter().filter(|(_, value)| value.is_some()).collect();
        if typed.is_empty() {
            return Err(ChangeError::Invalid(vec![(PersonField::Surname, FieldFault::Required)]));
        }
        if let Some(saved) = self.answered(keyed).await? {
            return Ok(Some(saved));
        }

        let mut tx = portal.db().begin_shared().await?;
        let wait = self.must_wait(&mut tx, actor, &typed).await?;
        if !people::lock(&mut tx, student).await? {
            return Err(ChangeError::Gone);
        }
        let mut tx = portal.access().staff_guard_within(tx, visit, actor, student).await?;
        let existing = match relation {
            Relation::Mother | Relation::Father => {
                guardians::find_by_relation(&mut tx, student, relation.code()).await?
            }
            Relation::Guardian => None,
        };
        if let Some(existing) = existing {
            tx.rollback().await?;
            return self.change_once(visit, actor, PersonId(existing), UNSEEN, changes, keyed).await;
        }
        if let Some(retry_at) = wait {
            return Err(self.refuse_try(tx, visit, actor, student, retry_at).await?);
        }
        let parent = PersonId::new(now, portal.rng());
        if self.is_taken(&mut tx, &typed, parent).await? {
            return Err(self.refuse_taken(tx, visit, actor, student).await?);
        }
        let mut row = RecordRow {
            id: parent.0,
            version: 1,
            surname: String::new(),
            given_name: String::new(),
            patronymic: None,
            birth_date_sealed: None,
            snils_sealed: None,
            snils_index: None,
            mobile_sealed: None,
            mobile_index: None,
            email_sealed: None,
            email_index: None,
            email_verified_at: None,
            id_type: None,
            id_number_sealed: None,
            account_id: None,
            locale: None,
        };
        for (field, value) in &typed {
            self.write(&mut row, *field, value.as_deref(), now);
        }
        let saved = PersonSaved { person: record_of(portal, &row)?, at: now };
        people::insert(&mut tx, &inserted(row), now).await.map_err(taken)?;
        guardians::insert(&mut tx, student, parent, relation.code(), now).await?;
        let noted =
            Noted { person: parent, version: 1, at: now, by: Some(actor.person_id), source: person_fields::STAFF };
        for field in typed.keys() {
            person_fields::upsert(&mut tx, &noted, field.code()).await?;
        }
        // Others do not know the person yet: they read the class anew.
        let classes: BTreeSet<Uuid> = ties.classes.iter().map(|tie| tie.class_id).collect();
        let events: Vec<_> = classes.into_iter().map(|class| ClassEvent::Roster { class_id: ClassId(class) }).collect();
        tx.announce(&events).await?;
        let created = AuditEntry::new(AuditEvent::PersonCreated, Outcome::Success, visit)
            .actor(actor.person_id)
            .person(parent)
            .detail("fields", codes(&typed))
            .after(object(&typed));
        let related = AuditEntry::new(AuditEvent::GuardianChanged, Outcome::Success, visit)
            .actor(actor.person_id)
            .person(student)
            .detail("guardian", parent.to_string())
            .detail("relation", relation.code());
        self.finish(tx, keyed, saved, vec![created, related]).await
    }

    /// What a request with a key led to before. Rights are asked first: whoever has lost them is not told again.
    async fn answered(self, keyed: Option<&KeyedRequest>) -> Result<Option<PersonSaved>, ChangeError> {
        let Some(asked) = keyed else { return Ok(None) };
        match self.portal.idempotency().earlier(asked).await? {
            None => Ok(None),
            Some(Earlier::Same { body, .. }) => {
                let saved = serde_json::from_slice(&body);
                Ok(Some(saved.map_err(|_| StoreError::Corrupt { column: "idempotency_keys.body_sealed" })?))
            }
            Some(Earlier::Running) => Err(ChangeError::Running),
            Some(Earlier::Other) => Err(ChangeError::KeyReused),
        }
    }

    /// Keeps what a request with a key led to, writes down who did what, and commits. `None` when the same request was faster, and all of
    /// this one is undone.
    async fn finish(
        self,
        mut tx: Tx,
        keyed: Option<&KeyedRequest>,
        saved: PersonSaved,
        entries: Vec<AuditEntry>,
    ) -> Result<Option<PersonSaved>, ChangeError> {
        let portal = self.portal;
        if let Some(asked) = keyed {
            let (body, version) = (json!(saved).to_string(), Some(saved.person.version));
            if !portal.idempotency().store_new(&mut tx, asked, DONE, body.as_bytes(), version).await? {
                tx.rollback().await?;
                return Ok(None);
            }
        }
        for entry in entries {
            portal.audit().append(&mut tx, entry).await?;
        }
        tx.commit().await?;
        Ok(Some(saved))
    }

    /// What a request came to. When the same one came meanwhile and was faster, its answer counts for both: a conflict with it is none.
    async fn settled(
        self,
        keyed: Option<&KeyedRequest>,
        done: Result<Option<PersonSaved>, ChangeError>,
    ) -> Result<PersonSaved, ChangeError> {
        match done {
            Ok(Some(saved)) => Ok(saved),
            // Whoever was faster has given the key back again.
            Ok(None) => self.answered(keyed).await?.ok_or(ChangeError::Running),
            Err(error @ ChangeError::Conflict(_)) => self.answered(keyed).await?.ok_or(error),
            Err(error) => Err(error),
        }
    }

    /// The class in which the actor may edit somebody. Somebody of no class of the actor's is refused, and so is a field that takes more
    /// than the right to contacts, and a member of staff whom the actor's rights over staff do not cover.
    async fn editable(
        &self,
        visit: &Visit,
        actor: &Session,
        person: PersonId,
        ties: &Ties,
        changes: &BTreeMap<PersonField, Option<String>>,
    ) -> Result<ClassTie, ChangeError> {
        let access = self.portal.access();
        let Some(tie) = ties.class_for(actor, Permission::EditContacts) else {
            let targets = ties.targets();
            return Err(access.refuse(visit, actor, Permission::EditContacts, Some(person), &targets).await.into());
        };
        let lacking =
            changes.keys().map(|field| field.edited_with()).find(|needed| ties.class_for(actor, *needed).is_none());
        if let Some(needed) = lacking {
            return Err(access.refuse(visit, actor, needed, Some(person), &ties.targets()).await.into());
        }
        if !ties.staff_covered_by(actor) {
            return Err(access.refuse(visit, actor, Permission::EditStaff, Some(person), &ties.staff).await.into());
        }
        Ok(*tie)
    }

    /// Whether the SNILS among these values is somebody else's.
    async fn is_taken(self, tx: &mut Tx, values: &Judged, person: PersonId) -> Result<bool, StoreError> {
        let Some(Some(snils)) = values.get(&PersonField::Snils) else { return Ok(false) };
        let index = self.portal.sealer().blind_index(columns::PEOPLE_SNILS, snils);
        let holders = people::list_by_snils(tx, &index).await?;
        Ok(holders.iter().any(|holder| holder.person_id != person.0))
    }

    /// Until when the actor can enter no SNILS, if there is one among these values. Whoever else tries for the actor waits until the
    /// transaction ends: it is for before the person is held.
    async fn must_wait(self, tx: &mut Tx, actor: &Session, values: &Judged) -> Result<Option<Timestamp>, StoreError> {
        if !gives_number(values) {
            return Ok(None);
        }
        throttles::taken_numbers(self.portal, actor.person_id).full_within(tx, self.portal.now()).await
    }

    /// Refuses somebody else's SNILS, counts it, and writes down who asked: answers like this one tell which numbers there are.
    async fn refuse_taken(
        self,
        mut tx: Tx,
        visit: &Visit,
        actor: &Session,
        person: PersonId,
    ) -> Result<ChangeError, StoreError> {
        throttles::taken_numbers(self.portal, actor.person_id).count(&mut tx, self.portal.now()).await?;
        self.note_refusal(tx, visit, actor, person, FieldFault::SnilsTaken.code()).await?;
        Ok(snils_taken())
    }

    /// Refuses a SNILS unread, and writes down who asked.
    async fn refuse_try(
        self,
        tx: Tx,
        visit: &Visit,
        actor: &Session,
        person: PersonId,
        retry_at: Timestamp,
    ) -> Result<ChangeError, StoreError> {
        self.note_refusal(tx, visit, actor, person, throttles::TOO_MANY_TAKEN).await?;
        Ok(ChangeError::TooMany { retry_at })
    }

    async fn note_refusal(
        self,
        mut tx: Tx,
        visit: &Visit,
        actor: &Session,
        person: PersonId,
        reason: &str,
    ) -> Result<(), StoreError> {
        let entry = AuditEntry::new(AuditEvent::PersonChanged, Outcome::Refused, visit)
            .actor(actor.person_id)
            .person(person)
            .detail("fields", vec![PersonField::Snils.code()])
            .detail("reason", reason);
        self.portal.audit().append(&mut tx, entry).await?;
        tx.commit().await
    }

    /// Puts a canonical value into a row, sealed and indexed as its column wants.
    fn write(self, row: &mut RecordRow, field: PersonField, value: Option<&str>, now: Timestamp) {
        let portal = self.portal;
        let id = row.id;
        let seal = |column| value.map(|text| portal.sealer().seal(portal.rng(), column, id, text.as_bytes()));
        let index = |column, text: &str| portal.sealer().blind_index(column, text).to_vec();
        match field {
            PersonField::Surname => value.unwrap_or_default().clone_into(&mut row.surname),
            PersonField::GivenName => value.unwrap_or_default().clone_into(&mut row.given_name),
            PersonField::Patronymic => row.patronymic = value.map(str::to_owned),
            PersonField::BirthDate => row.birth_date_sealed = seal(columns::PEOPLE_BIRTH_DATE),
            PersonField::Snils => {
                row.snils_sealed = seal(columns::PEOPLE_SNILS);
                row.snils_index = value.map(|text| index(columns::PEOPLE_SNILS, text));
            }
            PersonField::Mobile => {
                row.mobile_sealed = seal(columns::PEOPLE_MOBILE);
                row.mobile_index = value.map(|text| index(columns::PEOPLE_MOBILE, text));
            }
            PersonField::Email => {
                row.email_sealed = seal(columns::PEOPLE_EMAIL);
                row.email_index = value.map(|text| {
                    let key = Email::parse(text).map_or_else(|_| text.to_lowercase(), |email| email.comparison_key());
                    index(columns::PEOPLE_EMAIL, &key)
                });
                // What the school has on file counts as confirmed, as in its roster.
                row.email_verified_at = value.map(|_| now);
            }
        }
    }
}

/// Whether a SNILS is among these values.
fn gives_number(values: &Judged) -> bool {
    values.get(&PersonField::Snils).is_some_and(Option::is_some)
}

fn snils_taken() -> ChangeError {
    ChangeError::Invalid(vec![(PersonField::Snils, FieldFault::SnilsTaken)])
}

/// Somebody else wrote the same SNILS at the same moment: of what is written here, only that is in the database but once.
fn taken(error: StoreError) -> ChangeError {
    match error {
        StoreError::Duplicate(_) => snils_taken(),
        error => error.into(),
    }
}

/// What was typed, made canonical.
fn judge(
    changes: &BTreeMap<PersonField, Option<String>>,
    country: Country,
    now: Timestamp,
) -> Result<Judged, ChangeError> {
    let today = latest_birth_date(now);
    let mut judged = Judged::new();
    let mut faults = Vec::new();
    for (field, typed) in changes {
        match field.judge(country, typed.as_deref().unwrap_or_default(), today) {
            Ok(value) => {
                judged.insert(*field, value);
            }
            Err(fault) => faults.push((*field, fault)),
        }
    }
    if faults.is_empty() { Ok(judged) } else { Err(ChangeError::Invalid(faults)) }
}

/// What somebody else has written into a field since the version that a change was made on.
fn theirs(
    field: PersonField,
    value: Option<&str>,
    base_version: i64,
    history: &[FieldRow],
    now: Timestamp,
) -> Option<Theirs> {
    let last = history.iter().find(|row| row.field == field.code());
    let meanwhile = match last {
        Some(row) => row.version > base_version,
        // Never changed since it was entered: news to those alone who have seen nothing.
        None => base_version == UNSEEN && value.is_some(),
    };
    let staff = last.filter(|row| row.source == person_fields::STAFF);
    meanwhile.then(|| Theirs {
        field,
        value: value.map(str::to_owned),
        by: staff.map_or_else(String::new, |row| {
            let part = |part: &Option<String>| part.clone().unwrap_or_default();
            short_name(&part(&row.surname), &part(&row.given_name), row.patronymic.as_deref())
        }),
        at: last.map_or(now, |row| row.changed_at),
    })
}

/// The addresses that the owner of an account had until this change.
fn past_addresses(row: &RecordRow, before: &domain::PersonFields, differing: &Judged, locale: Locale) -> PastAddresses {
    let mobile = differing.get(&PersonField::Mobile).and(before.mobile.as_deref());
    let email = differing.get(&PersonField::Email).map(|new| new.as_deref().and_then(|new| Email::parse(new).ok()));
    PastAddresses {
        account_id: row.account_id,
        locale: row.locale.as_deref().and_then(Locale::from_code).unwrap_or(locale),
        mobile: mobile.and_then(|text| Mobile::from_e164(text).ok()),
        // An address that differs in its capitals only is no other address.
        email: email.and_then(|new| {
            let old = Email::parse(before.email.as_deref()?).ok()?;
            let same = new.is_some_and(|new| new.comparison_key() == old.comparison_key());
            (!same).then_some(old)
        }),
    }
}

/// A change, for whoever has a class open in which the person is seen.
fn seen_in(ties: &Ties, person: PersonId, version: i64, by: PersonId) -> Vec<ClassEvent> {
    let classes: BTreeSet<Uuid> = ties.classes.iter().map(|tie| tie.class_id).collect();
    classes
        .into_iter()
        .map(|class| ClassEvent::Person { class_id: ClassId(class), person_id: person, version, by })
        .collect()
}

fn object(values: &Judged) -> Value {
    let fields: Map<String, Value> =
        values.iter().map(|(field, value)| (field.code().to_owned(), json!(value))).collect();
    Value::Object(fields)
}

/// The row of a person who is new.
fn inserted(row: RecordRow) -> PersonRow {
    PersonRow {
        id: row.id,
        surname: row.surname,
        given_name: row.given_name,
        patronymic: row.patronymic,
        locale: row.locale,
        birth_date_sealed: row.birth_date_sealed,
        id_type: row.id_type,
        id_number_sealed: row.id_number_sealed,
        id_number_index: None,
        snils_sealed: row.snils_sealed,
        snils_index: row.snils_index,
        mobile_sealed: row.mobile_sealed,
        mobile_index: row.mobile_index,
        email_sealed: row.email_sealed,
        email_index: row.email_index,
    }
}
