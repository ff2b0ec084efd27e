//! Writing a plan down: one school, one transaction, many rows a statement. What is personal is sealed here; the audit log comes last.

use domain::{Email, Locale, Mobile, PersonField};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::error::ImportError;
use super::plan::{self, Move, NewPerson, PersonChange, Plan, SchoolWrite};
use super::progress::{Part, Steps};
use super::report::ImportFormat;
use crate::audit::{AuditEntry, AuditEvent, Outcome};
use crate::clock::Timestamp;
use crate::crypto::columns;
use crate::error::StoreError;
use crate::ids::{ClassId, GroupId, ImportId, PersonId};
use crate::people::{PastAddresses, open};
use crate::portal::Portal;
use crate::store::audit::AT_ONCE;
use crate::store::imports::{self as rows, GuardianRow, Joined, PostRow, SealedPerson};
use crate::store::person_fields::{self, ID_NUMBER, Noted};
use crate::store::tx::ClassEvent;
use crate::store::{Tx, groups, schools, sessions};
use crate::visit::Visit;

/// `person_fields.source` of what a roster brought.
const SOURCE: &str = "import";

/// Who imports, and from where.
pub(crate) struct Author {
    pub visit: Visit,
    /// None for the command line.
    pub actor: Option<PersonId>,
    /// None for the command line and the demo.
    pub import: Option<ImportId>,
    pub format: ImportFormat,
}

impl Author {
    fn entry(&self, event: AuditEvent) -> AuditEntry {
        let entry = AuditEntry::new(event, Outcome::Success, &self.visit);
        match self.actor {
            Some(actor) => entry.actor(actor),
            None => entry,
        }
    }
}

/// Writes everything of a plan, inside the caller's transaction.
pub(crate) async fn apply(
    portal: &Portal,
    tx: &mut Tx,
    plan: &Plan,
    author: &Author,
    now: Timestamp,
    steps: &mut Steps<'_>,
) -> Result<(), ImportError> {
    steps.part(Part::Writing, rows_of(plan));
    match &plan.write {
        SchoolWrite::Nothing => {}
        SchoolWrite::Insert(row) => schools::insert(tx, row, now).await?,
        SchoolWrite::Update { name, source_id } => {
            rows::update_school(tx, plan.school, name, source_id.as_deref(), now).await?;
        }
    }
    rows::insert_classes(tx, plan.school, &plan.new_classes, now).await?;
    for class in &plan.changed_classes {
        rows::update_class(tx, class, now).await?;
    }
    for class in &plan.archived_classes {
        rows::archive_class(tx, *class, now).await?;
    }
    // In pieces, so that the sealed form of a large school is never held as a whole.
    for chunk in plan.new_people.chunks(rows::PEOPLE_AT_ONCE) {
        let sealed: Vec<SealedPerson> = chunk.iter().map(|new| seal_new(portal, new, plan.locale)).collect();
        rows::insert_people(tx, &sealed, now).await?;
        steps.step(chunk.len());
    }
    let mut changed = Vec::new();
    for change in &plan.changes {
        changed.push(change_person(portal, tx, change, author, now).await?);
        steps.step(1);
    }
    rows::end_enrolments(tx, &plan.ended_stays, now).await?;
    rows::insert_enrolments(tx, &plan.new_stays, now).await?;
    steps.step(plan.ended_stays.len() + plan.new_stays.len());
    rows::insert_groups(tx, plan.school, &plan.groups.new, now).await?;
    for group in &plan.groups.changed {
        rows::update_group(tx, group).await?;
    }
    rows::insert_group_classes(tx, &plan.groups.classes).await?;
    rows::insert_group_members(tx, &plan.groups.joining, now).await?;
    for (group, student) in &plan.groups.leaving {
        groups::delete_member(tx, GroupId(*group), PersonId(*student)).await?;
    }
    rows::insert_guardians(tx, &plan.guardians, now).await?;
    steps.step(plan.guardians.len());
    rows::insert_posts(tx, plan.school, &plan.posts, now).await?;
    let leaders: Vec<Joined> = plan.leaders.iter().map(|(leader, _)| *leader).collect();
    rows::insert_leaders(tx, plan.school, &leaders).await?;
    for account in plan.leaders.iter().filter_map(|(_, account)| *account) {
        // Rights are others now: a session is not carried over into them.
        sessions::delete_others(tx, account, Uuid::nil()).await?;
    }
    let events: Vec<ClassEvent> =
        plan.touched.iter().map(|class| ClassEvent::Roster { class_id: ClassId(*class) }).collect();
    tx.announce(&events).await?;
    Ok(write_down(portal, tx, plan, changed, author, steps).await?)
}

