//! The part of a record about the sign-in through Gosuslugi: the accounts there that sign the person in, how to take one
//! away, and how the last tries went.
//!
//! Taking one away asks first: the answer opens below the question, so it works without script.

use domain::{LastTry, Locale, Way};
use leptos::prelude::*;

use super::edit::{Proof, proof_view, proof_words};
use crate::{
    components::{ErrorItem, ErrorSummary, Icon, Note, Tone},
    icons::IconName,
    page_context::PageContext,
    pages::people::readiness::{last_try, way_words},
    tr,
};

/// An account at Gosuslugi that signs the person in.
#[derive(Clone)]
pub struct LinkLine {
    /// What the form posts back.
    pub id: String,
    /// Since when, Unix milliseconds UTC.
    pub at: i64,
    /// When it signed in last, Unix milliseconds UTC.
    pub last_seen_at: i64,
    /// By what the person was recognised at first.
    pub way: Way,
}

/// A try to sign in.
#[derive(Clone, Copy)]
pub struct TryLine {
    /// When, Unix milliseconds UTC.
    pub at: i64,
    /// Why it failed; none when it did not.
    pub failure: Option<LastTry>,
}

/// What is known of somebody's sign-in through Gosuslugi.
#[derive(Clone)]
pub struct GosuslugiPart {
    /// The accounts.
    pub links: Vec<LinkLine>,
    /// The last tries, newest first.
    pub tries: Vec<TryLine>,
    /// The reader may take an account away.
    pub may_unlink: bool,
    /// The post before asked to take this one away, and the reader has yet to prove who they are.
    pub asked: Option<(String, Proof)>,
    /// One was just taken away.
    pub unlinked: bool,
}

/// The part. `path` is the page's own, `person` whose record it is.
pub(super) fn part_view(ctx: &PageContext, path: &str, person: &str, part: &GosuslugiPart) -> AnyView {
    let locale = ctx.locale;
    let errors = part
        .asked
        .iter()
        .map(|(_, proof)| ErrorItem { field: Some(super::PASSWORD.to_owned()), text: proof_words(locale, *proof) });
    let errors: Vec<ErrorItem> = errors.collect();
    let done = part.unlinked.then(|| {
        view! {
            <Note tone=Tone::Good icon=IconName::Check role="status">
                <p>{tr!(locale, gosuslugi.p_unlinked)}</p>
            </Note>
        }
    });
    let links = if part.links.is_empty() {
        view! { <p class="muted">{tr!(locale, gosuslugi.p_never)}</p> }.into_any()
    } else {
        let items = part.links.iter().map(|link| link_view(ctx, path, person, link, part)).collect_view();
        view! { <ul class="links">{items}</ul> }.into_any()
    };
    view! {
        <section class="stack" id="gosuslugi" aria-labelledby="h-gosuslugi">
            <ErrorSummary title=tr!(locale, people.check).to_owned() items=errors />
            <h3 id="h-gosuslugi">{tr!(locale, gosuslugi.title)}</h3>
            {done}
            {links}
            {tries(ctx, &part.tries)}
        </section>
    }
    .into_any()
}

fn link_view(ctx: &PageContext, path: &str, person: &str, link: &LinkLine, part: &GosuslugiPart) -> AnyView {
    let locale = ctx.locale;
    let since = tr!(locale, gosuslugi.p_linked, when = ctx.moment(link.at).human);
    let seen = tr!(locale, gosuslugi.p_seen, when = ctx.moment(link.last_seen_at).human);
    let asked = part.asked.as_ref().filter(|(id, _)| *id == link.id).map(|(_, proof)| *proof);
    let unlink = part.may_unlink.then(|| unlink_view(locale, path, person, &link.id, asked));
    view! {
        <li>
            <span class="what">
                <Icon name=IconName::Check />
                " "
                {since}
                ", "
                {way_words(locale, link.way)}
                <small>{seen}</small>
            </span>
            {unlink}
        </li>
    }
    .into_any()
}

fn unlink_view(locale: Locale, path: &str, person: &str, link: &str, asked: Option<Proof>) -> AnyView {
    view! {
        <details class="more" open=asked.is_some()>
            <summary>{tr!(locale, gosuslugi.p_unlink)}</summary>
            <form method="post" action=format!("{path}/unlink") class="fields stack">
                <input type="hidden" name="person" value=person.to_owned() />
                <input type="hidden" name="link" value=link.to_owned() />
                <p>{tr!(locale, gosuslugi.p_unlink_sure)}</p>
                {asked.map(|proof| proof_view(locale, proof, tr!(locale, gosuslugi.p_proof)))}
                <button class="btn danger s">{tr!(locale, gosuslugi.p_unlink_do)}</button>
            </form>
        </details>
    }
    .into_any()
}

fn tries(ctx: &PageContext, lines: &[TryLine]) -> Option<AnyView> {
    if lines.is_empty() {
        return None;
    }
    let locale = ctx.locale;
    let items = lines
        .iter()
        .map(|line| {
            let moment = ctx.moment(line.at);
            let (icon, words) = match line.failure {
                Some(reason) => (IconName::Stop, last_try(locale, reason)),
                None => (IconName::Check, tr!(locale, gosuslugi.p_try_ok)),
            };
            view! {
                <li>
                    <Icon name=icon />
                    " "
                    <time datetime=moment.machine>{moment.human}</time>
                    ": "
                    {words}
                </li>
            }
        })
        .collect_view();
    Some(
        view! {
            <div>
                <p class="muted small">{tr!(locale, gosuslugi.p_tries)}</p>
                <ul class="tries">{items}</ul>
            </div>
        }
        .into_any(),
    )
}
