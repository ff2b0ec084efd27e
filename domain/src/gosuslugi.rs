//! Who at the school is the person that Gosuslugi names: the one judgement of the sign-in through Gosuslugi.
//!
//! In this order:
//!
//! 1. A link of an earlier sign-in wins, unless the linked person's SNILS or birth date has become another since.
//! 2. A SNILS: the one student who has it, else the one parent who has it. Parents are recognised by nothing else.
//! 3. A confirmed mobile or e-mail that exactly one student has and nobody else. A SNILS that somebody has closes this way, and so does
//!    one other than the student's own; a contact of a parent never stands for the child, nor for the parent.
//!
//! Birth dates must agree where both sides have one. Whatever is not certain is refused, with the reason that helps best to mend it.

use std::collections::BTreeMap;

use crate::birth_date::BirthDate;
use crate::email::Email;
use crate::mask;
use crate::mobile::Mobile;
use crate::readiness::{LastTry, Way};
use crate::snils::Snils;

/// What Gosuslugi says of whoever signed in there.
#[derive(Clone, PartialEq, Eq)]
pub struct GosuslugiPerson {
    /// What tells this account from every other of the same issuer and never changes: the ESIA `oid` in digits, or the
    /// `sub` of a gateway.
    pub subject: String,
    /// The SNILS, if it was given: children's accounts may have none.
    pub snils: Option<Snils>,
    /// Family name as written there.
    pub surname: Option<String>,
    /// First name as written there.
    pub given_name: Option<String>,
    /// Patronymic as written there.
    pub patronymic: Option<String>,
    /// The day of birth.
    pub birth_date: Option<BirthDate>,
    /// The account belongs to whom it names: proved by the person, or for a child's account by the parent who made it.
    pub confirmed: bool,
    /// A child's account, made by a parent.
    pub child_account: bool,
    /// Mobile numbers and e-mail addresses. A new value that is still waiting for its confirmation is not among them.
    pub contacts: Vec<GosuslugiContact>,
}

mask::masked_debug!(GosuslugiPerson);

/// What a contact is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ContactKind {
    /// A mobile number.
    Mobile,
    /// An e-mail address.
    Email,
}

impl ContactKind {
    /// The way by which such a contact recognises a student.
    pub const fn way(self) -> Way {
        match self {
            Self::Mobile => Way::Mobile,
            Self::Email => Way::Email,
        }
    }
}

/// A contact as Gosuslugi has it.
#[derive(Clone, PartialEq, Eq)]
pub struct GosuslugiContact {
    kind: ContactKind,
    value: String,
    verified: bool,
}

mask::masked_debug!(GosuslugiContact);

impl GosuslugiContact {
    /// A mobile number as Gosuslugi writes it ([`Mobile::parse_esia`]). `None` for what is none.
    pub fn mobile(text: &str, verified: bool) -> Option<Self> {
        let value = Mobile::parse_esia(text).ok()?.e164().to_owned();
        Some(Self { kind: ContactKind::Mobile, value, verified })
    }

    /// An e-mail address. `None` for what is none.
    pub fn email(text: &str, verified: bool) -> Option<Self> {
        let value = Email::parse(text).ok()?.comparison_key();
        Some(Self { kind: ContactKind::Email, value, verified })
    }

    /// Mobile or e-mail.
    pub const fn kind(&self) -> ContactKind {
        self.kind
    }

    /// What it is compared by: the number in E.164, the address in lower case ([`Email::comparison_key`]).
    pub fn value(&self) -> &str {
        &self.value
    }

    /// The person has proved at Gosuslugi that it is theirs.
    pub const fn verified(&self) -> bool {
        self.verified
    }
}

/// What somebody is at the school, for this sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CandidateKind {
    /// A student of today.
    Student,
    /// A parent of a student of today, and no student.
    Parent,
    /// Somebody whom this way signs in as nothing: who has left, or has no child here. What is theirs is nobody else's all the same.
    Other,
}