/// The rows of which a large school has many.
fn rows_of(plan: &Plan) -> u64 {
    let people = plan.new_people.len() + plan.changes.len();
    (people + plan.ended_stays.len() + plan.new_stays.len() + plan.guardians.len()) as u64
}

/// Writes into the audit log what changes made by hand write there: a row for each person who is new or `changed`, each step of a student,
/// each guardian, each post, and then the rest. The log is held from here on, so nothing comes after it.
async fn write_down(
    portal: &Portal,
    tx: &mut Tx,
    plan: &Plan,
    changed: Vec<AuditEntry>,
    author: &Author,
    steps: &mut Steps<'_>,
) -> Result<(), StoreError> {
    let audit = portal.audit();
    let rows = plan.new_people.len() + changed.len() + plan.moves.len() + plan.guardians.len() + plan.posts.len();
    steps.part(Part::Logging, rows as u64);
    // In pieces, as people are written: a large school has more rows than ought to be held at once.
    for chunk in plan.new_people.chunks(AT_ONCE) {
        let entries: Vec<AuditEntry> = chunk.iter().map(|new| created(new, author)).collect();
        audit.append_all(tx, entries).await?;
        steps.step(chunk.len());
    }
    let mut changed = changed.into_iter();
    loop {
        let entries: Vec<AuditEntry> = changed.by_ref().take(AT_ONCE).collect();
        let count = entries.len();
        if count == 0 {
            break;
        }
        audit.append_all(tx, entries).await?;
        steps.step(count);
    }
    for chunk in plan.moves.chunks(AT_ONCE) {
        let entries: Vec<AuditEntry> = chunk.iter().map(|step| moved(step, author)).collect();
        audit.append_all(tx, entries).await?;
        steps.step(chunk.len());
    }
    for chunk in plan.guardians.chunks(AT_ONCE) {
        let entries: Vec<AuditEntry> = chunk.iter().map(|link| related(link, plan, author)).collect();
        audit.append_all(tx, entries).await?;
        steps.step(chunk.len());
    }
    for chunk in plan.posts.chunks(AT_ONCE) {
        let entries: Vec<AuditEntry> = chunk.iter().map(|(_, post)| employed(post, plan, author)).collect();
        audit.append_all(tx, entries).await?;
        steps.step(chunk.len());
    }
    audit.append_all(tx, happened(plan, author)).await
}

/// Somebody who is new, with all that the file says of them.
fn created(new: &NewPerson, author: &Author) -> AuditEntry {
    let person = &new.person;
    let mut after = Map::new();
    for field in PersonField::ALL {
        if let Some(value) = person.get(field).filter(|value| !value.is_empty()) {
            after.insert(field.code().to_owned(), json!(value));
        }
    }
    if let Some((_, digits)) = &person.id_number {
        after.insert("id_number".to_owned(), json!(digits));
    }
    let mut codes: Vec<String> = after.keys().cloned().collect();
    if new.source_id.is_some() {
        codes.push("source_id".to_owned());
    }
    let entry = author.entry(AuditEvent::PersonCreated).person(PersonId(new.id));
    entry.detail("fields", json!(codes)).detail("source", SOURCE).after(Value::Object(after))
}

fn moved(step: &Move, author: &Author) -> AuditEntry {
    let entry = author.entry(AuditEvent::EnrolmentChanged).person(PersonId(step.student));
    entry.detail("from", json!(step.from)).detail("to", json!(step.to))
}

/// A guardian who is new, or who is something else to the child than before.
fn related(link: &GuardianRow, plan: &Plan, author: &Author) -> AuditEntry {
    let entry = author
        .entry(AuditEvent::GuardianChanged)
        .person(PersonId(link.child_id))
        .detail("guardian", json!(link.guardian_id))
        .detail("relation", link.relation.as_str())
        .after(json!({ "relation": link.relation }));
    match plan.old_relations.get(&(link.child_id, link.guardian_id)) {
        Some(old) => entry.before(json!({ "relation": old })),
        None => entry,
    }
}

