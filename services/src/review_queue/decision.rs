//! Deciding: approve, refuse, put off. Each is one transaction; the request's row is locked first, so of two decisions at the same time
//! the second finds that the first was made.

use domain::{Permission, Relation};
use serde_json::json;
use uuid::Uuid;

use super::{Approval, Approved, NOTE_MAX, REFUSED, ReviewError, ReviewQueue, ReviewState, Seen};
use crate::access::AccessError;
use crate::audit::{AuditEntry, AuditEvent, Outcome};
use crate::clock::{DAY, Timestamp};
use crate::codes::Address;
use crate::crypto::columns;
use crate::error::StoreError;
use crate::ids::{ClassId, MessageId, PersonId, ReviewId};
use crate::people::{ContactChange, NewPerson, shown_user_code};
use crate::portal::Text;
use crate::registrations::{Approve, Claim};
use crate::sessions::Session;
use crate::store::reviews::{self as rows, AdultRow, Decision, LockedReview};
use crate::store::tx::ClassEvent;
use crate::store::{Tx, accounts, devices, enrolments, guardians, passwords, people, sessions};
use crate::visit::Visit;

/// A message about a decision that could not be sent for so long is of no use any more.
const MESSAGE_LIFETIME_MS: i64 = 3 * DAY;

impl ReviewQueue<'_> {
    /// Approves a request. For somebody without an account the job of every registration makes it, with the proved mobile and the typed
    /// e-mail, and sends its messages; somebody whom the school does not know is entered first. Whoever has an account keeps it as it is
    /// and is told, unless the mobile is to be replaced.
    ///
    /// # Errors
    /// [`AccessError`]; [`ReviewError::ProofNeeded`], [`ReviewError::OwnFamily`], [`ReviewError::Changed`], [`ReviewError::NoteNeeded`],
    /// [`ReviewError::NoteTooLong`], [`ReviewError::NameNeeded`], [`ReviewError::ChildNeeded`], [`ReviewError::SamePerson`],
    /// [`ReviewError::Several`]; the errors of database and keys. Nothing is changed then.
    pub async fn approve(
        &self,
        visit: &Visit,
        actor: &Session,
        id: ReviewId,
        version: i64,
        approval: &Approval,
    ) -> Result<Approved, ReviewError> {
        let portal = self.portal;
        let seen = self.decidable(visit, actor, id, version, true).await?;
        let note = tidy(&approval.note)?.ok_or(ReviewError::NoteNeeded)?;
        let claim = seen.claim.as_ref().ok_or(ReviewError::Changed)?;
        let child = self.child(visit, actor, &seen, approval).await?;
        // Read anew: what they are to a child that the decider names was not asked before.
        let adults = rows::read_adults(portal.db(), &self.number(claim, child.0)).await?;
        let adult = match adults.as_slice() {
            [] => None,
            [adult] if adult.person_id == child.0 => return Err(ReviewError::SamePerson),
            [adult] => Some(adult),
            _ => return Err(ReviewError::Several),
        };
        // Whose way in is opened or changed must be in reach. So must be who gets another child: the new tie brings them into the
        // reach of that child's class teacher.
        let reached =
            adult.filter(|adult| adult.account_id.is_none() || approval.replace_mobile || adult.relation.is_none());
        if let Some(adult) = reached {
            self.require_adult(visit, actor, adult).await?;
        }
        if adult.is_none() && approval.name.is_none() {
            return Err(ReviewError::NameNeeded);
        }
        if let Some(adult) = adult.filter(|adult| adult.relation.is_none()) {
            // What ended by somebody's decision begins anew by those alone who could have made it.
            if guardians::removed_at(portal.db(), child, adult.person_id).await?.is_some() {
                portal.access().person(visit, actor, Permission::EditPersonalData, child).await?;
            }
        }

        let now = portal.now();
        let mut tx = portal.db().begin().await?;
        let locked = self.lock(&mut tx, id, version).await?;
        let approved_state = ReviewState::Approved.code();
        rows::decide_twins(&mut tx, id.0, approved_state, now, actor.person_id.0).await?;
        // Somebody may have got the number, an account or the child, or lost it, since this was looked at.
        let held = rows::list_adults(&mut tx, &self.number(claim, child.0)).await?;
        let who = |adults: &[AdultRow]| -> Vec<_> {
            adults.iter().map(|one| (one.person_id, one.account_id, one.relation.is_some())).collect()
        };
        if who(&held) != who(&adults) {
            return Err(ReviewError::Changed);
        }
        if let Some(adult) = reached {
            // Locks in the order that everybody keeps: the wizards, the person, the account.
            if let Some(account) = adult.account_id {
                passwords::lock_flows_of(&mut tx, account).await?;
            }
            let person = PersonId(adult.person_id);
            people::lock(&mut tx, person).await?;
            tx = portal.access().staff_guard_within(tx, visit, actor, person).await?;
        }
        let account = adult.and_then(|adult| adult.account_id);
        let mut entries = Vec::new();
        let acted = |event| AuditEntry::new(event, Outcome::Success, visit).actor(actor.person_id);
        let person = match (adult, &approval.name) {
            (Some(adult), _) => PersonId(adult.person_id),
            (None, None) => return Err(ReviewError::NameNeeded),
            (None, Some(name)) => {
                // The contacts follow with the account: what the job writes is noted as the owner's, the e-mail as not proved.
                let new = NewPerson {
                    locale: claim.locale,
                    birth_date: Some(claim.who.birth_date),
                    identifier: Some(claim.who.identifier.clone()),
                    ..NewPerson::named(name.clone())
                };
                let person = portal.people().create(&mut tx, &new, now).await.map_err(taken)?;
                entries.push(acted(AuditEvent::PersonCreated).person(person).detail("by", "review"));
                person
            }
        };
        if adult.is_none_or(|adult| adult.relation.is_none()) {
            let relation = approval.relation.unwrap_or(Relation::Guardian);
            portal.people().add_guardian(&mut tx, child, person, relation.code(), now).await?;
            let entry = acted(AuditEvent::GuardianChanged).person(child).detail("guardian", person.to_string());
            entries.push(entry.detail("relation", relation.code()));
            let classes = enrolments::list_classes_of(&mut tx, child).await?;
            let changed = |class| ClassEvent::Roster { class_id: ClassId(class) };
            tx.announce(&classes.into_iter().map(changed).collect::<Vec<_>>()).await?;
        }
        // After the new tie: it appends to the audit log, which is the last lock that is taken.
        let mut approved = Approved::AccountQueued;
        if let Some(account) = account {
            approved = Approved::AccountKept;
            if approval.replace_mobile && self.replace_mobile(&mut tx, visit, actor, account, claim, now).await? {
                approved = Approved::MobileReplaced;
            } else {
                portal.registrations().tell_owner(&mut tx, visit, account, now).await?;
            }
        }
        let mut decided = acted(AuditEvent::ReviewDecided).person(person).detail("review", id.to_string());
        decided = decided.detail("decision", "approved").detail("account", account.is_some());
        decided = decided.detail("mobile_replaced", approved == Approved::MobileReplaced);
        if account.is_none() {
            let approve =
                Approve { review: id.0, answers_sealed: &locked.answers_sealed, locale: &locked.locale, person, child };
            let registration = portal.registrations().queue_approved(&mut tx, approve, now).await?;
            decided = decided.detail("registration", registration.to_string());
        }
        let decision = Decision {
            state: approved_state,
            person_id: Some(person.0),
            child_id: Some(child.0),
            decided_at: Some(now),
            decided_by: actor.person_id.0,
            note_sealed: Some(self.seal_note(id, &note)),
        };
        rows::decide(&mut tx, id.0, &decision).await?;
        entries.push(decided.after(json!({ "note": note })));
        for entry in entries {
            portal.audit().append(&mut tx, entry).await?;
        }
        tx.commit().await?;
        Ok(approved)
    }

    /// Refuses a request: no account is made, and a message to the proved mobile and to the typed e-mail says how to reach the school. It
    /// does not say why, since it may go to a stranger.
    ///
    /// # Errors
    /// [`AccessError`]; [`ReviewError::ProofNeeded`], [`ReviewError::OwnFamily`], [`ReviewError::Changed`],
    /// [`ReviewError::NoteTooLong`]; the errors of database and keys.
    pub async fn refuse(
        &self,
        visit: &Visit,
        actor: &Session,
        id: ReviewId,
        version: i64,
        note: &str,
    ) -> Result<(), ReviewError> {
        let portal = self.portal;
        let seen = self.decidable(visit, actor, id, version, true).await?;
        let note = tidy(note)?;
        let now = portal.now();
        let mut tx = portal.db().begin().await?;
        self.lock(&mut tx, id, version).await?;
        rows::decide_twins(&mut tx, id.0, REFUSED, now, actor.person_id.0).await?;
        if let Some(claim) = &seen.claim {
            self.tell_refused(&mut tx, visit, id, claim, now).await?;
        }
        let decision = Decision {
            state: REFUSED,
            person_id: None,
            child_id: None,
            decided_at: Some(now),
            decided_by: actor.person_id.0,
            note_sealed: note.as_ref().map(|note| self.seal_note(id, note)),
        };
        rows::decide(&mut tx, id.0, &decision).await?;
        let entry = noted(&seen, visit, actor, id, "refused", note.as_deref());
        portal.audit().append(&mut tx, entry).await?;
        Ok(tx.commit().await?)
    }

    /// Puts a request off. It can be decided as before; that it waits is not told.
    ///
    /// # Errors
    /// [`AccessError`]; [`ReviewError::OwnFamily`], [`ReviewError::Changed`], [`ReviewError::NoteTooLong`]; the errors of database and
    /// keys.
    pub async fn postpone(
        &self,
        visit: &Visit,
        actor: &Session,
        id: ReviewId,
        version: i64,
        note: &str,
    ) -> Result<(), ReviewError> {
        let portal = self.portal;
        let seen = self.decidable(visit, actor, id, version, false).await?;
        let note = tidy(note)?;
        let mut tx = portal.db().begin().await?;
        self.lock(&mut tx, id, version).await?;
        let decision = Decision {
            state: ReviewState::Postponed.code(),
            person_id: None,
            child_id: None,
            decided_at: None,
            decided_by: actor.person_id.0,
            note_sealed: note.as_ref().map(|note| self.seal_note(id, note)),
        };
        rows::decide(&mut tx, id.0, &decision).await?;
        let entry = noted(&seen, visit, actor, id, "postponed", note.as_deref());
        portal.audit().append(&mut tx, entry).await?;
        Ok(tx.commit().await?)
    }

    /// A request that somebody may decide now. That somebody tried to decide about their own family is written down.
    async fn decidable(
        self,
        visit: &Visit,
        actor: &Session,
        id: ReviewId,
        version: i64,
        needs_proof: bool,
    ) -> Result<Seen, ReviewError> {
        let seen = self.seen(visit, actor, id).await?;
        if seen.own_family {
            return Err(self.refuse_family(visit, actor, id).await?);
        }
        if !seen.state.is_undecided() || seen.row.version != version {
            return Err(ReviewError::Changed);
        }
        if needs_proof && !actor.is_fresh(self.portal.now()) {
            return Err(ReviewError::ProofNeeded);
        }
        Ok(seen)
    }

    async fn refuse_family(self, visit: &Visit, actor: &Session, id: ReviewId) -> Result<ReviewError, ReviewError> {
        let portal = self.portal;
        let entry = AuditEntry::new(AuditEvent::ReviewDecided, Outcome::Refused, visit).actor(actor.person_id);
        let entry = entry.detail("review", id.to_string()).detail("reason", "own_family");
        let mut tx = portal.db().begin().await?;
        portal.audit().append(&mut tx, entry).await?;
        tx.commit().await?;
        Ok(ReviewError::OwnFamily)
    }

    /// The child of a request: the one that the roster knew, or the one that the decider names.
    async fn child(
        self,
        visit: &Visit,
        actor: &Session,
        seen: &Seen,
        approval: &Approval,
    ) -> Result<PersonId, ReviewError> {
        if let Some(child) = seen.row.child_id {
            return Ok(PersonId(child));
        }
        let child = approval.child.ok_or(ReviewError::ChildNeeded)?;
        let portal = self.portal;
        let (access, permission) = (portal.access(), Permission::WorkReviewQueue);
        let mut ties = access.ties(child).await?;
        // A parent's ties, or a colleague's, do not make them a child of the class.
        ties.classes.retain(|tie| tie.as_student);
        if ties.class_for(actor, permission).is_none() {
            return Err(access.refuse(visit, actor, permission, Some(child), &ties.targets()).await.into());
        }
        if rows::is_family(portal.db(), actor.person_id.0, child.0).await? {
            return Err(self.refuse_family(visit, actor, ReviewId(seen.row.id)).await?);
        }
        Ok(child)
    }

    /// Refuses a decider whose rights do not cover the adult whose way in it is about.
    async fn require_adult(self, visit: &Visit, actor: &Session, adult: &AdultRow) -> Result<(), ReviewError> {
        if self.may_look_at(actor, adult).await? {
            return Ok(());
        }
        let (access, person) = (self.portal.access(), PersonId(adult.person_id));
        access.staff_guard(visit, actor, person).await?;
        access.person(visit, actor, Permission::WorkReviewQueue, person).await?;
        Err(AccessError::Refused.into())
    }

    /// The request's row, held until the end of the transaction, still as it was looked at.
    async fn lock(self, tx: &mut Tx, id: ReviewId, version: i64) -> Result<LockedReview, ReviewError> {
        let locked = rows::lock(tx, id.0).await?.ok_or(AccessError::NotFound)?;
        if locked.version != version || !ReviewState::of(&locked.state)?.is_undecided() {
            return Err(ReviewError::Changed);
        }
        Ok(locked)
    }

    /// Puts the proved mobile in the place of the one on file of an account, tells its owner at the old number and at the e-mail, and lets
    /// everybody out who was in. `false` when it is on file already.
    async fn replace_mobile(
        self,
        tx: &mut Tx,
        visit: &Visit,
        actor: &Session,
        account: Uuid,
        claim: &Claim,
        now: Timestamp,
    ) -> Result<bool, ReviewError> {
        let portal = self.portal;
        let mobile = claim.mobile.as_ref().ok_or(ReviewError::Changed)?;
        // Locks in the order that everybody keeps: the wizards, the person, the account.
        passwords::lock_flows_of(tx, account).await?;
        let row = accounts::find(tx, account).await?.ok_or(ReviewError::Changed)?;
        let person = PersonId(row.person_id);
        people::lock_account_of(tx, person).await?;
        let contacts = portal.people().contacts(tx, account).await?;
        if contacts.mobile.as_ref() == Some(mobile) {
            return Ok(false);
        }
        passwords::use_tickets(tx, account, now).await?;
        passwords::delete_other_flows(tx, account, Uuid::nil()).await?;
        sessions::delete_others(tx, account, Uuid::nil()).await?;
        devices::delete_all(tx, account).await?;
        let locale = contacts.locale.unwrap_or(visit.locale);
        let text = |event: &'static str, payload| Text {
            idempotency_key: format!("{event}-{}", MessageId::new(now, portal.rng())),
            event,
            locale,
            payload,
            expires_at: now + MESSAGE_LIFETIME_MS,
        };
        // The number on file may be a lost phone's: the e-mail is told too.
        if let Some(email) = contacts.email {
            let told = text("mobile_replaced", json!({ "mobile": mobile.masked() }));
            portal.send(tx, Some((Some(account), &Address::Email(email))), told).await?;
        }
        let own = text("already_registered", json!({ "user_code": shown_user_code(&row.user_code) }));
        portal.send(tx, Some((Some(account), &Address::Mobile(mobile.clone()))), own).await?;
        let change =
            ContactChange { person, by: actor.person_id, mobile: Some(mobile), email: None, email_proved: false };
        portal.people().change_contacts(tx, visit, change, now).await?;
        Ok(true)
    }

    /// Tells an applicant that the school could not confirm who they are. The mobile was proved; the e-mail may be anybody's, so what
    /// registrations may send there is counted.
    async fn tell_refused(
        self,
        tx: &mut Tx,
        visit: &Visit,
        id: ReviewId,
        claim: &Claim,
        now: Timestamp,
    ) -> Result<(), ReviewError> {
        let portal = self.portal;
        let text = |channel: &str| Text {
            idempotency_key: format!("review-{id}-refused-{channel}"),
            event: "review_refused",
            locale: claim.locale.unwrap_or(visit.locale),
            payload: json!({}),
            expires_at: now + MESSAGE_LIFETIME_MS,
        };
        if let Some(email) = &claim.email
            && portal.registrations().may_mail(tx, email, now).await?
        {
            portal.send(tx, Some((None, &Address::Email(email.clone()))), text("mail")).await?;
        }
        if let Some(mobile) = &claim.mobile {
            portal.send(tx, Some((None, &Address::Mobile(mobile.clone()))), text("sms")).await?;
        }
        Ok(())
    }

    fn seal_note(self, id: ReviewId, note: &str) -> Vec<u8> {
        let portal = self.portal;
        portal.sealer().seal(portal.rng(), columns::REVIEWS_NOTE, id.0, note.as_bytes())
    }
}

/// A decision that changes nobody.
fn noted(seen: &Seen, visit: &Visit, actor: &Session, id: ReviewId, decision: &str, note: Option<&str>) -> AuditEntry {
    let entry = AuditEntry::new(AuditEvent::ReviewDecided, Outcome::Success, visit).actor(actor.person_id);
    let entry = crate::portal::about(entry, seen.row.person_id);
    let entry = entry.detail("review", id.to_string()).detail("decision", decision);
    match note {
        Some(note) => entry.after(json!({ "note": note })),
        None => entry,
    }
}

/// A note without what surrounds it; none when it is empty.
fn tidy(note: &str) -> Result<Option<String>, ReviewError> {
    let note = note.trim();
    if note.chars().count() > NOTE_MAX {
        return Err(ReviewError::NoteTooLong);
    }
    Ok(Some(note.to_owned()).filter(|note| !note.is_empty()))
}

/// Somebody was entered with this number at the same moment.
fn taken(error: StoreError) -> ReviewError {
    match error {
        StoreError::Duplicate(_) => ReviewError::Changed,
        error => ReviewError::Store(error),
    }
}
