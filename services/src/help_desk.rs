//! What staff do for the accounts of others: find them, lift waits, invite again, end sessions, start a reset, ask the security question.
//!
//! Nobody chooses or sees a password here, and no link is shown: it goes to the address on file and nowhere else. Whoever is staff, were
//! they also a parent in the class that asks, is helped only by those who may edit staff wherever that person has a say; otherwise the
//! teacher of an administrator's child would be one step from being the administrator. Each of these acts is counted for the account it
//! is done to, apart from the counts that unlocking forgets.

use std::fmt;

use domain::{
    Email, Grant, IdKind, InitialPassword, Locale, Mobile, Password, Permission, PersonIdentifier, PersonName,
    PostKind, Role, Scope, SecurityQuestion, Target, UserCode, mobile::Country, security_question,
};
use serde_json::json;
use uuid::Uuid;

use crate::access::AccessError;
use crate::audit::{AuditEntry, AuditEvent, Outcome};
use crate::clock::{HOUR, Timestamp};
use crate::crypto::columns;
use crate::error::{CryptoError, StoreError};
use crate::hasher::HashError;
use crate::ids::{AccountId, MessageId, PersonId, SchoolId};
use crate::password_wizard::{OWN_QUESTION, Question};
use crate::people::{self, OpenError};
use crate::portal::{Portal, SignInError};
use crate::registrations::FirstPassword;
use crate::sessions::Session;
use crate::store::accounts::AccountRow;
use crate::store::help_desk::{self as rows, FoundRow, NamePatterns, Numbers, Reach};
use crate::store::{Tx, accounts, passwords, people as people_rows, posts, sessions};
use crate::throttles::{self, Failures, Span, Subject};
use crate::visit::Visit;

/// The most people that a search gives.
const FOUND_LIMIT: i64 = 30;
/// Fewer letters find half of the school.
const MIN_LETTERS: usize = 2;
/// Searches by a number in an hour by one member of staff: enough for a day at the telephone, too few to walk through numbers.
const SEARCHES_PER_HOUR: u32 = 120;
/// How often in an hour one thing may be done to one account.
const ACTS_PER_HOUR: u32 = 5;

const SEARCHES: &str = "help_desk.searches";
const UNLOCKS: &str = "help_desk.unlocks";
const INVITATIONS: &str = "help_desk.invitations";
const RESETS: &str = "help_desk.resets";
const ANSWERS: &str = "help_desk.answers";

/// Somebody as the help desk sees them. Contacts are masked.
#[derive(Clone)]
#[allow(clippy::struct_excessive_bools, reason = "facts that do not depend on each other")]
pub struct AccountLine {
    /// Who it is.
    pub person_id: PersonId,
    /// The account; none when they have not registered.
    pub account_id: Option<AccountId>,
    /// The name in the order of the reader's language.
    pub name: String,
    /// The permanent user code, as it is read over the phone.
    pub user_code: Option<String>,
    /// The highest role; none for parents and students.
    pub role: Option<Role>,
    /// Works at a school or has a role.
    pub is_staff: bool,
    /// Where whoever has no account yet is invited as a member of staff, if the reader may do that.
    pub invited_at: Option<(SchoolId, PostKind)>,
    /// The reader may do something for this account. Not when it is a member of staff whom they may not edit.
    pub manageable: bool,
    /// The titles of the classes that they belong to, as students or by their children.
    pub classes: Vec<String>,
    /// The mobile on file, masked.
    pub mobile_masked: Option<String>,
    /// The e-mail on file, masked.
    pub email_masked: Option<String>,
    /// A password was chosen.
    pub has_password: bool,
    /// An operator has barred the account.
    pub barred: bool,
    /// The last sign-in.
    pub last_sign_in_at: Option<Timestamp>,
}

impl fmt::Debug for AccountLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccountLine").field("person_id", &self.person_id).finish_non_exhaustive()
    }
}