/// A post that somebody gets; a file names it no further.
fn employed(post: &PostRow, plan: &Plan, author: &Author) -> AuditEntry {
    author
        .entry(AuditEvent::PersonChanged)
        .person(PersonId(post.person_id))
        .detail("school", json!(plan.school))
        .detail("post", post.kind.as_str())
        .detail("source", SOURCE)
        .after(json!({ "post": post.kind, "title": "" }))
}

/// What is written down beside people and what they are to each other: one row for each group, each class teacher, and one for the school
/// with its counts.
fn happened(plan: &Plan, author: &Author) -> Vec<AuditEntry> {
    let mut entries = Vec::new();
    for (group, what) in plan.groups.touched() {
        entries.push(author.entry(AuditEvent::GroupChanged).detail("group", json!(group)).detail("what", what));
    }
    for (leader, _) in &plan.leaders {
        let entry = author.entry(AuditEvent::RoleGranted).person(PersonId(leader.person));
        let entry = entry.detail("role", "class_teacher").detail("school", json!(plan.school));
        entries.push(entry.detail("class", json!(leader.to)));
    }
    let mut entry = author
        .entry(AuditEvent::RosterImported)
        .detail("school", json!(plan.school))
        .detail("format", author.format.code())
        .detail("counts", json!(plan.report.counts))
        .detail("bad", plan.report.bad_total)
        .detail("kept", plan.report.conflicts_total);
    if let Some(import) = author.import {
        entry = entry.detail("import", import.to_string());
    }
    entries.push(entry);
    entries
}

fn seal_new(portal: &Portal, new: &NewPerson, locale: Locale) -> SealedPerson {
    let person = &new.person;
    let seal = |column, text: &str| portal.sealer().seal(portal.rng(), column, new.id, text.as_bytes());
    let index = |column, text: &str| portal.sealer().blind_index(column, text).to_vec();
    let number = person.id_number.as_ref().map(|(_, digits)| digits.as_str());
    let (snils, mobile, email) = (person.snils.as_deref(), person.mobile.as_deref(), person.email.as_deref());
    SealedPerson {
        id: new.id,
        surname: person.surname.clone(),
        given_name: person.given_name.clone(),
        patronymic: person.patronymic.clone(),
        locale: locale.code().to_owned(),
        birth_date_sealed: person.birth_date.as_deref().map(|text| seal(columns::PEOPLE_BIRTH_DATE, text)),
        id_type: person.id_number.as_ref().map(|(kind, _)| kind.clone()),
        id_number_sealed: number.map(|text| seal(columns::PEOPLE_ID_NUMBER, text)),
        id_number_index: number.map(|text| index(columns::PEOPLE_ID_NUMBER, text)),
        snils_sealed: snils.map(|text| seal(columns::PEOPLE_SNILS, text)),
        snils_index: snils.map(|text| index(columns::PEOPLE_SNILS, text)),
        mobile_sealed: mobile.map(|text| seal(columns::PEOPLE_MOBILE, text)),
        mobile_index: mobile.map(|text| index(columns::PEOPLE_MOBILE, text)),
        email_sealed: email.map(|text| seal(columns::PEOPLE_EMAIL, text)),
        email_index: email.map(|text| index(columns::PEOPLE_EMAIL, &plan::email_key(text))),
        source_id: new.source_id.clone(),
    }
}

