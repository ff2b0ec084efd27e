//! Whether a student's sign-in through Gosuslugi can work, by which way, and what stands in the way.
//!
//! The rules mirror those by which the sign-in finds the student: a link from an earlier sign-in, then SNILS, then a mobile or e-mail that
//! nobody else has. A parent's contact never stands for the child, so a shared one does not count.

use serde::{Deserialize, Serialize};

use crate::person_field::PersonField;

/// A way by which Gosuslugi's person is recognised as the student.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// The student has signed in before.
    Link,
    /// By SNILS.
    Snils,
    /// By an e-mail address of one's own.
    Email,
    /// By a mobile number of one's own.
    Mobile,
}

impl Way {
    /// Every way.
    pub const ALL: [Self; 4] = [Self::Link, Self::Snils, Self::Email, Self::Mobile];

    /// The stable code: `link`, `snils`, `email`, `mobile`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Link => "link",
            Self::Snils => "snils",
            Self::Email => "email",
            Self::Mobile => "mobile",
        }
    }
}

/// Who has the same contact.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SharedWith {
    /// A student of the same class.
    Classmate,
    /// A child of the same parents.
    Sibling,
    /// A parent of the student.
    Parent,
    /// Somebody else.
    Other,
}

impl SharedWith {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Classmate, Self::Sibling, Self::Parent, Self::Other];

    /// The stable code: `classmate`, `sibling`, `parent`, `other`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Classmate => "classmate",
            Self::Sibling => "sibling",
            Self::Parent => "parent",
            Self::Other => "other",
        }
    }
}

/// Why the last try to sign in through Gosuslugi failed.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LastTry {
    /// Gosuslugi has another mobile or e-mail for the student.
    ContactDiffers,
    /// The student has not confirmed the contact at Gosuslugi.
    ContactNotConfirmed,
    /// Several students have the contact, or mobile and e-mail lead to different ones.
    SeveralStudents,
    /// Gosuslugi has another SNILS for the student.
    OtherSnils,
    /// The account at Gosuslugi is not confirmed.
    AccountNotConfirmed,
    /// Gosuslugi has another birth date for the student.
    BirthDateDiffers,
    /// The student cancelled. That says nothing about the next try.
    Cancelled,
}

impl LastTry {
    /// Every reason.
    pub const ALL: [Self; 7] = [
        Self::ContactDiffers,
        Self::ContactNotConfirmed,
        Self::SeveralStudents,
        Self::OtherSnils,
        Self::AccountNotConfirmed,
        Self::BirthDateDiffers,
        Self::Cancelled,
    ];

    /// The stable code: `contact_differs`, `contact_not_confirmed`, …
    pub const fn code(self) -> &'static str {
        match self {
            Self::ContactDiffers => "contact_differs",
            Self::ContactNotConfirmed => "contact_not_confirmed",
            Self::SeveralStudents => "several_students",
            Self::OtherSnils => "other_snils",
            Self::AccountNotConfirmed => "account_not_confirmed",
            Self::BirthDateDiffers => "birth_date_differs",
            Self::Cancelled => "cancelled",
        }
    }

    /// The reason of a code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.code() == code)
    }
}

/// What stands in the way of the sign-in through Gosuslugi, or is not known to work yet.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum NotReady {
    /// There is nothing to recognise the student by.
    NeedsContact,
    /// A SNILS was given whose control number does not agree.
    SnilsInvalid,
    /// The only contact is somebody else's too.
    SharedContact {
        /// Mobile or e-mail.
        #[cfg_attr(feature = "openapi", schema(value_type = String))]
        field: PersonField,
        /// Whose it is too.
        with: SharedWith,
    },
    /// Gosuslugi has not confirmed any contact of the student so far. The sign-in can work all the same.
    NotSeenYet,
    /// The last try failed, and nothing has changed since.
    LastTryFailed {
        /// Why.
        reason: LastTry,
    },
}

impl NotReady {
    /// The stable code: `needs_contact`, `snils_invalid`, `shared_contact`, `not_seen_yet`, `last_try_failed`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NeedsContact => "needs_contact",
            Self::SnilsInvalid => "snils_invalid",
            Self::SharedContact { .. } => "shared_contact",
            Self::NotSeenYet => "not_seen_yet",
            Self::LastTryFailed { .. } => "last_try_failed",
        }
    }
}