/// Why the help desk did not do something.
#[derive(Debug, thiserror::Error)]
pub enum HelpError {
    /// Not allowed, or no such account.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// Nobody lifts their own waits or answers their own question: whoever holds a stolen session would.
    #[error("not for the own account")]
    OwnAccount,
    /// An operator has barred the account.
    #[error("the account is barred")]
    Barred,
    /// There is no e-mail on file to send it to.
    #[error("no address is on file")]
    NoAddress,
    /// A password was chosen: there is nothing to invite to, a reset is the way.
    #[error("a password was chosen already")]
    HasPassword,
    /// It was done too often.
    #[error("too often")]
    TooMany {
        /// When it can be done again.
        retry_at: Timestamp,
    },
    /// After several wrong answers: nothing is checked until then.
    #[error("too many wrong answers, a wait is running")]
    Wait {
        /// When the next answer will be taken.
        retry_at: Timestamp,
    },
    /// More passwords are being hashed than the machine can do.
    #[error("too many passwords are being hashed")]
    Busy {
        /// Seconds after which there is likely to be room.
        retry_after_s: u32,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A stored value cannot be opened.
    #[error(transparent)]
    Crypto(#[from] CryptoError),
}

impl HelpError {
    /// Stable code for pages, problem documents and logs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Access(error) => error.code(),
            Self::OwnAccount => "HELP-01",
            Self::Barred => "HELP-02",
            Self::NoAddress => "HELP-03",
            Self::HasPassword => "HELP-04",
            Self::TooMany { .. } => "HELP-05",
            Self::Wait { .. } => "HELP-06",
            Self::Busy { .. } => "HELP-07",
            Self::Store(error) => error.code(),
            Self::Crypto(error) => error.code(),
        }
    }
}

impl From<OpenError> for HelpError {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Store(error) => Self::Store(error),
            OpenError::Crypto(error) => Self::Crypto(error),
        }
    }
}

impl From<HashError> for HelpError {
    fn from(error: HashError) -> Self {
        match SignInError::from(error) {
            SignInError::Busy { retry_after_s } => Self::Busy { retry_after_s },
            SignInError::Store(error) => Self::Store(error),
            SignInError::Crypto(error) => Self::Crypto(error),
            _ => Self::Busy { retry_after_s: 1 },
        }
    }
}

/// What staff do for the accounts of others.
#[derive(Clone, Copy)]
pub struct HelpDesk<'a> {
    pub(crate) portal: &'a Portal,
}