/// Somebody at the school whom the account may belong to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate<Id> {
    /// Who it is.
    pub id: Id,
    /// What they are at the school.
    pub kind: CandidateKind,
    /// The SNILS on file.
    pub snils: Option<Snils>,
    /// The birth date on file.
    pub birth_date: Option<BirthDate>,
}

impl<Id> Candidate<Id> {
    fn is_student(&self) -> bool {
        self.kind == CandidateKind::Student
    }
}

/// Everybody at the school whom something of the account leads to. Each list may be in any order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found<Id> {
    /// Whom this account signed in before.
    pub linked: Option<Candidate<Id>>,
    /// Who has the account's SNILS.
    pub by_snils: Vec<Candidate<Id>>,
    /// Who has its confirmed mobile number.
    pub by_mobile: Vec<Candidate<Id>>,
    /// Who has its confirmed e-mail address.
    pub by_email: Vec<Candidate<Id>>,
    /// Who has a mobile or e-mail that the account has not confirmed.
    pub by_unverified: Vec<Candidate<Id>>,
    /// Who has the account's surname, given name and birth date, all three.
    pub by_name: Vec<Candidate<Id>>,
}

impl<Id> Default for Found<Id> {
    fn default() -> Self {
        Self {
            linked: None,
            by_snils: Vec::new(),
            by_mobile: Vec::new(),
            by_email: Vec::new(),
            by_unverified: Vec::new(),
            by_name: Vec::new(),
        }
    }
}

/// Who signs in, and how that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recognised<Id> {
    /// Who.
    pub id: Id,
    /// By what.
    pub way: Way,
}

/// Nobody signs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotRecognised<Id> {
    /// Why.
    pub reason: NotRecognisedReason,
    /// The one student whom the account surely is about, so that their class teacher may be named.
    pub certain: Option<Id>,
    /// Whose data staff should look at; in ascending order, each once.
    pub flagged: Vec<Id>,
}

/// Why nobody signs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, thiserror::Error)]
pub enum NotRecognisedReason {
    /// Nothing of the account leads to anybody at the school.
    #[error("nothing leads to a student")]
    NoSuchStudent,
    /// The student is here, with another mobile and e-mail, or with none.
    #[error("the student's contact is another one here")]
    ContactDiffers,
    /// The account has the student's contact, but has not confirmed it.
    #[error("the contact is not confirmed at Gosuslugi")]
    ContactNotConfirmed,
    /// The contact belongs to several people here, or mobile and e-mail lead to different ones.
    #[error("the contacts lead to several people")]
    SeveralStudents,
    /// The student has another SNILS here.
    #[error("the student has another SNILS here")]
    OtherSnils,
    /// The account is not confirmed.
    #[error("the account at Gosuslugi is not confirmed")]
    AccountNotConfirmed,
    /// The student has another birth date here.
    #[error("the student has another birth date here")]
    BirthDateDiffers,
}

impl NotRecognisedReason {
    /// Every reason.
    pub const ALL: [Self; 7] = [
        Self::NoSuchStudent,
        Self::ContactDiffers,
        Self::ContactNotConfirmed,
        Self::SeveralStudents,
        Self::OtherSnils,
        Self::AccountNotConfirmed,
        Self::BirthDateDiffers,
    ];

    /// The stable code that texts are found by: `no_such_student`, and the codes of [`LastTry`].
    pub const fn code(self) -> &'static str {
        match self.last_try() {
            None => "no_such_student",
            Some(reason) => reason.code(),
        }
    }

    /// The reason of a code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.code() == code)
    }

    /// What readiness calls it. When nobody was found there is nobody to tell it of.
    pub const fn last_try(self) -> Option<LastTry> {
        match self {
            Self::NoSuchStudent => None,
            Self::ContactDiffers => Some(LastTry::ContactDiffers),
            Self::ContactNotConfirmed => Some(LastTry::ContactNotConfirmed),
            Self::SeveralStudents => Some(LastTry::SeveralStudents),
            Self::OtherSnils => Some(LastTry::OtherSnils),
            Self::AccountNotConfirmed => Some(LastTry::AccountNotConfirmed),
            Self::BirthDateDiffers => Some(LastTry::BirthDateDiffers),
        }
    }
}

