//! The review queue: registrations that nobody but the school can decide, because the roster does not know the adult as a guardian of the
//! child, another mobile was proved than the one on file, or it is a member of staff (flows: staff and administrators).
//!
//! What was typed proves nothing about who typed it, the mobile included: the decision stands on what a member of staff found out. So it
//! needs fresh proof of who decides, and a note of how they made sure; nobody decides about themselves or their family; and whoever
//! decides about an adult whom the school knows already must be allowed to change that adult's contacts, wherever else the adult has a
//! say. Approved, a registration goes the way of every other one: the same job makes the account and sends the same messages.
//!
//! **An account that is there is not touched** unless the decision says so. Then the proved mobile takes the place of the one on file; the
//! e-mail stays, since nobody has proved the one that was typed; the old number and the e-mail on file are told; and all sessions,
//! remembered browsers, links and wizards of the account end: if it was the wrong decision, the owner notices at once, and if it was the
//! right one, whoever has the old phone is out.

mod decision;

use std::collections::BTreeSet;

use domain::{BirthDate, Email, IdKind, Locale, Mobile, Permission, PersonName, Relation, Scope, Target, allows};
use uuid::Uuid;

use crate::access::AccessError;
use crate::clock::{DAY, Timestamp};
use crate::crypto::columns;
use crate::error::{CryptoError, StoreError};
use crate::help_desk::{reaches, shown_name};
use crate::ids::{ClassId, PersonId, ReviewId};
use crate::people::{self, OpenError};
use crate::portal::Portal;
use crate::registrations::{Claim, RegistrationError};
use crate::sessions::Session;
use crate::store::guardians;
use crate::store::help_desk::Reach;
use crate::store::reviews::{self as rows, APPROVED, AdultRow, Number, OPEN, POSTPONED, Part, QueueRow, REFUSED};
use crate::visit::Visit;

/// How long what was decided is shown, and what was typed is kept.
pub(crate) const KEPT_MS: i64 = 30 * DAY;
/// The most characters of a note.
pub const NOTE_MAX: usize = 500;

/// Why a registration is in the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReviewReason {
    /// The roster does not know this adult as a guardian of that child.
    NotRecognised,
    /// A guardian, with another mobile than the one on file, or with none on file.
    MobileNotOnFile,
    /// A member of staff.
    Staff,
}

impl ReviewReason {
    /// Every reason.
    pub const ALL: [Self; 3] = [Self::NotRecognised, Self::MobileNotOnFile, Self::Staff];

    /// Stable code: `not_recognised`, `mobile_not_on_file`, `staff`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotRecognised => "not_recognised",
            Self::MobileNotOnFile => "mobile_not_on_file",
            Self::Staff => "staff",
        }
    }

    fn of(code: &str) -> Result<Self, StoreError> {
        let reason = Self::ALL.into_iter().find(|reason| reason.code() == code);
        reason.ok_or(StoreError::Corrupt { column: "reviews.reason" })
    }
}

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReviewState {
    /// It waits for a decision.
    Open,
    /// It was put off, and waits too.
    Postponed,
    /// It was approved.
    Approved,
    /// It was refused.
    Refused,
}

impl ReviewState {
    /// Stable code: `open`, `postponed`, `approved`, `refused`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Open => OPEN,
            Self::Postponed => POSTPONED,
            Self::Approved => APPROVED,
            Self::Refused => REFUSED,
        }
    }

    /// Whether it can still be decided.
    pub const fn is_undecided(self) -> bool {
        matches!(self, Self::Open | Self::Postponed)
    }

    fn of(code: &str) -> Result<Self, StoreError> {
        let mut states = [Self::Open, Self::Postponed, Self::Approved, Self::Refused].into_iter();
        states.find(|state| state.code() == code).ok_or(StoreError::Corrupt { column: "reviews.state" })
    }
}

/// Which requests are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ReviewTab {
    /// Those that wait for a decision.
    #[default]
    Open,
    /// Those that were put off.
    Postponed,
    /// Those that were decided in the last 30 days.
    Decided,
}

impl ReviewTab {
    /// Every tab, in the order in which they are shown.
    pub const ALL: [Self; 3] = [Self::Open, Self::Postponed, Self::Decided];

