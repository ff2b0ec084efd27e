//! The audit log: who did what to whom, when and from where, as far as the reader's rights reach.

mod words;

use leptos::prelude::*;
use serde_json::Value;
use services::audit::{AuditEvent, AuditLine, Outcome};

pub use words::event_words;

use super::DO;
use super::days::short;
use super::filters::{buttons, day, older, select};
use super::frame::{AdminFrame, AdminSection, admin_head};
use crate::{
    components::{Chip, Icon, Tone},
    icons::IconName,
    layout::PageMeta,
    page_context::PageContext,
    tr,
};

/// What the filter's form holds, as it was sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditChoice {
    /// A person's id: whom it is about.
    pub person: String,
    /// The code of an event.
    pub event: String,
    /// The code of an outcome.
    pub outcome: String,
    /// The first day, as browsers send it.
    pub since: String,
    /// The last day.
    pub until: String,
}

impl AuditChoice {
    fn pairs(&self) -> [(&'static str, &str); 5] {
        [
            ("person", &self.person),
            ("event", &self.event),
            ("outcome", &self.outcome),
            ("since", &self.since),
            ("until", &self.until),
        ]
    }

    fn narrows(&self) -> bool {
        self.pairs().iter().any(|(_, value)| !value.is_empty())
    }

    /// The page's address with this choice. Ids, codes and days need no escaping: anything else was refused.
    #[must_use]
    pub fn address(&self, more: Option<(&str, &str)>) -> String {
        address(AdminSection::Audit.path(), self.pairs().into_iter().chain(more))
    }
}

/// A path with those values that are not empty.
pub(super) fn address<'a>(path: &str, pairs: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let query: Vec<String> =
        pairs.filter(|(_, value)| !value.is_empty()).map(|(name, value)| format!("{name}={value}")).collect();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{}", query.join("&")) }
}

/// What the page shows.
#[derive(Clone)]
pub struct AuditPage {
    /// The way to the other pages.
    pub frame: AdminFrame,
    /// What the filter's form holds.
    pub choice: AuditChoice,
    /// The rows, newest first.
    pub lines: Vec<AuditLine>,
    /// The cursor of the next page.
    pub next: Option<i64>,
    /// The reader may take the log away as a file.
    pub may_export: bool,
}

/// What the frame says about the page.
#[must_use]
pub fn meta(ctx: &PageContext) -> PageMeta {
    PageMeta { private: true, ..PageMeta::titled(AdminSection::Audit.name(ctx.locale)) }
}

/// The page.
pub fn audit_view(ctx: &PageContext, page: AuditPage) -> AnyView {
    let locale = ctx.locale;
    let AuditPage { frame, choice, lines, next, may_export } = page;
    let export = may_export.then(|| export(ctx, &choice));
    let next = next.map(|seq| choice.address(Some(("before", &seq.to_string()))));
    let body = if lines.is_empty() {
        super::empty(if choice.narrows() { tr!(locale, admin.audit_none) } else { tr!(locale, admin.audit_empty) })
    } else {
        table(ctx, &lines)
    };
    view! {
        <div class="work">
            {admin_head(locale, &frame, tr!(locale, admin.audit_lead), export)} <div class="stack">
                {form(ctx, &choice)} {body} {older(locale, next)}
            </div>
        </div>
    }
    .into_any()
}

/// Taking the log away is written down, so it is a post.
fn export(ctx: &PageContext, choice: &AuditChoice) -> AnyView {
    let kept = choice
        .pairs()
        .into_iter()
        .map(|(name, value)| view! { <input type="hidden" name=name value=value.to_owned() /> })
        .collect_view();
    view! {
        <form class="end" method="post" action=AdminSection::Audit.path()>
            {kept}
            <button class="btn second s" name=DO value="export">
                <Icon name=IconName::Paper />
                {tr!(ctx.locale, admin.audit_export)}
            </button>
        </form>
    }
    .into_any()
}

fn form(ctx: &PageContext, choice: &AuditChoice) -> AnyView {
    let locale = ctx.locale;
    let events =
        AuditEvent::ALL.iter().map(|event| (event.code().to_owned(), event_words(locale, *event).to_owned())).collect();
    let outcomes = [Outcome::Success, Outcome::Failure, Outcome::Refused]
        .map(|outcome| (outcome.code().to_owned(), outcome_words(ctx, outcome).2.to_owned()))
        .to_vec();
    let person = (!choice.person.is_empty()).then(|| {
        let without = AuditChoice { person: String::new(), ..choice.clone() };
        view! {
            <p class="small">
                <input type="hidden" name="person" value=choice.person.clone() />
                {tr!(locale, admin.audit_one_person)}
                " "
                <a href=without.address(None)>{tr!(locale, admin.audit_everybody)}</a>
            </p>
        }
    });
    view! {
        <form class="filters" action=AdminSection::Audit.path()>
            {person}
            <div class="inline">
                {select("event", tr!(locale, admin.event), tr!(locale, admin.any), &choice.event, events)}
                {select("outcome", tr!(locale, admin.outcome), tr!(locale, admin.any), &choice.outcome, outcomes)}
                {day("since", tr!(locale, admin.since), &choice.since)}
                {day("until", tr!(locale, admin.until), &choice.until)}
                {buttons(locale, AdminSection::Audit.path(), choice.narrows())}
            </div>
        </form>
    }
    .into_any()
}