/// Who of those found the account belongs to. The order within the lists does not matter.
///
/// # Errors
/// [`NotRecognised`] whenever it is not certain.
pub fn recognise<Id: Copy + Ord>(
    person: &GosuslugiPerson,
    found: &Found<Id>,
) -> Result<Recognised<Id>, NotRecognised<Id>> {
    if let Some(linked) = found.linked.as_ref().filter(|linked| linked.kind != CandidateKind::Other) {
        return agreeing(person, linked, Way::Link);
    }
    let by_contact = by_contact(person, found);
    if !(person.confirmed || person.child_account) {
        // What an account that is not confirmed says of itself proves nothing; a contact was proved all the same.
        let certain = match by_contact {
            ByContact::One(student, _) if contradiction(person, student).is_none() => Some(student.id),
            _ => None,
        };
        return Err(NotRecognised { reason: NotRecognisedReason::AccountNotConfirmed, certain, flagged: Vec::new() });
    }

    let holders = if person.snils.is_some() { each_once(&found.by_snils) } else { BTreeMap::new() };
    let of_kind =
        |kind| holders.values().filter(|holder| holder.kind == kind).copied().collect::<Vec<&Candidate<Id>>>();
    match (of_kind(CandidateKind::Student).as_slice(), of_kind(CandidateKind::Parent).as_slice()) {
        ([one], _) | ([], [one]) => return agreeing(person, one, Way::Snils),
        ([], []) => {}
        ([], several) | (several, _) => return Err(several_people(several)),
    }
    if found.linked.is_some() {
        // The account was somebody's who has left: a contact alone does not make it another's.
        return Err(nobody());
    }
    // Somebody who does not sign in this way has the SNILS: whoever has the contacts is somebody else.
    let snils_is_taken = !holders.is_empty();

    match by_contact {
        ByContact::One(student, _) if snils_is_taken => Err(about(NotRecognisedReason::OtherSnils, student)),
        ByContact::One(student, way) => agreeing(person, student, way),
        ByContact::Several(several) => Err(several_people(&several)),
        ByContact::Nobody => Err(nearly(person, found, snils_is_taken)),
    }
}

/// Where the confirmed contacts lead.
enum ByContact<'a, Id> {
    /// To one student, who has a contact that nobody else has.
    One(&'a Candidate<Id>, Way),
    /// To several people, students among them.
    Several(Vec<&'a Candidate<Id>>),
    /// To no student.
    Nobody,
}

fn by_contact<'a, Id: Copy + Ord>(person: &GosuslugiPerson, found: &'a Found<Id>) -> ByContact<'a, Id> {
    let (emails, mobiles) = (each_once(&found.by_email), each_once(&found.by_mobile));
    let everybody = || {
        let mut all = emails.clone();
        all.extend(mobiles.iter().map(|(id, holder)| (*id, *holder)));
        all.into_values().collect::<Vec<_>>()
    };
    let (one, way, others) = match (only_student(&emails), only_student(&mobiles)) {
        (Some(one), _) => (one, Way::Email, &mobiles),
        (None, Some(one)) => (one, Way::Mobile, &emails),
        (None, None) => {
            let all = everybody();
            return if all.iter().any(|holder| holder.is_student()) {
                ByContact::Several(all)
            } else {
                ByContact::Nobody
            };
        }
    };
    // The other contact must not speak for somebody else: a mother whose address stands with the child is still the mother. A child's
    // account is certainly not the parent's, whatever number the school has of the parent.
    let speaks_for_one = others.is_empty()
        || others.contains_key(&one.id)
        || (person.child_account && !others.values().any(|holder| holder.is_student()));
    if speaks_for_one { ByContact::One(one, way) } else { ByContact::Several(everybody()) }
}

