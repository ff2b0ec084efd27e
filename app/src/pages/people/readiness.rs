//! Whether a student can sign in through Gosuslugi, in words.

use domain::readiness::{LastTry, NotReady, Readiness, SharedWith, Way};
use domain::{Locale, PersonField};
use leptos::prelude::*;

use crate::{
    components::{Icon, Tone},
    icons::IconName,
    tr,
};

/// A student's readiness as it is shown: a status, and a line of what stands behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadyWords {
    /// The colour.
    pub tone: Tone,
    /// The icon that says the same as the colour.
    pub icon: IconName,
    /// The status.
    pub status: &'static str,
    /// What stands behind it, or what is possible all the same.
    pub more: Option<String>,
}

/// A student's readiness in words.
#[must_use]
pub fn ready_words(locale: Locale, readiness: &Readiness) -> ReadyWords {
    let ways = ways(locale, &readiness.by);
    let Some(issue) = &readiness.issue else {
        return ReadyWords {
            tone: Tone::Good,
            icon: IconName::Check,
            status: tr!(locale, people.ready),
            more: Some(ways).filter(|ways| !ways.is_empty()),
        };
    };
    let still = (readiness.can && !ways.is_empty()).then(|| tr!(locale, people.still_can, ways = ways.clone()));
    match issue {
        NotReady::NeedsContact => ReadyWords {
            tone: Tone::Warn,
            icon: IconName::Alert,
            status: tr!(locale, people.needs_contact),
            more: still,
        },
        NotReady::SnilsInvalid => ReadyWords {
            tone: Tone::Warn,
            icon: IconName::Alert,
            status: tr!(locale, people.snils_invalid),
            more: still,
        },
        NotReady::SharedContact { field, with } => ReadyWords {
            tone: Tone::Bad,
            icon: IconName::People,
            status: shared(locale, *field, *with),
            more: Some(tr!(locale, people.own_contact).to_owned()),
        },
        NotReady::NotSeenYet => ReadyWords {
            tone: Tone::Info,
            icon: IconName::Clock,
            status: tr!(locale, people.not_seen),
            more: Some(ways).filter(|ways| !ways.is_empty()),
        },
        NotReady::LastTryFailed { reason } => ReadyWords {
            tone: Tone::Bad,
            icon: IconName::Stop,
            status: tr!(locale, people.try_failed),
            more: Some(last_try(locale, *reason).to_owned()),
        },
    }
}

/// "by SNILS, by e-mail".
fn ways(locale: Locale, ways: &[Way]) -> String {
    let comma = if locale == Locale::Ar { "، " } else { ", " };
    let words: Vec<_> = ways.iter().map(|way| way_words(locale, *way)).collect();
    words.join(comma)
}

/// By what somebody is recognised.
#[must_use]
pub fn way_words(locale: Locale, way: Way) -> &'static str {
    match way {
        Way::Link => tr!(locale, people.by_link),
        Way::Snils => tr!(locale, people.by_snils),
        Way::Email => tr!(locale, people.by_email),
        Way::Mobile => tr!(locale, people.by_mobile),
    }
}

fn shared(locale: Locale, field: PersonField, with: SharedWith) -> &'static str {
    match (field, with) {
        (PersonField::Email, SharedWith::Classmate) => tr!(locale, people.email_of_classmate),
        (PersonField::Email, SharedWith::Sibling) => tr!(locale, people.email_of_sibling),
        (PersonField::Email, SharedWith::Parent) => tr!(locale, people.email_of_parent),
        (PersonField::Email, SharedWith::Other) => tr!(locale, people.email_of_other),
        // Only contacts are ever shared, and the other contact is the phone.
        (_, SharedWith::Classmate) => tr!(locale, people.phone_of_classmate),
        (_, SharedWith::Sibling) => tr!(locale, people.phone_of_sibling),
        (_, SharedWith::Parent) => tr!(locale, people.phone_of_parent),
        (_, SharedWith::Other) => tr!(locale, people.phone_of_other),
    }
}

/// Why the last try failed.
#[must_use]
pub fn last_try(locale: Locale, reason: LastTry) -> &'static str {
    match reason {
        LastTry::ContactDiffers => tr!(locale, people.try_contact_differs),
        LastTry::ContactNotConfirmed => tr!(locale, people.try_contact_not_confirmed),
        LastTry::SeveralStudents => tr!(locale, people.try_several_students),
        LastTry::OtherSnils => tr!(locale, people.try_other_snils),
        LastTry::AccountNotConfirmed => tr!(locale, people.try_account_not_confirmed),
        LastTry::BirthDateDiffers => tr!(locale, people.try_birth_date_differs),
        LastTry::Cancelled => tr!(locale, people.try_cancelled),
    }
}

/// The status as a chip with the line below it.
pub fn ready_view(locale: Locale, readiness: &Readiness) -> AnyView {
    let words = ready_words(locale, readiness);
    let class = match words.tone {
        Tone::Info => "chip info",
        Tone::Warn => "chip warn",
        Tone::Good => "chip good",
        Tone::Bad => "chip bad",
        Tone::Plain => "chip",
    };
    view! {
        <div class="ready">
            <span class=class>
                <Icon name=words.icon />
                <span>{words.status}</span>
            </span>
            {words.more.map(|more| view! { <p>{more}</p> })}
        </div>
    }
    .into_any()
}