impl HelpDesk<'_> {
    /// Finds people in reach: by the beginning of a surname (and of a given name after it), or by exactly a user code, an ID number, a
    /// mobile or an e-mail. A search by a number is counted and written down.
    ///
    /// # Errors
    /// [`AccessError::Refused`] for whoever may help nobody; [`HelpError::TooMany`]; the errors of database and keys.
    pub async fn search(&self, visit: &Visit, actor: &Session, text: &str) -> Result<Vec<AccountLine>, HelpError> {
        let permission = Permission::UnlockAccounts;
        let reach = reaches(&actor.grants, permission);
        if reach.is_empty() {
            let refused = self.portal.access().refuse(visit, actor, permission, None, &[Target::Everything]).await;
            return Err(refused.into());
        }
        let numbers = self.numbers(text);
        let mut found = Vec::new();
        if numbers.is_some() {
            for reach in &reach {
                found.extend(rows::list_by_number(self.portal.db(), &numbers, *reach, FOUND_LIMIT).await?);
            }
            self.record_search(visit, actor, &numbers, &found).await?;
        }
        // A surname can look like a user code.
        if found.is_empty()
            && let Some(names) = patterns(text)
        {
            for reach in &reach {
                found.extend(rows::list_by_name(self.portal.db(), &names, *reach, FOUND_LIMIT).await?);
            }
        }
        let mut lines: Vec<AccountLine> = Vec::new();
        for row in found {
            // Somebody who belongs to two classes of the reader's is found twice.
            if lines.iter().any(|line| line.person_id.0 == row.person_id) {
                continue;
            }
            lines.extend(self.line(visit, actor, row).await?);
        }
        Ok(lines)
    }

    /// What a text can be beside a name.
    fn numbers(self, text: &str) -> Numbers {
        let sealer = self.portal.sealer();
        let parse = |kind| PersonIdentifier::parse(kind, text).ok();
        let number = |kind| parse(kind).map(|number| sealer.blind_index(columns::PEOPLE_ID_NUMBER, number.canonical()));
        let mobile = Mobile::parse_any(text, Country::Il).ok();
        let email = Email::parse(text).ok();
        Numbers {
            user_code: UserCode::parse(text).ok().map(|code| code.as_str().to_owned()),
            il_id: number(IdKind::IlId),
            fictitious: number(IdKind::Fictitious),
            snils: parse(IdKind::RuSnils).map(|snils| sealer.blind_index(columns::PEOPLE_SNILS, snils.canonical())),
            mobile: mobile.map(|mobile| sealer.blind_index(columns::PEOPLE_MOBILE, mobile.e164())),
            email: email.map(|email| sealer.blind_index(columns::PEOPLE_EMAIL, email.comparison_key())),
        }
    }

    /// Counts a search by a number and writes it down: who looked, for what kind of number, and whom they found. Never the number.
    async fn record_search(
        self,
        visit: &Visit,
        actor: &Session,
        numbers: &Numbers,
        found: &[FoundRow],
    ) -> Result<(), HelpError> {
        let portal = self.portal;
        let now = portal.now();
        let subject = portal.sealer().mac("throttle.help_desk.actor", &[actor.person_id.0.as_bytes()]);
        let span = Span { scope: SEARCHES, subject, limit: SEARCHES_PER_HOUR, window_ms: HOUR };
        let mut tx = portal.db().begin().await?;
        let full = span.count(&mut tx, now).await?;
        let kinds: Vec<&str> = [
            ("user_code", numbers.user_code.is_some()),
            ("il_id", numbers.il_id.is_some()),
            ("fictitious", numbers.fictitious.is_some()),
            ("ru_snils", numbers.snils.is_some()),
            ("mobile", numbers.mobile.is_some()),
            ("email", numbers.email.is_some()),
        ]
        .into_iter()
        .filter_map(|(kind, is)| is.then_some(kind))
        .collect();
        let outcome = match full {
            Some(_) => Outcome::Refused,
            None if found.is_empty() => Outcome::Failure,
            None => Outcome::Success,
        };
        let mut entry = AuditEntry::new(AuditEvent::AccountSearched, outcome, visit).actor(actor.person_id);
        entry = entry.detail("by", json!(kinds));
        if full.is_none() {
            entry = entry.detail("found", found.len());
            if let [only] = found {
                entry = entry.person(PersonId(only.person_id));
            }
        }
        portal.audit().append(&mut tx, entry).await?;
        tx.commit().await?;
        match full {
            Some(retry_at) => Err(HelpError::TooMany { retry_at }),
            None => Ok(()),
        }
    }

    /// `None` when the person is gone meanwhile.
    async fn line(self, visit: &Visit, actor: &Session, row: FoundRow) -> Result<Option<AccountLine>, HelpError> {
        let portal = self.portal;
        let id = row.person_id;
        let ties = match portal.access().ties(PersonId(id)).await {
            Ok(ties) => ties,
            Err(AccessError::NotFound) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let mobile = people::open(portal, columns::PEOPLE_MOBILE, id, row.mobile_sealed.as_deref(), |text| {
            Mobile::from_e164(text).ok()
        })?;
        let email = people::open(portal, columns::PEOPLE_EMAIL, id, row.email_sealed.as_deref(), |text| {
            Email::parse(text).ok()
        })?;
        let mut classes = rows::read_classes(portal.db(), id).await?;
        classes.dedup();
        let invited_at = match row.account_id {
            None if ties.is_staff() && ties.staff_covered_by(actor) => self.first_post(id).await?,
            _ => None,
        };
        Ok(Some(AccountLine {
            person_id: PersonId(id),
            account_id: row.account_id.map(AccountId),
            name: shown_name(&row.surname, &row.given_name, row.patronymic.as_deref(), visit.locale),
            user_code: row.user_code.as_deref().map(people::shown_user_code),
            role: ties.role,
            is_staff: ties.is_staff(),
            invited_at,
            manageable: ties.staff_covered_by(actor),
            classes,
            mobile_masked: mobile.as_ref().map(Mobile::masked),
            email_masked: email.as_ref().map(Email::masked),
            has_password: row.has_password > 0,
            barred: row.state.as_deref() == Some(accounts::DISABLED),
            last_sign_in_at: row.last_sign_in_at,
        }))
    }

    async fn first_post(self, person: Uuid) -> Result<Option<(SchoolId, PostKind)>, StoreError> {
        let posts = posts::list_of(self.portal.db(), person).await?;
        let Some(post) = posts.first() else { return Ok(None) };
        let kind = PostKind::from_code(&post.kind).ok_or(StoreError::Corrupt { column: "posts.kind" })?;
        Ok(Some((SchoolId(post.school_id), kind)))
    }

    /// Lifts all waits and limits of an account: its passwords, its codes, its sendings. A barred account stays barred.
    ///
    /// # Errors
    /// [`AccessError`]; [`HelpError::OwnAccount`], [`HelpError::TooMany`]; the database's errors.
    pub async fn unlock(&self, visit: &Visit, actor: &Session, account: AccountId) -> Result<(), HelpError> {
        let portal = self.portal;
        let row = self.of_another(visit, actor, Permission::UnlockAccounts, account).await?;
        let now = portal.now();
        let mut tx = portal.db().begin().await?;
        self.count(&mut tx, UNLOCKS, account, now).await?;
        throttles::forget_all(&mut tx, portal.sealer(), &row.user_code, row.id).await?;
        let mut tx = self.held(tx, visit, actor, &row).await?;
        let entry = done(AuditEvent::AccountUnlocked, visit, actor, &row).detail("waits_lifted", true);
        portal.audit().append(&mut tx, entry).await?;
        Ok(tx.commit().await?)
    }

    /// Sends the first mail once more to somebody who never chose a password: another initial password, another link, the earlier ones are
    /// void.
    ///
    /// # Errors
    /// [`AccessError`]; [`HelpError::Barred`], [`HelpError::HasPassword`], [`HelpError::NoAddress`], [`HelpError::TooMany`],
    /// [`HelpError::Busy`]; the errors of database and keys.
    pub async fn resend_invitation(&self, visit: &Visit, actor: &Session, account: AccountId) -> Result<(), HelpError> {
        let portal = self.portal;
        let row = self.reached(visit, actor, Permission::ResendInvitations, account).await?;
        invited(&row)?;
        let initial = InitialPassword::generate(&mut |bytes| portal.rng().fill(bytes));
        let secret = Password::new(initial.as_str()).map_err(|_| HashError::Stopped)?;
        // Outside the transaction: it takes long.
        let phc = portal.hasher.hash(&secret).await?;

        let now = portal.now();
        let mut tx = portal.db().begin().await?;
        self.count(&mut tx, INVITATIONS, account, now).await?;
        let mut tx = self.held(tx, visit, actor, &row).await?;
        // The owner may have chosen a password since.
        let row = accounts::find(&mut tx, account.0).await?.ok_or(AccessError::NotFound)?;
        invited(&row)?;
        let contacts = portal.people().contacts(&mut tx, account.0).await?;
        let email = contacts.email.ok_or(HelpError::NoAddress)?;
        let first = FirstPassword {
            account: account.0,
            user_code: people::shown_user_code(&row.user_code),
            initial: &initial,
            phc: &phc,
            email: Some(email),
            locale: contacts.locale.unwrap_or(visit.locale),
            idempotency_key: format!("invitation-{}", MessageId::new(now, portal.rng())),
        };
        portal.registrations().give_first_password(&mut tx, first, now).await?;
        portal.audit().append(&mut tx, done(AuditEvent::InvitationSent, visit, actor, &row)).await?;
        Ok(tx.commit().await?)
    }

    /// Ends all sessions of an account; how many.
    ///
    /// # Errors
    /// [`AccessError`]; the database's errors.
    pub async fn end_sessions(&self, visit: &Visit, actor: &Session, account: AccountId) -> Result<usize, HelpError> {
        let portal = self.portal;
        let row = self.reached(visit, actor, Permission::EndSessions, account).await?;
        let tx = portal.db().begin().await?;
        let mut tx = self.held(tx, visit, actor, &row).await?;
        let ended = sessions::delete_others(&mut tx, account.0, Uuid::nil()).await?;
        let entry = done(AuditEvent::SessionEnded, visit, actor, &row).detail("ended", ended.len());
        portal.audit().append(&mut tx, entry).await?;
        tx.commit().await?;
        Ok(ended.len())
    }

    /// Mails a link that sets a new password to the address on file. Nobody sees the link, and without an address on file there is none:
    /// a code by SMS opens the account all the same. Links that were asked for before are void.
    ///
    /// # Errors
    /// [`AccessError`]; [`HelpError::Barred`], [`HelpError::NoAddress`], [`HelpError::TooMany`]; the errors of database and keys.
    pub async fn start_reset(&self, visit: &Visit, actor: &Session, account: AccountId) -> Result<(), HelpError> {
        let portal = self.portal;
        let row = self.reached(visit, actor, Permission::StartResets, account).await?;
        if !row.is_active() {
            return Err(HelpError::Barred);
        }
        let now = portal.now();
        let mut tx = portal.db().begin().await?;
        self.count(&mut tx, RESETS, account, now).await?;
        let mut tx = self.held(tx, visit, actor, &row).await?;
        let contacts = portal.people().contacts(&mut tx, account.0).await?;
        let email = contacts.email.ok_or(HelpError::NoAddress)?;
        let locale = contacts.locale.unwrap_or(visit.locale);
        portal.password_wizard().mail_reset(&mut tx, account.0, email, locale, now).await?;
        let entry = done(AuditEvent::PasswordResetRequested, visit, actor, &row).detail("by", "help_desk");
        portal.audit().append(&mut tx, entry).await?;
        Ok(tx.commit().await?)
    }

    /// The security question of an account, to be asked over the phone; `None` when there is none. Its answer is one more question, never
    /// enough alone.
    ///
    /// # Errors
    /// [`AccessError`]; [`HelpError::OwnAccount`]; the errors of database and keys.
    pub async fn question(
        &self,
        visit: &Visit,
        actor: &Session,
        account: AccountId,
    ) -> Result<Option<Question>, HelpError> {
        self.of_another(visit, actor, Permission::StartResets, account).await?;
        let portal = self.portal;
        let Some(row) = passwords::read_question(portal.db(), account.0).await? else { return Ok(None) };
        if row.question != OWN_QUESTION {
            let listed = SecurityQuestion::from_code(&row.question);
            let listed = listed.ok_or(StoreError::Corrupt { column: "security_questions.question" })?;
            return Ok(Some(Question::Listed(listed)));
        }
        let sealed = row.question_sealed.as_deref();
        let own = people::open(portal, columns::SECURITY_QUESTION, account.0, sealed, |text| Some(text.to_owned()))?;
        Ok(own.map(Question::Own))
    }

    /// Whether an answer that was said over the phone is the right one. Wrong ones are counted like wrong passwords, whoever asks, and
    /// unlocking the account does not forget them.
    ///
    /// # Errors
    /// [`AccessError`]; [`HelpError::OwnAccount`], [`HelpError::Wait`], [`HelpError::Busy`]; the database's errors.
    pub async fn check_answer(
        &self,
        visit: &Visit,
        actor: &Session,
        account: AccountId,
        answer: &str,
    ) -> Result<bool, HelpError> {
        let portal = self.portal;
        let row = self.of_another(visit, actor, Permission::StartResets, account).await?;
        let subject = self.subject(account);
        let failures = Failures { scope: ANSWERS, subject: &subject };
        if let Some(retry_at) = failures.wait(portal.db(), portal.now()).await? {
            return Err(HelpError::Wait { retry_at });
        }
        let question = passwords::read_question(portal.db(), account.0).await?;
        // What cannot be an answer is a wrong one.
        let typed = security_question::normalise_answer(answer).ok().and_then(|answer| Password::new(&answer).ok());
        let right = match (&question, &typed) {
            (Some(question), Some(typed)) => portal.hasher.verify(typed, Some(&question.answer_hash)).await?.ok,
            _ => false,
        };
        let now = portal.now();
        let mut tx = portal.db().begin().await?;
        if let Some(retry_at) = throttles::guess(&mut tx, portal, ANSWERS, &subject, right, now).await? {
            return Err(HelpError::Wait { retry_at });
        }
        let mut tx = self.held(tx, visit, actor, &row).await?;
        let outcome = if right { Outcome::Success } else { Outcome::Failure };
        let entry = AuditEntry::new(AuditEvent::SecurityQuestionAnswered, outcome, visit);
        let entry = entry.actor(actor.person_id).person(PersonId(row.person_id));
        portal.audit().append(&mut tx, entry).await?;
        tx.commit().await?;
        Ok(right)
    }

    /// An account that somebody may do this for.
    async fn reached(
        self,
        visit: &Visit,
        actor: &Session,
        permission: Permission,
        account: AccountId,
    ) -> Result<AccountRow, HelpError> {
        let access = self.portal.access();
        let row = accounts::read(self.portal.db(), account.0).await?.ok_or(AccessError::NotFound)?;
        let person = PersonId(row.person_id);
        if access.ties(person).await?.is_staff() {
            access.staff_guard(visit, actor, person).await?;
        } else {
            access.person(visit, actor, permission, person).await?;
        }
        Ok(row)
    }

    /// Holds the owner of an account, and judges them again: they may have become staff since they were reached.
    async fn held(self, mut tx: Tx, visit: &Visit, actor: &Session, row: &AccountRow) -> Result<Tx, AccessError> {
        let person = PersonId(row.person_id);
        people_rows::lock(&mut tx, person).await?;
        self.portal.access().staff_guard_within(tx, visit, actor, person).await
    }

    async fn of_another(
        self,
        visit: &Visit,
        actor: &Session,
        permission: Permission,
        account: AccountId,
    ) -> Result<AccountRow, HelpError> {
        let row = self.reached(visit, actor, permission, account).await?;
        if row.person_id == actor.person_id.0 { Err(HelpError::OwnAccount) } else { Ok(row) }
    }

    /// Counts what is done to an account.
    async fn count(
        self,
        tx: &mut Tx,
        scope: &'static str,
        account: AccountId,
        now: Timestamp,
    ) -> Result<(), HelpError> {
        match self.span(scope, account).count(tx, now).await? {
            None => Ok(()),
            Some(retry_at) => Err(HelpError::TooMany { retry_at }),
        }
    }

    fn span(self, scope: &'static str, account: AccountId) -> Span {
        Span { scope, subject: self.subject(account), limit: ACTS_PER_HOUR, window_ms: HOUR }
    }

    /// The letters to an account in an hour: the first one counts with those that are sent again.
    pub(crate) fn invitations(self, account: AccountId) -> Span {
        self.span(INVITATIONS, account)
    }

    /// What stands for an account in the counts of the help desk: another than in its own counts, which unlocking forgets.
    fn subject(self, account: AccountId) -> Subject {
        self.portal.sealer().mac("throttle.help_desk.account", &[account.0.as_bytes()])
    }
}

