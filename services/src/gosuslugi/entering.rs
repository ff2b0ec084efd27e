//! The end of a sign-in through Gosuslugi: somebody enters, or it is written down why not.

use std::collections::BTreeSet;

use domain::gosuslugi::{GosuslugiPerson, NotRecognised, Recognised, recognise};
use domain::{LastTry, Way};
use uuid::Uuid;

use super::finding::{Known, Looked, Search};
use super::{Gosuslugi, GosuslugiError, TeacherName};
use crate::access::AccessError;
use crate::accounts::AccountError;
use crate::audit::{AuditEntry, AuditEvent, Outcome};
use crate::clock::Timestamp;
use crate::crypto::columns;
use crate::ids::{self, ClassId, GosuslugiLinkId, PersonId};
use crate::people::short_name;
use crate::sessions::{self, Entry, SignInMethod, SignedIn};
use crate::store::accounts::{self, AccountRow};
use crate::store::gosuslugi::{self as rows, NewLink, NewTry};
use crate::store::tx::ClassEvent;
use crate::store::{Tx, classes, enrolments, people, roles};
use crate::visit::Visit;

/// When somebody was in the way, it is over so soon.
const RETRY_AFTER_S: u32 = 1;

/// The account that signs somebody in.
struct Subject<'a> {
    search: &'a Search<'a>,
    subject: &'a str,
}

/// A try, and whom it was about.
struct Tried<'a> {
    /// None for one that signed in.
    reason: Option<LastTry>,
    /// In ascending order.
    people: Vec<(PersonId, &'a Known)>,
}