/// Writes a changed person; what goes into the audit log is returned. Whoever signs in with an address that is another one now is told at
/// the one before.
async fn change_person(
    portal: &Portal,
    tx: &mut Tx,
    change: &PersonChange,
    author: &Author,
    now: Timestamp,
) -> Result<AuditEntry, ImportError> {
    let mut row = change.row.clone();
    let id = row.id;
    let seal = |column, text: &str| Some(portal.sealer().seal(portal.rng(), column, id, text.as_bytes()));
    let index = |column, text: &str| Some(portal.sealer().blind_index(column, text).to_vec());
    let opened = |column, sealed: Option<&[u8]>| open(portal, column, id, sealed, |text| Some(text.to_owned()));
    let (mut before, mut after) = (Map::new(), Map::new());
    let mut codes = Vec::new();
    let mut past = PastAddresses {
        account_id: row.account_id,
        locale: row.locale.as_deref().and_then(Locale::from_code).unwrap_or(author.visit.locale),
        mobile: None,
        email: None,
    };
    let mut new_email = false;
    for (field, value) in &change.fields {
        let old = match field {
            PersonField::Surname => Some(std::mem::replace(&mut row.surname, value.clone())),
            PersonField::GivenName => Some(std::mem::replace(&mut row.given_name, value.clone())),
            PersonField::Patronymic => row.patronymic.replace(value.clone()),
            PersonField::BirthDate => {
                let old = opened(columns::PEOPLE_BIRTH_DATE, row.birth_date_sealed.as_deref())?;
                row.birth_date_sealed = seal(columns::PEOPLE_BIRTH_DATE, value);
                old
            }
            PersonField::Snils => {
                let old = opened(columns::PEOPLE_SNILS, row.snils_sealed.as_deref())?;
                row.snils_sealed = seal(columns::PEOPLE_SNILS, value);
                row.snils_index = index(columns::PEOPLE_SNILS, value);
                old
            }
            PersonField::Mobile => {
                let old = opened(columns::PEOPLE_MOBILE, row.mobile_sealed.as_deref())?;
                past.mobile = old.as_deref().and_then(|text| Mobile::from_e164(text).ok());
                row.mobile_sealed = seal(columns::PEOPLE_MOBILE, value);
                row.mobile_index = index(columns::PEOPLE_MOBILE, value);
                old
            }
            PersonField::Email => {
                let old = opened(columns::PEOPLE_EMAIL, row.email_sealed.as_deref())?;
                past.email = old.as_deref().and_then(|text| Email::parse(text).ok());
                row.email_sealed = seal(columns::PEOPLE_EMAIL, value);
                row.email_index = index(columns::PEOPLE_EMAIL, &plan::email_key(value));
                new_email = true;
                old
            }
        };
        before.insert(field.code().to_owned(), json!(old));
        after.insert(field.code().to_owned(), json!(value));
        codes.push(field.code());
    }
    if let Some((kind, digits)) = &change.id_number {
        let old = opened(columns::PEOPLE_ID_NUMBER, row.id_number_sealed.as_deref())?;
        before.insert(ID_NUMBER.to_owned(), json!(old));
        after.insert(ID_NUMBER.to_owned(), json!(digits));
        codes.push(ID_NUMBER);
        row.id_type = Some(kind.clone());
        row.id_number_sealed = seal(columns::PEOPLE_ID_NUMBER, digits);
        row.id_number_index = index(columns::PEOPLE_ID_NUMBER, digits);
    }
    if change.source_id.is_some() {
        row.source_id.clone_from(&change.source_id);
        codes.push("source_id");
    }
    rows::update_person(tx, &row, new_email, now).await?;
    let person = PersonId(id);
    let noted = Noted { person, version: row.version + 1, at: now, by: author.actor, source: SOURCE };
    for (field, _) in &change.fields {
        person_fields::upsert(tx, &noted, field.code()).await?;
    }
    if change.id_number.is_some() {
        person_fields::upsert(tx, &noted, ID_NUMBER).await?;
    }
    if row.account_id.is_some() && (past.mobile.is_some() || past.email.is_some()) {
        portal.people().tell_past_addresses(tx, past, now).await?;
    }
    let entry = author.entry(AuditEvent::PersonChanged).person(person);
    let opens = change.id_number.is_some() || change.fields.iter().any(|(field, _)| plan::opens_accounts(*field));
    let entry = entry
        .detail("fields", json!(codes))
        .detail("source", SOURCE)
        .detail("signs_in", row.account_id.is_some() && opens);
    Ok(entry.before(Value::Object(before)).after(Value::Object(after)))
}

/// Whether the same may succeed in a moment: somebody was in the way, or entered the same person meanwhile.
pub(crate) fn may_be_tried_again(error: &ImportError) -> bool {
    match error {
        ImportError::Store(error) => error.is_temporary() || matches!(error, StoreError::Duplicate(_)),
        _ => false,
    }
}