/// What staff did for an account.
fn done(event: AuditEvent, visit: &Visit, actor: &Session, row: &AccountRow) -> AuditEntry {
    AuditEntry::new(event, Outcome::Success, visit).actor(actor.person_id).person(PersonId(row.person_id))
}

/// Whether the owner of an account was invited and has not come yet.
fn invited(row: &AccountRow) -> Result<(), HelpError> {
    match (row.is_active(), &row.password_hash) {
        (false, _) => Err(HelpError::Barred),
        (true, Some(_)) => Err(HelpError::HasPassword),
        (true, None) => Ok(()),
    }
}

/// How far a right of somebody reaches: everybody, or schools and classes, each once.
pub(crate) fn reaches(grants: &[Grant<Uuid>], permission: Permission) -> Vec<Reach> {
    let mut reach = Vec::new();
    for grant in grants {
        let one = match permission.scope(grant.role) {
            Scope::None => None,
            Scope::OwnClasses => grant.school_id.and(grant.class_id).map(Reach::Class),
            Scope::School => grant.school_id.map(Reach::School),
            Scope::All => return vec![Reach::Everybody],
        };
        reach.extend(one.filter(|one| !reach.contains(one)));
    }
    reach
}

/// A name in the order of the language; what there is of one that is not whole yet.
pub(crate) fn shown_name(surname: &str, given_name: &str, patronymic: Option<&str>, locale: Locale) -> String {
    match PersonName::new(surname, given_name, patronymic) {
        Ok(name) => name.display(locale),
        Err(_) => [surname, given_name].iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join(" "),
    }
}

