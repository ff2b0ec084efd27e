//! The delivery log: what was sent, by which way and gateway, and what became of it. Never what it said, never a code.

use domain::Locale;
use leptos::prelude::*;
use services::deliveries::{DeliveryLine, DeliveryState};
use services::outbox::Channel;

use super::audit::address;
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
pub struct DeliveryChoice {
    /// A person's id.
    pub person: String,
    /// The code of a channel.
    pub channel: String,
    /// The code of a state.
    pub state: String,
    /// The first day, as browsers send it.
    pub since: String,
    /// The last day.
    pub until: String,
}

impl DeliveryChoice {
    fn pairs(&self) -> [(&'static str, &str); 5] {
        [
            ("person", &self.person),
            ("channel", &self.channel),
            ("state", &self.state),
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
        address(AdminSection::Deliveries.path(), self.pairs().into_iter().chain(more))
    }
}

/// What the page shows.
#[derive(Clone)]
pub struct DeliveriesPage {
    /// The way to the other pages.
    pub frame: AdminFrame,
    /// What the filter's form holds.
    pub choice: DeliveryChoice,
    /// The messages, newest first.
    pub lines: Vec<DeliveryLine>,
    /// The cursor of the next page.
    pub next: Option<String>,
}

/// What the frame says about the page.
#[must_use]
pub fn meta(ctx: &PageContext) -> PageMeta {
    PageMeta { private: true, ..PageMeta::titled(AdminSection::Deliveries.name(ctx.locale)) }
}

/// The page.
pub fn deliveries_view(ctx: &PageContext, page: DeliveriesPage) -> AnyView {
    let locale = ctx.locale;
    let DeliveriesPage { frame, choice, lines, next } = page;
    let next = next.map(|id| choice.address(Some(("before", &id))));
    let body = if lines.is_empty() {
        super::empty(if choice.narrows() {
            tr!(locale, admin.deliveries_none)
        } else {
            tr!(locale, admin.deliveries_empty)
        })
    } else {
        table(ctx, &lines)
    };
    view! {
        <div class="work">
            {admin_head(locale, &frame, tr!(locale, admin.deliveries_lead), None)} <div class="stack">
                {form(locale, &choice)} {body} {older(locale, next)}
            </div>
        </div>
    }
    .into_any()
}

fn form(locale: Locale, choice: &DeliveryChoice) -> AnyView {
    let channels = [Channel::Sms, Channel::Mail]
        .map(|one| (one.code().to_owned(), channel_words(locale, one).to_owned()))
        .to_vec();
    let states = DeliveryState::ALL.map(|one| (one.code().to_owned(), state_words(locale, one).2.to_owned())).to_vec();
    let person = (!choice.person.is_empty()).then(|| {
        let without = DeliveryChoice { person: String::new(), ..choice.clone() };
        view! {
            <p class="small">
                <input type="hidden" name="person" value=choice.person.clone() />
                {tr!(locale, admin.deliveries_one_person)}
                " "
                <a href=without.address(None)>{tr!(locale, admin.audit_everybody)}</a>
            </p>
        }
    });
    let path = AdminSection::Deliveries.path();
    view! {
        <form class="filters" action=path>
            {person}
            <div class="inline">
                {select("state", tr!(locale, admin.state), tr!(locale, admin.any), &choice.state, states)}
                {select("channel", tr!(locale, admin.channel), tr!(locale, admin.any), &choice.channel, channels)}
                {day("since", tr!(locale, admin.since), &choice.since)}
                {day("until", tr!(locale, admin.until), &choice.until)}
                {buttons(locale, path, choice.narrows())}
            </div>
        </form>
    }
    .into_any()
}

fn channel_words(locale: Locale, channel: Channel) -> &'static str {
    match channel {
        Channel::Sms => tr!(locale, admin.by_sms),
        Channel::Mail => tr!(locale, admin.by_mail),
    }
}

fn state_words(locale: Locale, state: DeliveryState) -> (Tone, IconName, &'static str) {
    match state {
        DeliveryState::Waiting => (Tone::Plain, IconName::Clock, tr!(locale, admin.sent_waiting)),
        DeliveryState::Sending => (Tone::Info, IconName::Spin, tr!(locale, admin.sent_sending)),
        DeliveryState::Sent => (Tone::Good, IconName::Check, tr!(locale, admin.sent_sent)),
        DeliveryState::Failed => (Tone::Bad, IconName::Stop, tr!(locale, admin.sent_failed)),
        DeliveryState::Expired => (Tone::Warn, IconName::Clock, tr!(locale, admin.sent_expired)),
    }
}

/// Which message it was; a newer one than this page knows is named by its code.
fn message_words(locale: Locale, event: &str) -> Option<&'static str> {
    Some(match event {
        "sign_in_code" => tr!(locale, admin.msg_sign_in_code),
        "registration_code" => tr!(locale, admin.msg_registration_code),
        "mobile_code" => tr!(locale, admin.msg_mobile_code),
        "email_code" => tr!(locale, admin.msg_email_code),
        "password_code" => tr!(locale, admin.msg_password_code),
        "account_created" => tr!(locale, admin.msg_account_created),
        "already_registered" => tr!(locale, admin.msg_already_registered),
        "mobile_changed" => tr!(locale, admin.msg_mobile_changed),
        "mobile_replaced" => tr!(locale, admin.msg_mobile_replaced),
        "email_changed" => tr!(locale, admin.msg_email_changed),
        "id_number_changed" => tr!(locale, admin.msg_id_number_changed),
        "review_received" => tr!(locale, admin.msg_review_received),
        "review_refused" => tr!(locale, admin.msg_review_refused),
        "password_failures" => tr!(locale, admin.msg_password_failures),
        "registration_link" => tr!(locale, admin.msg_registration_link),
        "first_password" => tr!(locale, admin.msg_first_password),
        "password_reset" => tr!(locale, admin.msg_password_reset),
        "password_chosen" => tr!(locale, admin.msg_password_chosen),
        _ => return None,
    })
}