    /// Stable code: `open`, `postponed`, `decided`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Postponed => "postponed",
            Self::Decided => "decided",
        }
    }

    /// The tab of a code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tab| tab.code() == code)
    }

    const fn states(self) -> [&'static str; 2] {
        match self {
            Self::Open => [OPEN, OPEN],
            Self::Postponed => [POSTPONED, POSTPONED],
            Self::Decided => [APPROVED, REFUSED],
        }
    }
}

/// The child of a request, when the roster knows it.
#[derive(Clone)]
pub struct ReviewChild {
    /// Who it is.
    pub id: PersonId,
    /// The name in the order of the reader's language.
    pub name: String,
    /// The class, while the child is in one.
    pub class_id: Option<ClassId>,
    /// Its title; empty without a class.
    pub class_title: String,
}

/// A request in the list.
#[derive(Clone)]
pub struct ReviewLine {
    /// Its id.
    pub id: ReviewId,
    /// What people call it by.
    pub number: Option<i64>,
    /// What became of it.
    pub state: ReviewState,
    /// Why it is in the queue.
    pub reason: ReviewReason,
    /// The applicant's name, when the roster knows who it is; registration does not ask for names.
    pub name: Option<String>,
    /// The kind of the applicant's number.
    pub id_kind: IdKind,
    /// The number, masked; none once what was typed is erased.
    pub id_masked: Option<String>,
    /// The child, when the roster knows it.
    pub child: Option<ReviewChild>,
    /// When it was handed in.
    pub created_at: Timestamp,
    /// Until when the school has promised to answer.
    pub answer_by: Timestamp,
    /// Counts the changes: a decision names the one that it is about.
    pub version: i64,
    /// When it was decided.
    pub decided_at: Option<Timestamp>,
    /// Who decided it or put it off; empty when nobody did.
    pub decided_by: String,
}

/// A field of a request that is compared with the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReviewItem {
    /// The name. Registration does not ask for it.
    Name,
    /// The birth date.
    BirthDate,
    /// The mobile that was proved.
    Mobile,
    /// The e-mail, which nobody has proved.
    Email,
    /// The child: its masked number beside its name.
    Child,
    /// What the adult is to the child. Registration does not ask for it.
    Relation,
}

impl ReviewItem {
    /// Stable code: `name`, `birth_date`, `mobile`, `email`, `child`, `relation`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::BirthDate => "birth_date",
            Self::Mobile => "mobile",
            Self::Email => "email",
            Self::Child => "child",
            Self::Relation => "relation",
        }
    }
}

/// A value of a field.
#[derive(Clone, PartialEq, Eq)]
pub enum ReviewValue {
    /// As it stands.
    Text(String),
    /// A date.
    Date(BirthDate),
    /// A mobile.
    Mobile(Mobile),
    /// An e-mail.
    Email(Email),
    /// What an adult is to a child.
    Relation(Relation),
}

/// A field of a request beside the same field of the record.
#[derive(Clone)]
pub struct ReviewField {
    /// Which.
    pub item: ReviewItem,
    /// What was typed.
    pub claimed: Option<ReviewValue>,
    /// What is on file.
    pub on_record: Option<ReviewValue>,
    /// Both are there, or could be, and they are not the same.
    pub differs: bool,
}

/// What the school knows of the adult whose number was typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReviewRecord {
    /// Nobody has this number: approving enters a person.
    Nobody,
    /// Two people have it: the record is to be mended first.
    Several,
    /// Somebody whom the reader may not look at: staff, or a parent elsewhere. Others have to decide.
    OutOfReach,
    /// Somebody without an account: approving makes one.
    Known(PersonId),
    /// Somebody with an account: approving leaves it as it is, unless its mobile is to be replaced.
    HasAccount(PersonId),
}

/// Staff have taken the adult from the child before. Approving brings them back, so it is for those who could have done that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReviewRemoval {
    /// When they were taken away.
    pub at: Timestamp,
    /// Whether the reader is one of those.
    pub may_undo: bool,
}

/// A request with everything that is needed to decide it.
#[derive(Clone)]
pub struct ReviewDetail {
    /// As in the list.
    pub line: ReviewLine,
    /// Field by field; empty once what was typed is erased.
    pub fields: Vec<ReviewField>,
    /// What the school knows.
    pub record: ReviewRecord,
    /// Whether staff have ended before what is asked for.
    pub removal: Option<ReviewRemoval>,
    /// The reader, or somebody of their family: others have to decide.
    pub own_family: bool,
    /// The language of the messages to the applicant.
    pub locale: Option<Locale>,
    /// How it was decided, or why it was put off.
    pub note: Option<String>,
}