/// What a text looks for as a name; `None` when it is too short.
fn patterns(text: &str) -> Option<NamePatterns> {
    let whole = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if whole.chars().filter(|c| c.is_alphabetic()).count() < MIN_LETTERS {
        return None;
    }
    let (surname, given_name) = whole.split_once(' ').unwrap_or((&whole, ""));
    Some(NamePatterns { whole: beginning(&whole), surname: beginning(surname), given_name: beginning(given_name) })
}

/// Patterns for what begins with a text: as typed, with a capital first, in capitals. Neither database compares all scripts without
/// regard to case.
fn beginning(text: &str) -> [String; 3] {
    let mut letters = text.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    let capital = first + &letters.as_str().to_lowercase();
    [text.to_owned(), capital, text.to_uppercase()].map(|text| {
        let mut pattern = String::with_capacity(text.len() + 1);
        for c in text.chars() {
            if matches!(c, '%' | '_' | '\\') {
                pattern.push('\\');
            }
            pattern.push(c);
        }
        pattern.push('%');
        pattern
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
    use super::*;

    #[test]
    fn beginnings_are_written_in_three_ways_and_wildcards_are_letters() {
        assert_eq!(beginning("бут"), ["бут%", "Бут%", "БУТ%"]);
        assert_eq!(beginning("O%_\\"), ["O\\%\\_\\\\%", "O\\%\\_\\\\%", "O\\%\\_\\\\%"]);
        assert_eq!(beginning(""), ["%", "%", "%"]);
        let names = patterns("  Ben  David ").unwrap();
        assert_eq!(
            [&names.whole[0], &names.surname[0], &names.given_name[0]].map(String::as_str),
            ["Ben David%", "Ben%", "David%"]
        );
        assert!(patterns("b").is_none() && patterns("12 3").is_none());
    }

    #[test]
    fn a_right_reaches_what_the_grants_name() {
        let (school, class) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let grant = |role, school_id, class_id| Grant { role, school_id, class_id };
        let teacher = grant(Role::ClassTeacher, Some(school), Some(class));
        let deputy = grant(Role::DeputyHead, Some(school), None);
        let system = grant(Role::SystemAdministrator, None, None);
        let unlock = Permission::UnlockAccounts;
        assert_eq!(reaches(&[teacher, teacher], unlock), [Reach::Class(class)]);
        assert_eq!(reaches(&[teacher, deputy], unlock), [Reach::Class(class), Reach::School(school)]);
        assert_eq!(reaches(&[teacher, system], unlock), [Reach::Everybody]);
        assert!(reaches(&[teacher], Permission::ReadAuditLog).is_empty());
        assert!(reaches(&[grant(Role::ClassTeacher, None, Some(class))], unlock).is_empty());
    }
}
