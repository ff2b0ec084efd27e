//! Whether a member of staff can sign in, what is lacking, and the invitation.

use domain::Locale;
use leptos::prelude::*;
use services::staff::StaffAccount;

use super::{DO, InviteProblem, StaffRow, change::confirm_view, invite_words};
use crate::{
    components::{Chip, Icon, Tone, error_line},
    icons::IconName,
    pages::admin::AdminSection,
    tr,
};

/// `id` of what stands there.
pub(super) fn account_id(person: &str) -> String {
    format!("account-{person}")
}

/// The state in words; for whoever may invite, the button, or what is to be added first.
pub(super) fn account_view(
    locale: Locale,
    here: &str,
    row: &StaffRow,
    may_invite: bool,
    problem: Option<InviteProblem>,
) -> AnyView {
    let waits = matches!(row.account, StaffAccount::None | StaffAccount::Invited);
    let no_mobile = row.mobile.is_none().then(|| chip(Tone::Warn, IconName::Phone, tr!(locale, people.no_phone)));
    let no_email =
        (waits && row.email.is_none()).then(|| chip(Tone::Warn, IconName::Mail, tr!(locale, people.staff_no_email)));
    let invite = (may_invite && row.account == StaffAccount::None).then(|| invite_view(locale, here, row));
    view! {
        <div class="stack" id=account_id(&row.id) tabindex="-1">
            <span class="chips">{state(locale, row)} {no_mobile} {no_email}</span>
            {problem.map(|problem| problem_view(locale, here, row, problem))}
            {invite}
        </div>
    }
    .into_any()
}

fn chip(tone: Tone, icon: IconName, words: &'static str) -> AnyView {
    view! {
        <Chip tone=tone icon=icon>
            {words}
        </Chip>
    }
    .into_any()
}

fn state(locale: Locale, row: &StaffRow) -> AnyView {
    // Whoever has rights signs in with a code by SMS, too.
    let lacks_code = row.mobile.is_none() && !row.rights.is_empty();
    match row.account {
        StaffAccount::None => chip(Tone::Plain, IconName::Clock, tr!(locale, people.staff_no_account)),
        StaffAccount::Invited => chip(Tone::Warn, IconName::Clock, tr!(locale, people.staff_is_invited)),
        StaffAccount::Active if lacks_code => chip(Tone::Bad, IconName::Stop, tr!(locale, people.staff_cannot)),
        StaffAccount::Active => chip(Tone::Good, IconName::Check, tr!(locale, people.staff_can)),
        StaffAccount::Barred => chip(Tone::Bad, IconName::Lock, tr!(locale, people.staff_barred)),
    }
}

fn invite_view(locale: Locale, here: &str, row: &StaffRow) -> AnyView {
    if row.mobile.is_none() || row.email.is_none() {
        return view! { <p class="small muted">{tr!(locale, people.staff_invite_needs)}</p> }.into_any();
    }
    view! {
        <form method="post" action=here.to_owned()>
            <input type="hidden" name=DO value="invite" />
            <input type="hidden" name="person" value=row.id.clone() />
            <button class="btn second s">
                <Icon name=IconName::Mail />
                {tr!(locale, people.staff_invite)}
                <span class="vh">": " {row.name.clone()}</span>
            </button>
        </form>
    }
    .into_any()
}

/// Why nobody was invited, and the way on where it leads elsewhere.
fn problem_view(locale: Locale, here: &str, row: &StaffRow, problem: InviteProblem) -> AnyView {
    let on = match problem {
        InviteProblem::ProofNeeded => Some(confirm_view(locale, here)),
        InviteProblem::HasAccount => Some(
            view! {
                <p>
                    <a href=AdminSection::Accounts.path()>{tr!(locale, people.accounts)}</a>
                </p>
            }
            .into_any(),
        ),
        InviteProblem::NoEmail | InviteProblem::NoMobile | InviteProblem::NoPost | InviteProblem::TooMany(_) => None,
    };
    view! {
        {error_line(format!("{}-e", account_id(&row.id)), invite_words(locale, problem))}
        {on}
    }
    .into_any()
}