/// What is decided when a request is approved.
#[derive(Clone, Default)]
pub struct Approval {
    /// How the decider made sure who it is. Never empty.
    pub note: String,
    /// The name, for somebody whom the school does not know yet.
    pub name: Option<PersonName>,
    /// What the adult is to the child, where that is not on file. Without it: a guardian.
    pub relation: Option<Relation>,
    /// The child, where the roster did not know the number that was typed.
    pub child: Option<PersonId>,
    /// An account that is there gets the proved mobile.
    pub replace_mobile: bool,
}

/// What approving led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Approved {
    /// The account is being made, its messages will follow.
    AccountQueued,
    /// There is an account already: its owner was told, and nothing of it changed.
    AccountKept,
    /// There is an account already: it has the proved mobile now.
    MobileReplaced,
}

/// Why a request was not shown or not decided.
#[derive(Debug, thiserror::Error)]
pub enum ReviewError {
    /// Not allowed, or no such request.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// Deciding needs fresh proof.
    #[error("fresh proof is needed")]
    ProofNeeded,
    /// It is about the decider or their family.
    #[error("nobody decides about their own family")]
    OwnFamily,
    /// It was decided, or brought up to date, or the record changed, since it was looked at.
    #[error("the request has changed meanwhile")]
    Changed,
    /// The note is missing.
    #[error("a note of how the decider made sure is needed")]
    NoteNeeded,
    /// The note has more than [`NOTE_MAX`] characters.
    #[error("the note is longer than {NOTE_MAX} characters")]
    NoteTooLong,
    /// The school does not know this adult: the name is missing.
    #[error("the name is needed")]
    NameNeeded,
    /// The roster does not know the child: it must be named.
    #[error("the child is needed")]
    ChildNeeded,
    /// Adult and child are one person.
    #[error("adult and child are one person")]
    SamePerson,
    /// Two people have the number: the record is to be mended first.
    #[error("two people have this number")]
    Several,
    /// What was typed cannot be read, or the database failed.
    #[error(transparent)]
    Registration(#[from] RegistrationError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A stored value cannot be opened.
    #[error(transparent)]
    Crypto(#[from] CryptoError),
}

impl ReviewError {
    /// Stable code for pages, problem documents and logs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Access(error) => error.code(),
            Self::ProofNeeded => "REVIEW-01",
            Self::OwnFamily => "REVIEW-02",
            Self::Changed => "REVIEW-03",
            Self::NoteNeeded => "REVIEW-04",
            Self::NoteTooLong => "REVIEW-05",
            Self::NameNeeded => "REVIEW-06",
            Self::ChildNeeded => "REVIEW-07",
            Self::SamePerson => "REVIEW-08",
            Self::Several => "REVIEW-09",
            Self::Registration(error) => error.code(),
            Self::Store(error) => error.code(),
            Self::Crypto(error) => error.code(),
        }
    }
}

impl From<OpenError> for ReviewError {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Store(error) => Self::Store(error),
            OpenError::Crypto(error) => Self::Crypto(error),
        }
    }
}

/// A request in the reach of whoever asks, opened.
struct Seen {
    row: QueueRow,
    state: ReviewState,
    /// What was typed; none once it is erased.
    claim: Option<Claim>,
    /// Everybody who has the number.
    adults: Vec<AdultRow>,
    own_family: bool,
}

/// Registrations that staff decide about.
#[derive(Clone, Copy)]
pub struct ReviewQueue<'a> {
    pub(crate) portal: &'a Portal,
}

