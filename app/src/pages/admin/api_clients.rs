//! Programs that use the API: who may what, until when; a new one's token, shown once.

use std::collections::BTreeSet;

use domain::Locale;
use leptos::prelude::*;
use services::api_clients::{ApiScope, LONGEST_DAYS, ListedApiClient, NAME_MAX};

use super::days::{day, short};
use super::frame::{AdminFrame, AdminSection, admin_head};
use super::{DO, done_note, empty, field_class};
use crate::{
    components::{Chip, ErrorItem, ErrorSummary, Field, Icon, Note, Tone, error_line},
    icons::IconName,
    layout::PageMeta,
    page_context::PageContext,
    tr,
};

/// `id` of the first scope's box.
const SCOPES: &str = "scope-0";

/// What is wrong with the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientProblem {
    /// No name, or a long one.
    Name,
    /// Nothing that the program may do.
    NoScope,
    /// Not a number of days that is allowed.
    Days,
}

impl ClientProblem {
    fn words(self, locale: Locale) -> String {
        match self {
            Self::Name => tr!(locale, admin.bad_client_name, max = NAME_MAX),
            Self::NoScope => tr!(locale, admin.bad_client_scope).to_owned(),
            Self::Days => tr!(locale, admin.bad_client_days, max = LONGEST_DAYS),
        }
    }

    fn field(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::NoScope => SCOPES,
            Self::Days => "days",
        }
    }
}

/// What the form holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientForm {
    /// What the program is called.
    pub name: String,
    /// What it may do.
    pub scopes: BTreeSet<ApiScope>,
    /// For how many days.
    pub days: String,
    /// What is wrong.
    pub problem: Option<ClientProblem>,
}

/// What the page shows.
#[derive(Clone)]
pub struct ClientsPage {
    /// The way to the other pages.
    pub frame: AdminFrame,
    /// The programs, the newest first.
    pub clients: Vec<ListedApiClient>,
    /// The form for a new one.
    pub form: ClientForm,
    /// A program that was just made, and its token.
    pub made: Option<(String, String)>,
    /// A token was just taken back.
    pub revoked: bool,
}

/// What the frame says about the page.
#[must_use]
pub fn meta(ctx: &PageContext, page: &ClientsPage) -> PageMeta {
    PageMeta {
        private: true,
        has_errors: page.form.problem.is_some(),
        ..PageMeta::titled(AdminSection::ApiClients.name(ctx.locale))
    }
}

/// The page.
pub fn clients_view(ctx: &PageContext, page: ClientsPage) -> AnyView {
    let locale = ctx.locale;
    let ClientsPage { frame, clients, form, made, revoked } = page;
    let items: Vec<ErrorItem> = form
        .problem
        .map(|problem| ErrorItem { field: Some(problem.field().to_owned()), text: problem.words(locale) })
        .into_iter()
        .collect();
    let list = if clients.is_empty() { empty(tr!(locale, admin.clients_empty)) } else { table(ctx, &clients) };
    view! {
        <div class="work">
            {admin_head(locale, &frame, tr!(locale, admin.clients_lead), None)} <div class="stack">
                <ErrorSummary title=tr!(locale, admin.check).to_owned() items=items />
                {made.map(|(name, token)| made_view(locale, name, token))}
                {revoked.then(|| done_note(tr!(locale, admin.client_revoked).to_owned()))}
                {list}
                {form_view(locale, form)}
            </div>
        </div>
    }
    .into_any()
}

fn made_view(locale: Locale, name: String, token: String) -> AnyView {
    view! {
        <Note tone=Tone::Good icon=IconName::Key role="status">
            <p>
                <strong>{tr!(locale, admin.client_made, name = name)}</strong>
            </p>
            <p>{tr!(locale, admin.token_once)}</p>
            <p class="token">
                <label class="vh" for="token">
                    {tr!(locale, admin.token)}
                </label>
                <input class="input num" id="token" value=token readonly dir="ltr" spellcheck="false" />
            </p>
        </Note>
    }
    .into_any()
}

/// What a scope allows.
#[must_use]
pub fn scope_words(locale: Locale, scope: ApiScope) -> &'static str {
    match scope {
        ApiScope::ReadClasses => tr!(locale, admin.scope_read_classes),
        ApiScope::WritePeople => tr!(locale, admin.scope_write_people),
        ApiScope::ReadReadiness => tr!(locale, admin.scope_read_readiness),
        ApiScope::Import => tr!(locale, admin.scope_import),
        ApiScope::ReadAudit => tr!(locale, admin.scope_read_audit),
        ApiScope::ReadDeliveries => tr!(locale, admin.scope_read_deliveries),
    }
}