/// Whether the sign-in through Gosuslugi can work.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Readiness {
    /// Counted as able.
    pub can: bool,
    /// The ways that can work; none when it cannot.
    pub by: Vec<Way>,
    /// What to mend, or to know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issue: Option<NotReady>,
}

impl Readiness {
    /// The same while a SNILS with a wrong control number stands in the student's cell: that is the thing to mend first, unless the
    /// student is known by an earlier sign-in.
    #[must_use]
    pub fn with_wrong_snils(mut self) -> Self {
        if !self.by.contains(&Way::Link) {
            self.issue = Some(NotReady::SnilsInvalid);
        }
        self
    }
}

/// A contact of the student, as far as it can serve for recognising.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contact {
    /// There is none.
    None,
    /// Nobody else has it.
    Own {
        /// Gosuslugi has confirmed it at some time.
        seen: bool,
    },
    /// Somebody else has it too.
    Shared(SharedWith),
}

/// What readiness is judged by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadinessFacts {
    /// An earlier sign-in is on record.
    pub linked: bool,
    /// A valid SNILS is on file.
    pub snils: bool,
    /// The mobile number.
    pub mobile: Contact,
    /// The e-mail address.
    pub email: Contact,
    /// Why the last try failed, when nothing that it depends on has changed since.
    pub last_failure: Option<LastTry>,
}

