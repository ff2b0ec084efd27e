//! Fresh proof of who is signed in, by the password: before a sensitive change.
//!
//! The rule: nothing that was typed is lost. The form that asked for the proof waits in hidden fields and goes on
//! with the password beside it.

use leptos::prelude::*;

use crate::{
    components::{Button, ErrorItem, ErrorSummary, Field, Icon, Note, Tone, help_sentence},
    icons::IconName,
    layout::PageMeta,
    page_context::PageContext,
    text::{SLOT, in_time},
    tr,
};

/// `id` and `name` of the field with the reader's own password.
pub const PASSWORD: &str = "password";

/// Why what was typed is no proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProofProblem {
    /// Nothing was typed.
    Empty,
    /// It was wrong.
    Wrong,
    /// It was wrong too often: so many seconds to wait.
    Wait(u64),
}

/// What the page shows.
#[derive(Clone)]
pub struct ConfirmPage {
    /// Where the form goes.
    pub action: String,
    /// What waits for the proof: names and values of hidden fields.
    pub kept: Vec<(String, String)>,
    /// Where to go without the proof.
    pub back: String,
    /// The reader has a password; otherwise only signing in anew is proof.
    pub has_password: bool,
    /// Why what was typed is no proof.
    pub problem: Option<ProofProblem>,
}

/// What the frame says about the page.
#[must_use]
pub fn meta(ctx: &PageContext, page: &ConfirmPage) -> PageMeta {
    PageMeta {
        private: true,
        has_errors: page.problem.is_some(),
        ..PageMeta::titled(tr!(ctx.locale, admin.confirm_title))
    }
}

/// The page.
pub fn confirm_view(ctx: &PageContext, page: ConfirmPage) -> AnyView {
    let locale = ctx.locale;
    let ConfirmPage { action, kept, back, has_password, problem } = page;
    let words = problem.map(|problem| match problem {
        ProofProblem::Empty => tr!(locale, admin.confirm_empty).to_owned(),
        ProofProblem::Wrong => tr!(locale, admin.confirm_wrong).to_owned(),
        ProofProblem::Wait(seconds) => tr!(locale, admin.confirm_wait, when = in_time(locale, seconds)),
    });
    let items: Vec<ErrorItem> =
        words.iter().map(|text| ErrorItem { field: Some(PASSWORD.to_owned()), text: text.clone() }).collect();
    let body = if has_password {
        let kept = kept
            .into_iter()
            .map(|(name, value)| view! { <input type="hidden" name=name value=value /> })
            .collect_view();
        view! {
            <form method="post" action=action>
                {kept}
                <Field
                    id=PASSWORD
                    name=PASSWORD
                    label=tr!(locale, admin.confirm_password)
                    error=words
                    kind="password"
                    autocomplete="current-password"
                    class="w-20"
                    maxlength=256_u16
                />
                <div class="btns">
                    <Button>{tr!(locale, admin.confirm_do)}</Button>
                    <a class="btn quiet" href=back>
                        {tr!(locale, admin.cancel)}
                    </a>
                </div>
            </form>
        }
        .into_any()
    } else {
        view! {
            <Note tone=Tone::Warn icon=IconName::Key>
                <p>{tr!(locale, admin.confirm_no_password)}</p>
            </Note>
            <form method="post" action="/sign-out" class="btns">
                <button class="btn">
                    <Icon name=IconName::SignOut />
                    {tr!(locale, common.sign_out)}
                </button>
                <a class="btn quiet" href=back>
                    {tr!(locale, admin.cancel)}
                </a>
            </form>
        }
        .into_any()
    };
    let help = help_sentence(
        ctx.portal.help_line.as_deref(),
        &tr!(locale, admin.confirm_help, line = SLOT),
        tr!(locale, admin.confirm_help_school),
    );
    view! {
        <div class="page">
            <div class="narrow">
                <section class="panel leaf">
                    <ErrorSummary title=tr!(locale, admin.check).to_owned() items=items />
                    <h1>{tr!(locale, admin.confirm_title)}</h1>
                    <p class="muted under">{tr!(locale, admin.confirm_why)}</p>
                    {body}
                    <p class="small muted apart">{help}</p>
                </section>
            </div>
        </div>
    }
    .into_any()
}
