//! `/sign-in/code`: one input for the code, a countdown to the next one, and where to turn when none comes.

use domain::{IdKind, Locale};
use leptos::html;
use leptos::prelude::*;

use super::CodePage;
use super::identify::sms_card;
use super::problems::{field_error, summary, summary_title};
use super::submit::submission;
use crate::api::forms::FieldName;
use crate::api::sign_in::{CodeForm, answer_code};
use crate::components::{
    Button, ButtonLook, ErrorSummary, Field, Icon, LinkButton, Note, SendAgain, Tone, help_sentence,
};
use crate::icons::IconName;
use crate::text::{SLOT, in_time};
use crate::tr;

/// The inside of `<main>`.
pub fn code_view(locale: Locale, page: CodePage) -> impl IntoView {
    let refusal = RwSignal::new(page.refusal.clone());
    let code = NodeRef::<html::Input>::new();
    let read = move || CodeForm {
        code: code.get_untracked().map(|input| input.value()).unwrap_or_default(),
        resend: String::new(),
    };
    let answer = submission(locale, refusal, FieldName::Code, Some(code), read, answer_code);
    let items =
        Signal::derive(move || refusal.with(|refusal| summary(locale, IdKind::IlId, refusal, &[FieldName::Code])));
    let error =
        Signal::derive(move || refusal.with(|refusal| field_error(locale, IdKind::IlId, FieldName::Code, refusal)));
    let (title, lead) = if page.second_factor {
        (tr!(locale, sign_in.second_title), tr!(locale, sign_in.second_lead))
    } else if page.not_sent {
        (tr!(locale, sign_in.code_title), tr!(locale, sign_in.code_not_sent))
    } else {
        (tr!(locale, sign_in.code_title), tr!(locale, sign_in.code_lead))
    };
    let back = if page.second_factor { tr!(locale, sign_in.start_again) } else { tr!(locale, sign_in.change_id) };
    let ask_again = || CodeForm { code: String::new(), resend: "1".to_owned() };
    let again = submission(locale, refusal, FieldName::Code, None, ask_again, answer_code);
    view! {
        <div class="page">
            <div class="split ways">
                <section class="panel leaf">
                    <ErrorSummary title=summary_title(locale, refusal) items />
                    <a class="back" href="/sign-in">
                        <Icon name=IconName::Back />
                        {back}
                    </a>
                    <h1>{title}</h1>
                    <p class="muted lead-in">{lead}</p>
                    {(page.sent_again && page.refusal.problems.is_empty())
                        .then(|| {
                            view! {
                                <Note tone=Tone::Good icon=IconName::Sms role="status">
                                    <p class="small">{tr!(locale, sign_in.resend_done)}</p>
                                </Note>
                            }
                        })}
                    <form method="post" action="/sign-in/code" novalidate on:submit=move |event| answer.submit(event)>
                        <Field
                            id=FieldName::Code.id()
                            name=FieldName::Code.id()
                            label=tr!(locale, sign_in.code_label)
                            hint=tr!(locale, sign_in.code_hint)
                            error=error
                            autocomplete="one-time-code"
                            inputmode="numeric"
                            class="code"
                            maxlength=16
                            ltr=true
                            node=code
                        />
                        <div class="btns">
                            <Button busy=answer.busy>{tr!(locale, sign_in.submit)}</Button>
                        </div>
                    </form>
                    <form
                        class="again"
                        method="post"
                        action="/sign-in/code"
                        on:submit=move |event| again.submit(event)
                    >
                        <input type="hidden" name="resend" value="1" />
                        <SendAgain
                            wait_s=page.wait_s
                            clock=tr!(locale, sign_in.resend_clock, clock = "{a}")
                            words=tr!(locale, sign_in.resend_wait, when = in_time(locale, u64::from(page.wait_s)))
                            button=tr!(locale, sign_in.resend)
                            none=page.no_more_codes.then(|| no_more(locale, &page).to_owned())
                            busy=again.busy
                        />
                    </form>
                    <details class="more">
                        <summary>{tr!(locale, sign_in.code_help)}</summary>
                        <p class="small">{help(locale, page.help_line.as_deref())}</p>
                    </details>
                    <Note icon=IconName::Shield>
                        <p class="small">{tr!(locale, sign_in.code_warning)}</p>
                    </Note>
                </section>
                <aside class="stack" aria-label=tr!(locale, sign_in.other_ways)>
                    {if page.second_factor {
                        sms_card(locale).into_any()
                    } else {
                        view! {
                            <div class="card">
                                <h2>{tr!(locale, sign_in.password_heading)}</h2>
                                <p class="muted small lead-in">{tr!(locale, sign_in.password_lead)}</p>
                                <LinkButton href="/sign-in/password" look=ButtonLook::SecondWide>
                                    <Icon name=IconName::Key />
                                    {tr!(locale, sign_in.password_link)}
                                </LinkButton>
                            </div>
                        }
                            .into_any()
                    }}
                </aside>
            </div>
        </div>
    }
}

fn help(locale: Locale, line: Option<&str>) -> AnyView {
    help_sentence(line, &tr!(locale, sign_in.code_help_text, line = SLOT), tr!(locale, sign_in.code_help_text_school))
}

/// No code can be sent for a while. Who has typed the password already has no other way but to wait or to ask.
fn no_more(locale: Locale, page: &CodePage) -> &'static str {
    match (page.second_factor, &page.help_line) {
        (false, _) => tr!(locale, sign_in.resend_none),
        (true, Some(_)) => tr!(locale, sign_in.resend_none_staff),
        (true, None) => tr!(locale, sign_in.resend_none_staff_school),
    }
}