fn table(ctx: &PageContext, clients: &[ListedApiClient]) -> AnyView {
    let locale = ctx.locale;
    let rows = clients.iter().map(|client| row(ctx, client)).collect_view();
    view! {
        <table class="tbl cards">
            <caption class="vh">{tr!(locale, admin.clients_title)}</caption>
            <thead>
                <tr>
                    <th scope="col">{tr!(locale, admin.program)}</th>
                    <th scope="col">{tr!(locale, admin.may_do)}</th>
                    <th scope="col">{tr!(locale, admin.token)}</th>
                    <th scope="col">{tr!(locale, admin.last_used)}</th>
                    <th scope="col">{tr!(locale, admin.made_by)}</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}

fn row(ctx: &PageContext, client: &ListedApiClient) -> AnyView {
    let locale = ctx.locale;
    let scopes = client
        .scopes
        .iter()
        .map(|scope| {
            view! {
                <li>
                    {scope_words(locale, *scope)} " "
                    <bdi class="ltr muted small">{scope.code()}</bdi>
                </li>
            }
        })
        .collect_view();
    let (tone, icon, words) = match (client.revoked_at, client.expires_at) {
        (Some(at), _) => (Tone::Bad, IconName::Cross, tr!(locale, admin.token_revoked, day = day(ctx, at))),
        (None, Some(at)) if at <= ctx.now => {
            (Tone::Warn, IconName::Clock, tr!(locale, admin.token_over, day = day(ctx, at)))
        }
        (None, Some(at)) => (Tone::Good, IconName::Check, tr!(locale, admin.token_until, day = short(ctx, at))),
        (None, None) => (Tone::Good, IconName::Check, tr!(locale, admin.token_good).to_owned()),
    };
    let used = client.last_used_at.map_or_else(|| tr!(locale, admin.never_used).to_owned(), |at| short(ctx, at));
    let revoke = client.is_live(ctx.now).then(|| revoke(locale, client));
    view! {
        <tr>
            <th scope="row">
                <bdi>{client.name.clone()}</bdi>
                {revoke}
            </th>
            <td data-l=tr!(locale, admin.may_do)>
                <ul class="plain">{scopes}</ul>
            </td>
            <td data-l=tr!(locale, admin.token)>
                <Chip tone=tone icon=icon>
                    {words}
                </Chip>
            </td>
            <td data-l=tr!(locale, admin.last_used)>{used}</td>
            <td data-l=tr!(locale, admin.made_by)>
                <bdi>{client.created_by_name.clone()}</bdi>
                <small>{short(ctx, client.created_at)}</small>
            </td>
        </tr>
    }
    .into_any()
}

/// Taking a token back can't be undone, so it asks first.
fn revoke(locale: Locale, client: &ListedApiClient) -> AnyView {
    view! {
        <details class="more">
            <summary>
                {tr!(locale, admin.revoke)} <span class="vh">": " {client.name.clone()}</span>
            </summary>
            <form method="post" action=AdminSection::ApiClients.path()>
                <input type="hidden" name="client" value=client.id.to_string() />
                <p class="small above">{tr!(locale, admin.revoke_sure)}</p>
                <button class="btn danger s" name=DO value="revoke">
                    {tr!(locale, admin.revoke_do)}
                </button>
            </form>
        </details>
    }
    .into_any()
}

fn form_view(locale: Locale, form: ClientForm) -> AnyView {
    let ClientForm { name, scopes, days, problem } = form;
    let error = |of: ClientProblem| (problem == Some(of)).then(|| of.words(locale));
    let boxes = ApiScope::ALL
        .into_iter()
        .enumerate()
        .map(|(index, scope)| {
            view! {
                <label class="tick">
                    <input
                        type="checkbox"
                        id=format!("scope-{index}")
                        name="scope"
                        value=scope.code()
                        checked=scopes.contains(&scope)
                    />
                    <span>
                        {scope_words(locale, scope)} " " <bdi class="ltr muted small">{scope.code()}</bdi>
                    </span>
                </label>
            }
        })
        .collect_view();
    let scope_error = error(ClientProblem::NoScope);
    let class = field_class(scope_error.is_some());
    view! {
        <details class="more card" open=problem.is_some()>
            <summary>{tr!(locale, admin.client_new)}</summary>
            <p class="small muted above">{tr!(locale, admin.client_new_why)}</p>
            <form method="post" action=AdminSection::ApiClients.path() class="fields">
                <Field
                    id="name"
                    name="name"
                    label=tr!(locale, admin.client_name)
                    hint=tr!(locale, admin.client_name_hint)
                    error=error(ClientProblem::Name)
                    value=name
                    class="w-20"
                    maxlength=u16::try_from(NAME_MAX).unwrap_or(u16::MAX)
                />
                <fieldset class=class>
                    <legend>{tr!(locale, admin.may_do)}</legend>
                    {scope_error.map(|error| error_line(format!("{SCOPES}-e"), error))}
                    {boxes}
                </fieldset>
                <Field
                    id="days"
                    name="days"
                    label=tr!(locale, admin.client_days)
                    hint=tr!(locale, admin.client_days_hint, max = LONGEST_DAYS)
                    error=error(ClientProblem::Days)
                    value=days
                    inputmode="numeric"
                    class="w-10 num"
                    maxlength=3_u16
                />
                <div class="btns">
                    <button class="btn s" name=DO value="create">
                        <Icon name=IconName::Plus />
                        {tr!(locale, admin.client_create)}
                    </button>
                </div>
            </form>
        </details>
    }
    .into_any()
}
