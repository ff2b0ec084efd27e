//! The page of a sign-in through Gosuslugi that did not work: what happened, who can mend it, what to do next.

use domain::{Locale, NotRecognisedReason};
use http::StatusCode;
use leptos::prelude::*;

use super::{GUIDE, START};
use crate::{
    components::{ButtonLook, Chip, Icon, LinkButton, Tone},
    icons::IconName,
    layout::PageMeta,
    page_context::PageContext,
    text::{SLOT, around, in_time},
    tr,
};

/// Why it did not work, as far as the person is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The portal does not know for certain who it is.
    NotRecognised(NotRecognisedReason),
    /// The person cancelled, or gave no consent.
    Cancelled,
    /// Gosuslugi does not answer, or says that it can't now.
    Unavailable,
    /// Its answer did not pass the checks: a fault of ours, or an attack.
    Rejected,
    /// The sign-in was begun too long ago, in another browser, or is used up.
    Ended,
    /// Too many tries.
    TooMany {
        /// Seconds to wait.
        wait_s: u32,
    },
    /// A member of staff: they need two factors.
    Staff,
    /// The school has closed the account.
    Barred,
}

/// The failed sign-in.
#[derive(Clone, PartialEq, Eq)]
pub struct Failure {
    /// Why.
    pub why: Why,
    /// The class teacher of the one student whom it is surely about, in the short form («Бутрович В. И.»).
    pub teacher: Option<String>,
}

impl std::fmt::Debug for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Failure").field("why", &self.why).finish_non_exhaustive()
    }
}

impl Why {
    /// The status that goes with the page: nobody is let in (403), nothing was wrong (200 after cancelling), the sign-in is gone
    /// (410), wait (429), or Gosuslugi is at fault (502 for an answer that is none, 503 for none at all).
    #[must_use]
    pub fn status(self) -> StatusCode {
        match self {
            Self::NotRecognised(_) | Self::Staff | Self::Barred => StatusCode::FORBIDDEN,
            Self::Cancelled => StatusCode::OK,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Rejected => StatusCode::BAD_GATEWAY,
            Self::Ended => StatusCode::GONE,
            Self::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
        }
    }

    fn words(self, locale: Locale) -> Words {
        macro_rules! words {
            ($title:ident, $lead:ident, $next:expr) => {
                Words { title: tr!(locale, gosuslugi.$title), lead: tr!(locale, gosuslugi.$lead), next: $next }
            };
        }
        macro_rules! ask {
            ($ask:ident) => {
                Next::School { ask: tr!(locale, gosuslugi.$ask), check: false }
            };
        }
        macro_rules! now {
            ($now:ident) => {
                Next::Now(tr!(locale, gosuslugi.$now).to_owned())
            };
        }
        let contact = || Next::School { ask: tr!(locale, gosuslugi.ask_contact), check: true };
        match self {
            Self::NotRecognised(reason) => match reason {
                NotRecognisedReason::NoSuchStudent => words!(no_student, no_student_lead, contact()),
                NotRecognisedReason::ContactDiffers => words!(contact_differs, contact_differs_lead, contact()),
                NotRecognisedReason::ContactNotConfirmed => words!(
                    contact_not_confirmed,
                    contact_not_confirmed_lead,
                    Next::Oneself(tr!(locale, gosuslugi.ask_confirm_contact))
                ),
                NotRecognisedReason::SeveralStudents => {
                    words!(several_students, several_students_lead, ask!(ask_own_contact))
                }
                NotRecognisedReason::OtherSnils => words!(other_snils, other_snils_lead, ask!(ask_snils)),
                NotRecognisedReason::AccountNotConfirmed => {
                    words!(not_confirmed, not_confirmed_lead, Next::Oneself(tr!(locale, gosuslugi.ask_confirm_account)))
                }
                NotRecognisedReason::BirthDateDiffers => words!(birth_date, birth_date_lead, ask!(ask_birth_date)),
            },
            Self::Cancelled => words!(cancelled, cancelled_lead, now!(cancelled_do)),
            Self::Unavailable => words!(unavailable, unavailable_lead, now!(unavailable_do)),
            Self::Rejected => words!(rejected, rejected_lead, now!(rejected_do)),
            Self::Ended => words!(ended, ended_lead, now!(ended_do)),
            Self::TooMany { wait_s } => {
                let when = in_time(locale, u64::from(wait_s));
                words!(too_many, too_many_lead, Next::Now(tr!(locale, gosuslugi.too_many_do, when = when)))
            }
            Self::Staff => words!(staff, staff_lead, now!(staff_do)),
            Self::Barred => words!(barred, barred_lead, ask!(ask_barred)),
        }
    }

    /// Trying again at once makes no sense.
    fn leads_elsewhere(self) -> bool {
        matches!(self, Self::TooMany { .. } | Self::Staff | Self::Barred)
    }
}

/// What the page says.
struct Words {
    title: &'static str,
    lead: &'static str,
    next: Next,
}