/// Why nobody is recognised although nothing certain leads to a student: what comes near one.
fn nearly<Id: Copy + Ord>(person: &GosuslugiPerson, found: &Found<Id>, snils_is_taken: bool) -> NotRecognised<Id> {
    let unverified = only_student(&each_once(&found.by_unverified));
    if let Some(student) = unverified.filter(|student| contradiction(person, student).is_none()) {
        // Anybody can write any address into an account: whose it is is told to nobody whose birth date is not the same.
        let certain = (person.birth_date.is_some() && student.birth_date.is_some()).then_some(student.id);
        return NotRecognised { reason: NotRecognisedReason::ContactNotConfirmed, certain, flagged: Vec::new() };
    }
    let mut named = each_once(&found.by_name);
    named.retain(|_, holder| holder.is_student());
    let Some(student) = only_student(&named) else { return nobody() };
    match contradiction(person, student) {
        Some(reason) => about(reason, student),
        None if snils_is_taken => about(NotRecognisedReason::OtherSnils, student),
        None => NotRecognised {
            reason: NotRecognisedReason::ContactDiffers,
            certain: Some(student.id),
            flagged: Vec::new(),
        },
    }
}

/// What of the account and of the school's file cannot be the same person's.
fn contradiction<Id>(person: &GosuslugiPerson, candidate: &Candidate<Id>) -> Option<NotRecognisedReason> {
    if person.snils.is_some() && candidate.snils.is_some() && person.snils != candidate.snils {
        return Some(NotRecognisedReason::OtherSnils);
    }
    let differ = person.birth_date.is_some() && candidate.birth_date.is_some();
    (differ && person.birth_date != candidate.birth_date).then_some(NotRecognisedReason::BirthDateDiffers)
}

/// The candidate, unless something contradicts.
fn agreeing<Id: Copy>(
    person: &GosuslugiPerson,
    candidate: &Candidate<Id>,
    way: Way,
) -> Result<Recognised<Id>, NotRecognised<Id>> {
    match contradiction(person, candidate) {
        None => Ok(Recognised { id: candidate.id, way }),
        Some(reason) => Err(about(reason, candidate)),
    }
}

/// A refusal that is about one person, whose data staff should look at.
fn about<Id: Copy>(reason: NotRecognisedReason, candidate: &Candidate<Id>) -> NotRecognised<Id> {
    let certain = candidate.is_student().then_some(candidate.id);
    NotRecognised { reason, certain, flagged: vec![candidate.id] }
}

/// A refusal that is about several people, none of them certainly.
fn several_people<Id: Copy + Ord>(several: &[&Candidate<Id>]) -> NotRecognised<Id> {
    let mut flagged: Vec<Id> = several.iter().map(|candidate| candidate.id).collect();
    flagged.sort_unstable();
    NotRecognised { reason: NotRecognisedReason::SeveralStudents, certain: None, flagged }
}

fn nobody<Id>() -> NotRecognised<Id> {
    NotRecognised { reason: NotRecognisedReason::NoSuchStudent, certain: None, flagged: Vec::new() }
}

fn each_once<Id: Copy + Ord>(candidates: &[Candidate<Id>]) -> BTreeMap<Id, &Candidate<Id>> {
    candidates.iter().map(|candidate| (candidate.id, candidate)).collect()
}

/// The student, if there is nobody beside them.
fn only_student<'a, Id: Copy + Ord>(holders: &BTreeMap<Id, &'a Candidate<Id>>) -> Option<&'a Candidate<Id>> {
    let mut holders = holders.values();
    match (holders.next(), holders.next()) {
        (Some(one), None) if one.is_student() => Some(*one),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