impl Gosuslugi<'_> {
    /// Signs in whoever of the school the account belongs to.
    pub(super) async fn admit(self, visit: &Visit, person: &GosuslugiPerson) -> Result<SignedIn, GosuslugiError> {
        let portal = self.portal;
        let now = portal.now();
        let search = Search::new(portal, person);
        let mut tx = portal.db().begin().await?;
        let looked = search.look(&mut tx).await?;
        let recognised = match recognise(person, &looked.found) {
            Ok(recognised) => recognised,
            Err(refusal) => {
                self.note_refusal(&mut tx, visit, &looked, &refusal, now).await?;
                tx.commit().await?;
                return Err(GosuslugiError::NotRecognised {
                    reason: refusal.reason,
                    teacher: self.teacher_of(refusal.certain).await?,
                    contact: looked.contact(&refusal),
                });
            }
        };
        let who = recognised.id;
        // Whoever signs in as the same person, edits them or takes their link away at this moment is waited for; and what was found before
        // may not be true any more.
        let account = people::lock_account_of(&mut tx, who).await?;
        let looked = search.look(&mut tx).await?;
        let recognised = match recognise(person, &looked.found) {
            Ok(again) if again.id == who => again,
            _ => return Err(GosuslugiError::Busy { retry_after_s: RETRY_AFTER_S }),
        };

        let grants = sessions::grants(&roles::list(&mut tx, who.0).await?)?;
        if sessions::is_staff(&grants) {
            return self.turn_away(tx, visit, who, GosuslugiError::Staff).await;
        }
        let account = match account {
            Some(account) => Some(accounts::find(&mut tx, account).await?.ok_or(GosuslugiError::State)?),
            None => None,
        };
        if account.as_ref().is_some_and(|account| !account.is_active()) {
            return self.turn_away(tx, visit, who, GosuslugiError::Barred).await;
        }
        let subject = Subject { search: &search, subject: &person.subject };
        let linked = self.note_link(&mut tx, visit, subject, &looked, recognised, now).await?;
        let account = match account {
            Some(account) => account,
            None => self.new_account(&mut tx, visit, who, now).await?,
        };
        if let Some(entry) = linked {
            portal.audit().append(&mut tx, entry).await?;
        }
        let entry = Entry { account: &account, grants, method: SignInMethod::Gosuslugi };
        let signed_in = portal.sessions().start(&mut tx, visit, entry, None, now).await?;
        tx.commit().await?;
        Ok(signed_in)
    }

    /// An account without a password: codes and Gosuslugi sign it in.
    async fn new_account(
        self,
        tx: &mut Tx,
        visit: &Visit,
        person: PersonId,
        now: Timestamp,
    ) -> Result<AccountRow, GosuslugiError> {
        let created = self.portal.accounts().create(tx, visit, person, None, now).await?;
        accounts::find(tx, created.id.0).await?.ok_or(GosuslugiError::State)
    }

    /// Notes that the account signed somebody in: whose it is from now on, or that it was seen again. What is returned goes into the audit
    /// log, which comes last.
    async fn note_link(
        self,
        tx: &mut Tx,
        visit: &Visit,
        subject: Subject<'_>,
        looked: &Looked,
        recognised: Recognised<PersonId>,
        now: Timestamp,
    ) -> Result<Option<AuditEntry>, GosuslugiError> {
        let portal = self.portal;
        let Recognised { id: who, way } = recognised;
        let index = &subject.search.subject;
        let failed_before = rows::find_last_try(tx, who).await?.is_some_and(|last| last.reason.is_some());
        let mut linked = None;
        if way == Way::Link {
            if !rows::update_last_seen(tx, index, who, now).await? {
                return Err(GosuslugiError::Busy { retry_after_s: RETRY_AFTER_S });
            }
        } else {
            let id = GosuslugiLinkId::new(now, portal.rng()).0;
            let former = looked.found.linked.as_ref().map(|linked| linked.id);
            let column = columns::GOSUSLUGI_SUBJECT;
            let link = NewLink {
                id,
                person: who,
                // Of a link that changes hands the row stays, and with it what is sealed for that row.
                subject_sealed: &portal.sealer().seal(portal.rng(), column, id, subject.subject.as_bytes()),
                subject_index: index,
                way: way.code(),
                at: now,
            };
            let written = rows::upsert_link(tx, &link, former).await?;
            // Another sign-in of the same account was quicker, and took it for somebody else.
            let id = written.ok_or(GosuslugiError::Busy { retry_after_s: RETRY_AFTER_S })?;
            let entry = AuditEntry::new(AuditEvent::GosuslugiLinked, Outcome::Success, visit).actor(who).person(who);
            let entry = entry.detail("link", id.to_string()).detail("way", way.code());
            linked = Some(match former {
                Some(former) => entry.detail("former", former.to_string()),
                None => entry,
            });
        }
        if way != Way::Link || failed_before {
            let known = looked.known.get(&who);
            let tried = Tried { reason: None, people: known.map(|known| (who, known)).into_iter().collect() };
            self.note_try(tx, &tried, now).await?;
        }
        Ok(linked)
    }

    /// Writes down that nobody was recognised: for staff, of whomever it was about.
    async fn note_refusal(
        self,
        tx: &mut Tx,
        visit: &Visit,
        looked: &Looked,
        refusal: &NotRecognised<PersonId>,
        now: Timestamp,
    ) -> Result<(), GosuslugiError> {
        let portal = self.portal;
        portal.codes().count_address_failure(tx, visit, now).await?;
        let concerned: BTreeSet<PersonId> = refusal.certain.iter().chain(&refusal.flagged).copied().collect();
        if let Some(reason) = refusal.reason.last_try() {
            let people = concerned.iter().filter_map(|id| Some((*id, looked.known.get(id)?))).collect();
            self.note_try(tx, &Tried { reason: Some(reason), people }, now).await?;
        }
        let mut entry = AuditEntry::new(AuditEvent::SignInByGosuslugi, Outcome::Failure, visit)
            .detail("reason", refusal.reason.code());
        if let Some(certain) = refusal.certain {
            entry = entry.person(certain);
        }
        if !refusal.flagged.is_empty() {
            let flagged: Vec<String> = refusal.flagged.iter().map(ToString::to_string).collect();
            entry = entry.detail("flagged", flagged);
        }
        portal.audit().append(tx, entry).await?;
        Ok(())
    }

    /// Writes a try down, for each of whom it was about, and tells whoever has their classes open. One that fails as the one before did, of
    /// somebody of whom nothing was changed since, takes its place.
    async fn note_try(self, tx: &mut Tx, tried: &Tried<'_>, now: Timestamp) -> Result<(), GosuslugiError> {
        let portal = self.portal;
        let try_id = ids::uuid(now, portal.rng());
        let mut seen_in: BTreeSet<Uuid> = BTreeSet::new();
        for (person, known) in &tried.people {
            let row = NewTry {
                id: ids::uuid(now, portal.rng()),
                try_id,
                person: *person,
                reason: tried.reason.map(LastTry::code),
                version: known.version,
                mobile_seen: known.confirmed.mobile,
                email_seen: known.confirmed.email,
                at: now,
            };
            let last = rows::find_last_try(tx, *person).await?;
            match last.filter(|last| last.reason.as_deref() == row.reason && last.version == row.version) {
                Some(last) => rows::repeat_try(tx, last.id, &row).await?,
                None => rows::insert_try(tx, &row).await?,
            }
            seen_in.extend(enrolments::list_classes_of(tx, *person).await?);
        }
        let events: Vec<ClassEvent> =
            seen_in.into_iter().map(|class| ClassEvent::Roster { class_id: ClassId(class) }).collect();
        Ok(tx.announce(&events).await?)
    }

    /// Refuses somebody who was recognised and may not enter this way.
    async fn turn_away(
        self,
        mut tx: Tx,
        visit: &Visit,
        who: PersonId,
        error: GosuslugiError,
    ) -> Result<SignedIn, GosuslugiError> {
        let mut entry = AuditEntry::new(AuditEvent::SignInByGosuslugi, Outcome::Refused, visit).person(who);
        if let Some(reason) = error.reason() {
            entry = entry.detail("reason", reason);
        }
        self.portal.audit().append(&mut tx, entry).await?;
        tx.commit().await?;
        Err(error)
    }

    /// The class teachers of a student, in the order in which they were given the class.
    async fn teacher_of(self, student: Option<PersonId>) -> Result<Option<TeacherName>, GosuslugiError> {
        let portal = self.portal;
        let Some(student) = student else { return Ok(None) };
        let ties = match portal.access().ties(student).await {
            Ok(ties) => ties,
            Err(AccessError::Store(error)) => return Err(error.into()),
            Err(AccessError::Crypto(error)) => return Err(error.into()),
            // The student was removed a moment ago.
            Err(AccessError::NotFound | AccessError::Refused) => return Ok(None),
        };
        let Some(tie) = ties.classes.iter().find(|tie| tie.as_student) else { return Ok(None) };
        let teachers = classes::list_teachers(portal.db(), tie.school_id).await?;
        let names: Vec<String> = teachers
            .iter()
            .filter(|row| row.class_id == tie.class_id)
            .map(|row| short_name(&row.surname, &row.given_name, row.patronymic.as_deref()))
            .filter(|name| !name.is_empty())
            .collect();
        Ok((!names.is_empty()).then(|| TeacherName(names.join(", "))))
    }
}

impl From<AccountError> for GosuslugiError {
    fn from(error: AccountError) -> Self {
        match error {
            AccountError::CodeTaken => Self::Busy { retry_after_s: RETRY_AFTER_S },
            AccountError::Store(error) => Self::from(error),
        }
    }
}