/// Why the last try failed, as far as staff can do something about it.
fn error_words(locale: Locale, code: &str) -> Option<&'static str> {
    Some(match code {
        "DEL-01" => tr!(locale, admin.del_no_gateway),
        "DEL-02" | "DEL-03" | "DEL-04" => tr!(locale, admin.del_unreachable),
        "DEL-05" | "DEL-06" => tr!(locale, admin.del_account),
        "DEL-07" => tr!(locale, admin.del_recipient),
        "DEL-08" => tr!(locale, admin.del_message),
        "DEL-09" | "DEL-10" | "DEL-11" => tr!(locale, admin.del_answer),
        "DEL-12" | "DEL-13" | "MSG-01" | "MSG-02" => tr!(locale, admin.del_portal),
        _ => return None,
    })
}

fn table(ctx: &PageContext, lines: &[DeliveryLine]) -> AnyView {
    let locale = ctx.locale;
    let rows = lines.iter().map(|line| row(ctx, line)).collect_view();
    view! {
        <table class="tbl cards">
            <caption class="vh">{tr!(locale, admin.deliveries_title)}</caption>
            <thead>
                <tr>
                    <th scope="col">{tr!(locale, admin.when)}</th>
                    <th scope="col">{tr!(locale, admin.message)}</th>
                    <th scope="col">{tr!(locale, admin.recipient)}</th>
                    <th scope="col">{tr!(locale, admin.state)}</th>
                    <th scope="col">{tr!(locale, admin.gateway)}</th>
                    <th scope="col">{tr!(locale, admin.attempts)}</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}

fn row(ctx: &PageContext, line: &DeliveryLine) -> AnyView {
    let locale = ctx.locale;
    let (tone, icon, state) = state_words(locale, line.state);
    let message = match message_words(locale, &line.event) {
        Some(words) => words.into_any(),
        None => view! { <bdi class="ltr">{line.event.clone()}</bdi> }.into_any(),
    };
    let channel_icon = match line.channel {
        Channel::Sms => IconName::Sms,
        Channel::Mail => IconName::Mail,
    };
    let name = Some(line.name.clone()).filter(|name| !name.is_empty());
    let error = line.last_error.clone().map(|code| {
        let words = error_words(locale, &code);
        view! {
            <small>
                {words}
                " "
                <bdi class="ltr num">{code}</bdi>
            </small>
        }
    });
    let finished = line.finished_at.map(|at| view! { <small>{short(ctx, at)}</small> });
    view! {
        <tr>
            <td data-l=tr!(locale, admin.when)>
                <time>{short(ctx, line.created_at)}</time>
            </td>
            <td data-l=tr!(locale, admin.message)>
                {message} <small>
                    <Icon name=channel_icon />
                    " "
                    {channel_words(locale, line.channel)}
                </small>
            </td>
            <td data-l=tr!(locale, admin.recipient)>
                <bdi class="ltr num">{line.recipient_hint.clone()}</bdi>
                {name
                    .map(|name| {
                        view! {
                            <small>
                                <bdi>{name}</bdi>
                            </small>
                        }
                    })}
            </td>
            <td data-l=tr!(locale, admin.state)>
                <Chip tone=tone icon=icon>
                    {state}
                </Chip>
                {finished}
                {error}
            </td>
            <td data-l=tr!(locale, admin.gateway)>
                {line.gateway.clone().map(|gateway| view! { <bdi class="ltr">{gateway}</bdi> })}
            </td>
            <td data-l=tr!(locale, admin.attempts) class="num">
                {line.attempts.to_string()}
            </td>
        </tr>
    }
    .into_any()
}
