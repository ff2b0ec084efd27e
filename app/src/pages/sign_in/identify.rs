//! `/sign-in`: a code by SMS to an ID number; beside it the other ways.

use domain::{IdKind, Locale, PersonIdentifier};
use leptos::html;
use leptos::prelude::*;

use super::SignInPage;
use super::password::PasswordCard;
use super::problems::{field_error, sentence, summary, summary_title};
use super::submit::submission;
use crate::api::forms::{FieldName, Refusal};
use crate::api::sign_in::{StartForm, problem_of, start};
use crate::components::{Button, ButtonLook, ErrorSummary, Field, LinkButton, Slip};
use crate::tr;

/// The inside of `<main>`.
pub fn sign_in_view(locale: Locale, page: SignInPage) -> impl IntoView {
    let refusal = RwSignal::new(page.refusal.clone());
    view! {
        <div class="page">
            <div class="split ways">
                <section class="panel leaf">
                    <IdForm locale page=page.clone() refusal />
                </section>
                <aside class="stack" aria-label=tr!(locale, sign_in.other_ways)>
                    <PasswordCard locale page=page.clone() refusal />
                    <OtherWays locale page />
                </aside>
            </div>
        </div>
    }
}

/// What follows below the two ways: Gosuslugi and registration, as far as this portal has them.
#[component]
pub fn OtherWays(
    /// Language.
    locale: Locale,
    /// The page's data.
    page: SignInPage,
) -> impl IntoView {
    view! {
        {page
            .esia
            .then(|| {
                view! {
                    <div class="card">
                        <h2>{tr!(locale, sign_in.pupils_heading)}</h2>
                        <p class="muted small lead-in">{tr!(locale, sign_in.pupils_lead)}</p>
                        <a class="btn second wide" href="/sign-in/esia" lang="ru" dir="ltr">
                            "Войти через госуслуги"
                        </a>
                    </div>
                }
            })}
        <p class="small">
            {tr!(locale, sign_in.not_registered)} " "
            {if page.registration {
                view! { <a href="/register">{tr!(locale, sign_in.register)}</a> }
            } else {
                view! { <a href="/about/registration">{tr!(locale, sign_in.how_to_register)}</a> }
            }}
        </p>
    }
}

#[component]
fn IdForm(locale: Locale, page: SignInPage, refusal: RwSignal<Refusal>) -> impl IntoView {
    let kind = RwSignal::new(page.kind);
    let number = NodeRef::<html::Input>::new();
    let next = StoredValue::new(page.next.clone());
    let typed = move || number.get_untracked().map(|input| input.value()).unwrap_or_default();
    let read = move || StartForm {
        id_type: kind.get_untracked().code().to_owned(),
        id_number: typed(),
        next: next.get_value(),
    };
    let form = submission(locale, refusal, FieldName::IdNumber, None, read, start);
    let told = Signal::derive(move || refusal.with(|refusal| !refusal.problems.is_empty()));
    let slip = Slip::new(told, move || {
        let (kind, typed) = (kind.get_untracked(), typed());
        let error = PersonIdentifier::parse(kind, &typed).err().filter(|_| !typed.trim().is_empty());
        error.map(|error| sentence(locale, kind, FieldName::IdNumber, problem_of(error)))
    });
    Effect::new(move |before: Option<()>| {
        kind.track();
        if before.is_some() && !typed().trim().is_empty() {
            slip.look_again();
        }
    });
    let items =
        Signal::derive(move || refusal.with(|refusal| summary(locale, kind.get(), refusal, &[FieldName::IdNumber])));
    let error = Signal::derive(move || {
        slip.shown(|| refusal.with(|refusal| field_error(locale, kind.get(), FieldName::IdNumber, refusal)))
    });
    let several = page.kinds.len() > 1;
    let (label, hint) = if several {
        (tr!(locale, sign_in.id_label), tr!(locale, sign_in.id_hint))
    } else if page.kind == IdKind::RuSnils {
        (tr!(locale, sign_in.id_label_snils), tr!(locale, sign_in.id_hint_snils))
    } else {
        (tr!(locale, sign_in.id_label_il), tr!(locale, sign_in.id_hint_il))
    };
    view! {
        <ErrorSummary title=summary_title(locale, refusal) items />
        <h1>{tr!(locale, sign_in.title)}</h1>
        <p class="muted lead-in">{tr!(locale, sign_in.sms_lead)}</p>
        <form method="post" action="/sign-in" novalidate on:submit=move |event| form.submit(event)>
            {several.then(|| view! { <KindChoice locale kinds=page.kinds.clone() kind /> })}
            <Field
                id=FieldName::IdNumber.id()
                name=FieldName::IdNumber.id()
                label=label
                hint=hint
                error=error
                value=page.id_number
                autocomplete="off"
                inputmode="numeric"
                class="w-10 num"
                maxlength=32
                ltr=true
                node=number
                typing=Callback::new(move |()| slip.typing())
                left=Callback::new(move |()| slip.left())
            />
            <input type="hidden" name="next" value=page.next />
            <div class="btns">
                <Button busy=form.busy>{tr!(locale, sign_in.send_sms)}</Button>
            </div>
        </form>
    }
}

#[component]
fn KindChoice(locale: Locale, kinds: Vec<IdKind>, kind: RwSignal<IdKind>) -> impl IntoView {
    view! {
        <fieldset class="field">
            <legend>{tr!(locale, sign_in.id_kind)}</legend>
            <div class="choices">
                {kinds
                    .into_iter()
                    .map(|choice| {
                        let word = if choice == IdKind::RuSnils {
                            tr!(locale, sign_in.id_kind_snils)
                        } else {
                            tr!(locale, sign_in.id_kind_il)
                        };
                        view! {
                            <label class="tick">
                                <input
                                    type="radio"
                                    name="id_type"
                                    value=choice.code()
                                    checked=kind.get_untracked() == choice
                                    on:change=move |_| kind.set(choice)
                                />
                                <span>{word}</span>
                            </label>
                        }
                    })
                    .collect_view()}
            </div>
        </fieldset>
    }
}

/// A link to the SMS way, for the pages of the other ways.
pub fn sms_card(locale: Locale) -> impl IntoView {
    view! {
        <div class="card">
            <h2>{tr!(locale, sign_in.sms_heading)}</h2>
            <p class="muted small lead-in">{tr!(locale, sign_in.sms_lead)}</p>
            <LinkButton href="/sign-in" look=ButtonLook::SecondWide>
                {tr!(locale, sign_in.sms_link)}
            </LinkButton>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::forms::Problem;

    #[test]
    fn every_problem_of_a_number_has_its_sentence() {
        for text in ["12a", "1234567890123", "123456789"] {
            let problem = PersonIdentifier::parse(IdKind::IlId, text).err().map(problem_of);
            assert!(problem.is_some_and(|problem| problem != Problem::Empty), "{text}");
        }
    }
}