/// Who can mend it, and how.
enum Next {
    /// The school, as it is asked; `check` adds what one can look after oneself.
    School { ask: &'static str, check: bool },
    /// The person, at Gosuslugi.
    Oneself(&'static str),
    /// Nothing is to be mended.
    Now(String),
}

/// What the frame says about the page.
#[must_use]
pub fn meta(ctx: &PageContext, failure: &Failure) -> PageMeta {
    PageMeta { private: true, ..PageMeta::titled(failure.why.words(ctx.locale).title) }
}

/// The page.
pub fn failure_view(ctx: &PageContext, failure: Failure) -> AnyView {
    let locale = ctx.locale;
    let Words { title, lead, next } = failure.why.words(locale);
    let (tone, icon) = match failure.why {
        Why::Cancelled | Why::Ended => (Tone::Info, IconName::Info),
        _ => (Tone::Warn, IconName::Alert),
    };
    let incident = tr!(locale, gosuslugi.incident, id = SLOT);
    let id = ctx.request_id.clone();
    view! {
        <div class="page">
            <div class="narrow">
                <section class="panel leaf">
                    <Chip tone icon>
                        {tr!(locale, gosuslugi.title)}
                    </Chip>
                    <h1 class="near">{title}</h1>
                    <p class="lead">{lead}</p>
                    {next_view(locale, next, failure.teacher)}
                    {buttons(locale, failure.why)}
                    <p class="small muted apart">{around(&incident, view! { <bdi class="ltr num">{id}</bdi> })}</p>
                </section>
            </div>
        </div>
    }
    .into_any()
}

fn next_view(locale: Locale, next: Next, teacher: Option<String>) -> AnyView {
    match next {
        Next::School { ask, check } => {
            let who = match teacher {
                Some(teacher) => {
                    let words = tr!(locale, gosuslugi.who_teacher, teacher = SLOT);
                    around(&words, view! { <bdi>{teacher}</bdi> })
                }
                None => tr!(locale, gosuslugi.who_school).into_any(),
            };
            view! { {who_view(locale, IconName::People, who, ask)} {check.then(|| checks(locale))} }.into_any()
        }
        Next::Oneself(ask) => who_view(locale, IconName::User, tr!(locale, gosuslugi.who_you).into_any(), ask),
        Next::Now(text) => view! {
            <section class="sec">
                <h2>{tr!(locale, gosuslugi.now)}</h2>
                <p>{text}</p>
            </section>
        }
        .into_any(),
    }
}

fn who_view(locale: Locale, icon: IconName, who: AnyView, ask: &'static str) -> AnyView {
    view! {
        <section class="sec">
            <h2>{tr!(locale, gosuslugi.who)}</h2>
            <div class="mends">
                <span class="face" aria-hidden="true">
                    <Icon name=icon />
                </span>
                <div>
                    <strong>{who}</strong>
                    <p class="muted">{ask}</p>
                </div>
            </div>
        </section>
    }
    .into_any()
}

/// What one can look after oneself where contacts do not agree.
fn checks(locale: Locale) -> AnyView {
    view! {
        <section class="sec">
            <h2>{tr!(locale, gosuslugi.check)}</h2>
            <ol class="plain">
                <li>{tr!(locale, gosuslugi.check_confirmed)}</li>
                <li>{tr!(locale, gosuslugi.check_own)}</li>
                <li>{tr!(locale, gosuslugi.check_snils)}</li>
            </ol>
        </section>
    }
    .into_any()
}

fn buttons(locale: Locale, why: Why) -> AnyView {
    let other = tr!(locale, gosuslugi.other_way);
    let buttons = if why.leads_elsewhere() {
        view! { <LinkButton href="/sign-in">{other}</LinkButton> }.into_any()
    } else {
        view! {
            <LinkButton href=START>{tr!(locale, gosuslugi.again)}</LinkButton>
            <LinkButton href="/sign-in" look=ButtonLook::Second>
                {other}
            </LinkButton>
        }
        .into_any()
    };
    let guide = matches!(why, Why::NotRecognised(_)).then(|| {
        view! {
            <p class="small">
                <a href=GUIDE>{tr!(locale, gosuslugi.guide_link)}</a>
            </p>
        }
    });
    view! {
        <div class="btns under">{buttons}</div>
        {guide}
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_failure_has_words_of_its_own() {
        let reasons = NotRecognisedReason::ALL.map(Why::NotRecognised);
        let others = [
            Why::Cancelled,
            Why::Unavailable,
            Why::Rejected,
            Why::Ended,
            Why::TooMany { wait_s: 5 },
            Why::Staff,
            Why::Barred,
        ];
        for locale in Locale::ALL {
            let all: Vec<Words> = reasons.into_iter().chain(others).map(|why| why.words(locale)).collect();
            let titles: BTreeSet<_> = all.iter().map(|words| words.title).collect();
            let leads: BTreeSet<_> = all.iter().map(|words| words.lead).collect();
            assert_eq!((titles.len(), leads.len()), (all.len(), all.len()), "{locale:?}");
        }
    }
}