fn outcome_words(ctx: &PageContext, outcome: Outcome) -> (Tone, IconName, &'static str) {
    let locale = ctx.locale;
    match outcome {
        Outcome::Success => (Tone::Good, IconName::Check, tr!(locale, admin.outcome_success)),
        Outcome::Failure => (Tone::Warn, IconName::Alert, tr!(locale, admin.outcome_failure)),
        Outcome::Refused => (Tone::Bad, IconName::Lock, tr!(locale, admin.outcome_refused)),
    }
}

fn table(ctx: &PageContext, lines: &[AuditLine]) -> AnyView {
    let locale = ctx.locale;
    let rows = lines.iter().map(|line| row(ctx, line)).collect_view();
    view! {
        <table class="tbl cards">
            <caption class="vh">{tr!(locale, admin.audit_title)}</caption>
            <thead>
                <tr>
                    <th scope="col">{tr!(locale, admin.when)}</th>
                    <th scope="col">{tr!(locale, admin.event)}</th>
                    <th scope="col">{tr!(locale, admin.who)}</th>
                    <th scope="col">{tr!(locale, admin.about_whom)}</th>
                    <th scope="col">{tr!(locale, admin.outcome)}</th>
                    <th scope="col">{tr!(locale, admin.address)}</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}

fn row(ctx: &PageContext, line: &AuditLine) -> AnyView {
    let locale = ctx.locale;
    let record = &line.record;
    let (tone, icon, words) = outcome_words(ctx, record.outcome);
    let address = record.address.map(|address| address.to_string());
    view! {
        <tr>
            <td data-l=tr!(locale, admin.when)>
                <time>{short(ctx, record.at)}</time>
                <small>
                    <bdi class="ltr num">{format!("#{}", record.seq)}</bdi>
                </small>
            </td>
            <td data-l=tr!(locale, admin.event)>{event_words(locale, record.event)} {facts(ctx, line)}</td>
            <td data-l=tr!(locale, admin.who)>{named(ctx, record.actor.is_some(), &line.actor)}</td>
            <td data-l=tr!(locale, admin.about_whom)>{named(ctx, record.person.is_some(), &line.person)}</td>
            <td data-l=tr!(locale, admin.outcome)>
                <Chip tone=tone icon=icon>
                    {words}
                </Chip>
            </td>
            <td data-l=tr!(locale, admin.address)>
                {address.map(|address| view! { <bdi class="ltr num">{address}</bdi> })}
            </td>
        </tr>
    }
    .into_any()
}

fn named(ctx: &PageContext, somebody: bool, name: &str) -> AnyView {
    match (somebody, name.is_empty()) {
        (false, _) => view! { <span class="muted">"–"</span> }.into_any(),
        (true, true) => view! { <span class="muted">{tr!(ctx.locale, admin.gone)}</span> }.into_any(),
        (true, false) => view! { <bdi>{name.to_owned()}</bdi> }.into_any(),
    }
}

/// The facts of a row, and what was changed; the words are the log's own, since programs read them too.
fn facts(ctx: &PageContext, line: &AuditLine) -> AnyView {
    let locale = ctx.locale;
    let record = &line.record;
    let mut pairs: Vec<(String, String)> =
        record.detail.iter().map(|(name, value)| (name.clone(), shown(value))).collect();
    if let Some(before) = &record.before {
        pairs.push((tr!(locale, admin.before).to_owned(), shown(before)));
    }
    if let Some(after) = &record.after {
        pairs.push((tr!(locale, admin.after).to_owned(), shown(after)));
    }
    pairs.push((tr!(locale, admin.request).to_owned(), record.request_id.clone()));
    let rows = pairs
        .into_iter()
        .map(|(name, value)| {
            view! {
                <div>
                    <dt>
                        <bdi>{name}</bdi>
                    </dt>
                    <dd>
                        <bdi>{value}</bdi>
                    </dd>
                </div>
            }
        })
        .collect_view();
    view! {
        <details class="more">
            <summary>{tr!(locale, admin.details)}</summary>
            <dl class="facts">{rows}</dl>
        </details>
    }
    .into_any()
}

/// A fact without the marks of JSON where it is a text or a flat list.
fn shown(value: &Value) -> String {
    match value {
        Value::Null => "–".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(shown).collect::<Vec<_>>().join(", "),
        Value::Object(fields) => {
            fields.iter().map(|(name, value)| format!("{name}: {}", shown(value))).collect::<Vec<_>>().join("; ")
        }
        Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_address_names_what_narrows() {
        let choice =
            AuditChoice { event: "sign_in.code".to_owned(), since: "2026-11-22".to_owned(), ..AuditChoice::default() };
        assert_eq!(choice.address(None), "/admin/audit?event=sign_in.code&since=2026-11-22");
        assert_eq!(AuditChoice::default().address(Some(("before", "7"))), "/admin/audit?before=7");
        assert_eq!(AuditChoice::default().address(None), "/admin/audit");
    }

    #[test]
    fn facts_read_like_words() {
        assert_eq!(
            shown(&json!({ "by": ["mobile", "email"], "found": 2, "reason": null })),
            "by: mobile, email; found: 2; reason: –"
        );
    }
}
