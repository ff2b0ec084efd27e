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
use crate::components::{Button, ButtonLook, ErrorSummary, Field, Icon, LinkButton, Note, Tone};
use crate::icons::IconName;
use crate::text::{SLOT, around, in_time};
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
    } else {
        (tr!(locale, sign_in.code_title), tr!(locale, sign_in.code_lead))
    };
    let back = if page.second_factor { tr!(locale, sign_in.start_again) } else { tr!(locale, sign_in.change_id) };
    let ask_again = || CodeForm { code: String::new(), resend: "1".to_owned() };
    let again = submission(locale, refusal, FieldName::Code, None, ask_again, answer_code);
    let left_s = RwSignal::new(page.wait_s);
    count_down(left_s);
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
                        <Resend locale no_more=page.no_more_codes left_s busy=again.busy />
                    </form>
                    <details class="more">
                        <summary>{tr!(locale, sign_in.code_help)}</summary>
                        <p class="small">{help(locale, &page.help_line)}</p>
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

/// "Send again": a countdown in words until it can be pressed, then a button. Without script the button is there from
/// the start, with the time beside it; the server keeps the time.
#[component]
fn Resend(locale: Locale, no_more: bool, left_s: RwSignal<u32>, busy: Signal<bool>) -> impl IntoView {
    let scripted = RwSignal::new(false);
    #[cfg(feature = "hydrate")]
    Effect::new(move |_| scripted.set(true));
    let wait = move || {
        let left = left_s.get();
        (left > 0).then(|| {
            let words = if scripted.get() {
                tr!(locale, sign_in.resend_clock, clock = clock(left))
            } else {
                tr!(locale, sign_in.resend_wait, when = in_time(locale, u64::from(left)))
            };
            view! {
                <p class="muted small">
                    <Icon name=IconName::Clock />
                    " "
                    <span class="num">{words}</span>
                </p>
            }
        })
    };
    view! {
        {if no_more {
            view! { <p class="muted small">{tr!(locale, sign_in.resend_none)}</p> }.into_any()
        } else {
            view! {
                {wait}
                <span hidden=move || scripted.get() && left_s.get() != 0>
                    <Button look=ButtonLook::Quiet busy>{tr!(locale, sign_in.resend)}</Button>
                </span>
            }
                .into_any()
        }}
    }
}

/// `0:24`; isolated, so that it keeps its order in right-to-left text (UAX #9).
fn clock(seconds: u32) -> String {
    format!("\u{2066}{}:{:02}\u{2069}", seconds / 60, seconds % 60)
}

fn help(locale: Locale, line: &str) -> AnyView {
    let link = view! {
        <a href=format!("tel:{line}")>
            <bdi class="ltr num">{line.to_owned()}</bdi>
        </a>
    };
    around(&tr!(locale, sign_in.code_help_text, line = SLOT), link)
}

/// Counts down once a second in the browser; on the server it stands still.
fn count_down(left_s: RwSignal<u32>) {
    #[cfg(feature = "hydrate")]
    Effect::new(move |_| {
        use leptos::leptos_dom::helpers::{TimeoutHandle, set_timeout_with_handle};

        let left = left_s.get();
        let handle: Option<TimeoutHandle> = (left > 0)
            .then(|| {
                set_timeout_with_handle(move || left_s.set(left.saturating_sub(1)), std::time::Duration::from_secs(1))
                    .ok()
            })
            .flatten();
        on_cleanup(move || {
            if let Some(handle) = handle {
                handle.clear();
            }
        });
    });
    #[cfg(not(feature = "hydrate"))]
    let _ = left_s;
}

#[cfg(test)]
mod tests {
    use super::clock;

    #[test]
    fn the_clock_reads_as_people_write_it() {
        assert_eq!(clock(24).trim_matches(['\u{2066}', '\u{2069}']), "0:24");
        assert_eq!(clock(125).trim_matches(['\u{2066}', '\u{2069}']), "2:05");
    }
}