/// Whether the sign-in through Gosuslugi can work.
pub fn readiness(facts: &ReadinessFacts) -> Readiness {
    if facts.linked {
        return Readiness { can: true, by: vec![Way::Link], issue: None };
    }
    let contacts = [(Way::Email, PersonField::Email, facts.email), (Way::Mobile, PersonField::Mobile, facts.mobile)];
    let own = contacts.iter().filter(|(_, _, contact)| matches!(contact, Contact::Own { .. })).map(|(way, _, _)| *way);
    let by: Vec<Way> = facts.snils.then_some(Way::Snils).into_iter().chain(own).collect();
    let seen = contacts.iter().any(|(_, _, contact)| matches!(contact, Contact::Own { seen: true }));
    match facts.last_failure {
        // Whoever pressed Cancel can press the other button next time.
        Some(LastTry::Cancelled) if !by.is_empty() => {
            return Readiness { can: true, by, issue: Some(NotReady::LastTryFailed { reason: LastTry::Cancelled }) };
        }
        Some(LastTry::Cancelled) | None => {}
        Some(reason) => {
            return Readiness { can: false, by: Vec::new(), issue: Some(NotReady::LastTryFailed { reason }) };
        }
    }
    let issue = if by.is_empty() {
        // The mobile is named first: it is the contact that families share most.
        let shared = contacts.iter().rev().find_map(|(_, field, contact)| match contact {
            Contact::Shared(with) => Some(NotReady::SharedContact { field: *field, with: *with }),
            _ => None,
        });
        Some(shared.unwrap_or(NotReady::NeedsContact))
    } else {
        (!facts.snils && !seen).then_some(NotReady::NotSeenYet)
    };
    Readiness { can: !by.is_empty(), by, issue }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
    use super::*;

    const SEEN: Contact = Contact::Own { seen: true };
    const UNSEEN: Contact = Contact::Own { seen: false };
    const SHARED: Contact = Contact::Shared(SharedWith::Parent);

    fn of(linked: bool, snils: bool, mobile: Contact, email: Contact, last_failure: Option<LastTry>) -> Readiness {
        readiness(&ReadinessFacts { linked, snils, mobile, email, last_failure })
    }

    #[test]
    fn the_table() {
        let failed = |reason| Some(NotReady::LastTryFailed { reason });
        let shared = |field, with| Some(NotReady::SharedContact { field, with });
        let differs = Some(LastTry::ContactDiffers);
        for (line, (facts, can, by, issue)) in [
            // linked, SNILS, mobile, e-mail, last failure
            ((true, false, Contact::None, Contact::None, None), true, vec![Way::Link], None),
            ((true, true, SHARED, SHARED, differs), true, vec![Way::Link], None),
            ((false, true, Contact::None, Contact::None, None), true, vec![Way::Snils], None),
            ((false, true, SHARED, UNSEEN, None), true, vec![Way::Snils, Way::Email], None),
            ((false, false, SEEN, Contact::None, None), true, vec![Way::Mobile], None),
            ((false, false, UNSEEN, Contact::None, None), true, vec![Way::Mobile], Some(NotReady::NotSeenYet)),
            ((false, false, Contact::None, UNSEEN, None), true, vec![Way::Email], Some(NotReady::NotSeenYet)),
            ((false, false, UNSEEN, SEEN, None), true, vec![Way::Email, Way::Mobile], None),
            ((false, false, SHARED, SEEN, None), true, vec![Way::Email], None),
            ((false, false, SHARED, UNSEEN, None), true, vec![Way::Email], Some(NotReady::NotSeenYet)),
            (
                (false, false, SHARED, Contact::None, None),
                false,
                vec![],
                shared(PersonField::Mobile, SharedWith::Parent),
            ),
            (
                (false, false, Contact::None, Contact::Shared(SharedWith::Sibling), None),
                false,
                vec![],
                shared(PersonField::Email, SharedWith::Sibling),
            ),
            (
                (false, false, Contact::Shared(SharedWith::Classmate), SHARED, None),
                false,
                vec![],
                shared(PersonField::Mobile, SharedWith::Classmate),
            ),
            ((false, false, Contact::None, Contact::None, None), false, vec![], Some(NotReady::NeedsContact)),
            ((false, true, SEEN, SEEN, differs), false, vec![], failed(LastTry::ContactDiffers)),
            ((false, false, Contact::None, Contact::None, differs), false, vec![], failed(LastTry::ContactDiffers)),
            (
                (false, false, SEEN, Contact::None, Some(LastTry::Cancelled)),
                true,
                vec![Way::Mobile],
                failed(LastTry::Cancelled),
            ),
            (
                (false, false, Contact::None, Contact::None, Some(LastTry::Cancelled)),
                false,
                vec![],
                Some(NotReady::NeedsContact),
            ),
        ]
        .into_iter()
        .enumerate()
        {
            let (linked, snils, mobile, email, failure) = facts;
            assert_eq!(of(linked, snils, mobile, email, failure), Readiness { can, by, issue }, "line {line}");
        }
    }

    #[test]
    fn able_means_some_way_and_no_way_means_an_issue() {
        let contacts = [Contact::None, SEEN, UNSEEN, SHARED, Contact::Shared(SharedWith::Other)];
        let failures: Vec<_> = LastTry::ALL.into_iter().map(Some).chain([None]).collect();
        for linked in [false, true] {
            for snils in [false, true] {
                for mobile in contacts {
                    for email in contacts {
                        for &failure in &failures {
                            let found = of(linked, snils, mobile, email, failure);
                            assert_eq!(found.can, !found.by.is_empty());
                            assert!(found.can || found.issue.is_some());
                            assert!(!matches!(mobile, Contact::Shared(_)) || !found.by.contains(&Way::Mobile));
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn a_wrong_snils_in_the_cell_is_named_first() {
        let able = of(false, false, Contact::None, SEEN, None).with_wrong_snils();
        assert_eq!((able.can, able.issue), (true, Some(NotReady::SnilsInvalid)));
        assert_eq!(of(true, false, Contact::None, SEEN, None).with_wrong_snils().issue, None);
    }

    #[test]
    fn written_as_codes() {
        let found = of(false, false, SHARED, Contact::None, None);
        let json = r#"{"can":false,"by":[],"issue":{"code":"shared_contact","field":"mobile","with":"parent"}}"#;
        assert_eq!(serde_json::to_string(&found).unwrap(), json);
        assert_eq!(serde_json::from_str::<Readiness>(json).unwrap(), found);
        let failed = of(false, false, SEEN, Contact::None, Some(LastTry::OtherSnils));
        let json = r#"{"can":false,"by":[],"issue":{"code":"last_try_failed","reason":"other_snils"}}"#;
        assert_eq!(serde_json::to_string(&failed).unwrap(), json);
        assert_eq!(failed.issue.unwrap().code(), "last_try_failed");
        for reason in LastTry::ALL {
            assert_eq!(LastTry::from_code(reason.code()), Some(reason));
            assert_eq!(serde_json::to_string(&reason).unwrap(), format!("\"{}\"", reason.code()));
        }
        for way in Way::ALL {
            assert_eq!(serde_json::to_string(&way).unwrap(), format!("\"{}\"", way.code()));
        }
        for with in SharedWith::ALL {
            assert_eq!(serde_json::to_string(&with).unwrap(), format!("\"{}\"", with.code()));
        }
    }
}