impl ReviewQueue<'_> {
    /// The requests in reach: of the children of the classes that somebody may work for; those without a known child, or with one in no
    /// class, for whoever runs a school. Those that are to be answered first come first; what was decided, the last first.
    ///
    /// # Errors
    /// [`AccessError::Refused`] for whoever may decide nothing; the errors of database and keys.
    pub async fn list(&self, visit: &Visit, actor: &Session, tab: ReviewTab) -> Result<Vec<ReviewLine>, ReviewError> {
        let portal = self.portal;
        let parts = parts(actor);
        if parts.is_empty() {
            let (permission, targets) = (Permission::WorkReviewQueue, [Target::Everything]);
            return Err(portal.access().refuse(visit, actor, permission, None, &targets).await.into());
        }
        let since = portal.now() - KEPT_MS;
        let mut found: Vec<QueueRow> = Vec::new();
        for part in parts {
            for row in rows::list(portal.db(), tab.states(), since, part).await? {
                // A child in two classes of the reader's.
                if !found.iter().any(|known| known.id == row.id) {
                    found.push(row);
                }
            }
        }
        match tab {
            ReviewTab::Decided => found.sort_by_key(|row| std::cmp::Reverse((row.decided_at, row.id))),
            ReviewTab::Open | ReviewTab::Postponed => found.sort_by_key(|row| (row.answer_by, row.id)),
        }
        found.iter().map(|row| Self::line(row, self.claim(row)?.as_ref(), visit.locale)).collect()
    }

    /// How many requests wait for a decision of somebody's: for the header of every page of theirs.
    ///
    /// # Errors
    /// The database's errors.
    pub async fn open_count(&self, actor: &Session) -> Result<u64, StoreError> {
        let mut ids = BTreeSet::new();
        for part in parts(actor) {
            ids.extend(rows::list_open_ids(self.portal.db(), part).await?);
        }
        Ok(ids.len() as u64)
    }

    /// A request with the record beside it.
    ///
    /// # Errors
    /// [`AccessError`]; the errors of database and keys.
    pub async fn find(&self, visit: &Visit, actor: &Session, id: ReviewId) -> Result<ReviewDetail, ReviewError> {
        let seen = self.seen(visit, actor, id).await?;
        let (adult, record) = match seen.adults.as_slice() {
            [] => (None, ReviewRecord::Nobody),
            [adult] if self.may_look_at(actor, adult).await? => {
                let person = PersonId(adult.person_id);
                let has_account = adult.account_id.is_some();
                let known = if has_account { ReviewRecord::HasAccount(person) } else { ReviewRecord::Known(person) };
                (Some(adult.clone()), known)
            }
            [_] => (None, ReviewRecord::OutOfReach),
            _ => (None, ReviewRecord::Several),
        };
        let removal = self.removal(actor, &seen, adult.as_ref()).await?;
        self.detail(seen, adult.as_ref(), record, removal, visit)
    }

    /// Whether staff have taken the adult of an undecided request from its child.
    async fn removal(
        self,
        actor: &Session,
        seen: &Seen,
        adult: Option<&AdultRow>,
    ) -> Result<Option<ReviewRemoval>, ReviewError> {
        let adult = adult.filter(|adult| adult.relation.is_none() && seen.state.is_undecided());
        let (Some(adult), Some(child)) = (adult, seen.row.child_id.map(PersonId)) else { return Ok(None) };
        let portal = self.portal;
        let Some(at) = guardians::removed_at(portal.db(), child, adult.person_id).await? else { return Ok(None) };
        let targets = portal.access().ties(child).await?.targets();
        let may_undo = targets.iter().any(|target| allows(&actor.grants, Permission::EditPersonalData, target));
        Ok(Some(ReviewRemoval { at, may_undo }))
    }

    fn detail(
        self,
        seen: Seen,
        adult: Option<&AdultRow>,
        record: ReviewRecord,
        removal: Option<ReviewRemoval>,
        visit: &Visit,
    ) -> Result<ReviewDetail, ReviewError> {
        let portal = self.portal;
        let line = Self::line(&seen.row, seen.claim.as_ref(), visit.locale)?;
        let fields = match &seen.claim {
            Some(claim) => self.fields(&line, claim, adult, visit.locale)?,
            None => Vec::new(),
        };
        let (id, sealed) = (seen.row.id, seen.row.note_sealed.as_deref());
        let note = people::open(portal, columns::REVIEWS_NOTE, id, sealed, |text| Some(text.to_owned()))?;
        let locale = seen.claim.and_then(|claim| claim.locale);
        Ok(ReviewDetail { line, fields, record, removal, own_family: seen.own_family, locale, note })
    }

    fn fields(
        self,
        line: &ReviewLine,
        claim: &Claim,
        adult: Option<&AdultRow>,
        locale: Locale,
    ) -> Result<Vec<ReviewField>, ReviewError> {
        let portal = self.portal;
        let (mut birth_date, mut mobile, mut email) = (None, None, None);
        if let Some(adult) = adult {
            let id = adult.person_id;
            let date = adult.birth_date_sealed.as_deref();
            birth_date =
                people::open(portal, columns::PEOPLE_BIRTH_DATE, id, date, |text| BirthDate::parse(text).ok())?;
            let number = adult.mobile_sealed.as_deref();
            mobile = people::open(portal, columns::PEOPLE_MOBILE, id, number, |text| Mobile::from_e164(text).ok())?;
            let address = adult.email_sealed.as_deref();
            email = people::open(portal, columns::PEOPLE_EMAIL, id, address, |text| Email::parse(text).ok())?;
        }
        let name = adult.map(|adult| {
            ReviewValue::Text(shown_name(&adult.surname, &adult.given_name, adult.patronymic.as_deref(), locale))
        });
        let relation = adult.and_then(|adult| adult.relation.as_deref()).and_then(Relation::from_code);
        let known = adult.is_some();
        // A field that only one side has differs when the other side could have it.
        let field = |item, claimed: Option<ReviewValue>, on_record: Option<ReviewValue>| {
            let differs = known && claimed.is_some() && claimed != on_record;
            ReviewField { item, claimed, on_record, differs }
        };
        let same_email = claim.email.as_ref().map(Email::comparison_key) == email.as_ref().map(Email::comparison_key);
        let child_differs = line.child.is_none() || (known && relation.is_none());
        Ok(vec![
            field(ReviewItem::Name, None, name),
            field(
                ReviewItem::BirthDate,
                Some(ReviewValue::Date(claim.who.birth_date)),
                birth_date.map(ReviewValue::Date),
            ),
            field(ReviewItem::Mobile, claim.mobile.clone().map(ReviewValue::Mobile), mobile.map(ReviewValue::Mobile)),
            ReviewField {
                item: ReviewItem::Email,
                differs: known && !same_email,
                claimed: claim.email.clone().map(ReviewValue::Email),
                on_record: email.map(ReviewValue::Email),
            },
            ReviewField {
                item: ReviewItem::Child,
                claimed: Some(ReviewValue::Text(claim.who.child.masked())),
                on_record: line.child.as_ref().map(|child| ReviewValue::Text(child.name.clone())),
                differs: child_differs,
            },
            field(ReviewItem::Relation, None, relation.map(ReviewValue::Relation)),
        ])
    }

    /// A request that somebody may decide, with everything that the decision depends on.
    async fn seen(self, visit: &Visit, actor: &Session, id: ReviewId) -> Result<Seen, ReviewError> {
        let portal = self.portal;
        let found = rows::read(portal.db(), id.0).await?;
        let row = found.first().cloned().ok_or(AccessError::NotFound)?;
        let targets: Vec<Target<Uuid>> = found.iter().filter_map(class_target).collect();
        let permission = Permission::WorkReviewQueue;
        let in_reach = match targets.as_slice() {
            [] => runs_a_school(actor),
            targets => targets.iter().any(|target| allows(&actor.grants, permission, target)),
        };
        if !in_reach {
            let targets = if targets.is_empty() { vec![Target::Everything] } else { targets };
            return Err(portal.access().refuse(visit, actor, permission, None, &targets).await.into());
        }
        let claim = self.claim(&row)?;
        let child = row.child_id.unwrap_or_default();
        let adults = match &claim {
            Some(claim) => rows::read_adults(portal.db(), &self.number(claim, child)).await?,
            None => Vec::new(),
        };
        let own_family = self.is_own_family(actor, &row, claim.as_ref(), &adults).await?;
        Ok(Seen { state: ReviewState::of(&row.state)?, row, claim, adults, own_family })
    }

    /// What was typed; none once it is erased.
    fn claim(self, row: &QueueRow) -> Result<Option<Claim>, ReviewError> {
        if row.answers_sealed.is_empty() {
            return Ok(None);
        }
        Ok(Some(self.portal.registrations().claim(row.id, &row.answers_sealed)?))
    }

    /// What the adult of a request is looked up by.
    fn number(self, claim: &Claim, child: Uuid) -> Number<'static> {
        let number = &claim.who.identifier;
        let is_snils = number.kind() == IdKind::RuSnils;
        let column = if is_snils { columns::PEOPLE_SNILS } else { columns::PEOPLE_ID_NUMBER };
        let index = self.portal.sealer().blind_index(column, number.canonical());
        Number { kind: number.kind().code(), is_snils, index, child }
    }

    /// Whether a request is about the reader or their family: by the child, by the adult, or because it carries the reader's own mobile or
    /// e-mail.
    async fn is_own_family(
        self,
        actor: &Session,
        row: &QueueRow,
        claim: Option<&Claim>,
        adults: &[AdultRow],
    ) -> Result<bool, ReviewError> {
        let portal = self.portal;
        let adults = adults.iter().map(|adult| adult.person_id);
        for other in row.child_id.into_iter().chain(row.person_id).chain(adults) {
            if rows::is_family(portal.db(), actor.person_id.0, other).await? {
                return Ok(true);
            }
        }
        let Some(claim) = claim else { return Ok(false) };
        let index = |column, text: &str| portal.sealer().blind_index(column, text);
        let mobile = claim.mobile.as_ref().map(|mobile| index(columns::PEOPLE_MOBILE, mobile.e164()));
        let email = claim.email.as_ref().map(|email| index(columns::PEOPLE_EMAIL, &email.comparison_key()));
        Ok(rows::has_contact(portal.db(), actor.person_id.0, mobile, email).await?)
    }

    /// Whether the reader may see what is on file of an adult, and could change it.
    async fn may_look_at(self, actor: &Session, adult: &AdultRow) -> Result<bool, ReviewError> {
        let ties = self.portal.access().ties(PersonId(adult.person_id)).await?;
        if ties.is_staff() {
            return Ok(ties.staff_covered_by(actor));
        }
        let targets = ties.targets();
        if targets.iter().any(|target| allows(&actor.grants, Permission::WorkReviewQueue, target)) {
            return Ok(true);
        }
        // Who belongs to nothing has nothing that could be taken from them. A parent whose child left still has a family and an account.
        if !ties.classes.is_empty() || adult.account_id.is_some() {
            return Ok(false);
        }
        Ok(guardians::list_relatives(self.portal.db(), PersonId(adult.person_id)).await?.is_empty())
    }

    fn line(row: &QueueRow, claim: Option<&Claim>, locale: Locale) -> Result<ReviewLine, ReviewError> {
        let name = |surname: Option<&str>, given_name: Option<&str>, patronymic: Option<&str>| {
            surname.map(|surname| shown_name(surname, given_name.unwrap_or_default(), patronymic, locale))
        };
        let adult =
            name(row.person_surname.as_deref(), row.person_given_name.as_deref(), row.person_patronymic.as_deref());
        let of_child =
            name(row.child_surname.as_deref(), row.child_given_name.as_deref(), row.child_patronymic.as_deref());
        let decider =
            name(row.decider_surname.as_deref(), row.decider_given_name.as_deref(), row.decider_patronymic.as_deref());
        let child = row.child_id.map(|id| ReviewChild {
            id: PersonId(id),
            name: of_child.unwrap_or_default(),
            class_id: row.class_id.map(ClassId),
            class_title: row.class_title.clone().unwrap_or_default(),
        });
        Ok(ReviewLine {
            id: ReviewId(row.id),
            number: row.number,
            state: ReviewState::of(&row.state)?,
            reason: ReviewReason::of(&row.reason)?,
            name: adult,
            id_kind: IdKind::from_code(&row.id_type).ok_or(StoreError::Corrupt { column: "reviews.id_type" })?,
            id_masked: claim.map(|claim| claim.who.identifier.masked()),
            child,
            created_at: row.created_at,
            answer_by: row.answer_by,
            version: row.version,
            decided_at: row.decided_at,
            decided_by: decider.unwrap_or_default(),
        })
    }
}

fn class_target(row: &QueueRow) -> Option<Target<Uuid>> {
    Some(Target::Class { school_id: row.school_id?, class_id: row.class_id? })
}

/// Which parts of the queue are somebody's.
fn parts(actor: &Session) -> Vec<Part> {
    let mut parts: Vec<Part> = reaches(&actor.grants, Permission::WorkReviewQueue)
        .into_iter()
        .map(|reach| match reach {
            Reach::Everybody => Part::Everything,
            Reach::School(id) => Part::School(id),
            Reach::Class(id) => Part::Class(id),
        })
        .collect();
    if !parts.contains(&Part::Everything) && runs_a_school(actor) {
        parts.push(Part::NoClass);
    }
    parts
}

/// Whether somebody may say who belongs to a school: theirs is what belongs to nobody yet.
fn runs_a_school(actor: &Session) -> bool {
    actor.grants.iter().any(|grant| match Permission::EditClasses.scope(grant.role) {
        Scope::None | Scope::OwnClasses => false,
        Scope::School => grant.school_id.is_some(),
        Scope::All => true,
    })
}
