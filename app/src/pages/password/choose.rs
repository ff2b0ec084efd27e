//! `/password/choose`: the new password twice, a security question with its answer, the e-mail address; how the phone is changed.

use domain::password::check;
use domain::{Assessment, Locale, Password, SecurityQuestion};
use services::password_wizard::WizardView;

use super::policy::policy_texts;
use super::{ANSWER, OWN_QUESTION, PASSWORD, PASSWORD_AGAIN, QUESTION, on_rail};
use crate::icons::IconName;
use crate::page_context::PortalInfo;
use crate::pages::wizard_kit::{advice, email_field, help_sentence, main_form, page};
use crate::text::SLOT;
use crate::tr;
use crate::wizard::{Block, ChoiceOption, NewPassword, Pick, Reveal, Rich, Span, TextField, WizardPage, policy_lines};

const PATH: &str = "/password/choose";
/// The drop-down's value for a question of one's own.
pub const OWN: &str = "own";

/// What stands in the page's fields; secrets never do.
#[derive(Clone, Default)]
pub struct Chosen {
    /// The question's code, [`OWN`], or nothing.
    pub question: String,
    /// One's own question.
    pub own_question: String,
    /// The e-mail address.
    pub email: String,
}

impl Chosen {
    /// The page as it is first shown: the address on file, and no question chosen.
    pub fn of(view: &WizardView) -> Self {
        let email = view.email.as_ref().map(|email| email.as_str().to_owned()).unwrap_or_default();
        Self { email, ..Self::default() }
    }
}

/// The page. `assessment` is what the policy says about a password that was refused.
pub fn choose(
    locale: Locale,
    info: &PortalInfo,
    view: &WizardView,
    chosen: Chosen,
    assessment: Option<&Assessment>,
) -> WizardPage {
    let mut blocks = vec![Block::NewPassword(new_password(locale, view, assessment)), Block::Field(again(locale))];
    if view.asks_question {
        let answer = TextField {
            hint: Some(tr!(locale, password.answer_hint).to_owned()),
            ..written(ANSWER, tr!(locale, password.answer), String::new())
        };
        blocks.extend([Block::Pick(question(locale, chosen.question, chosen.own_question)), Block::Field(answer)]);
    }
    let email = email_field(locale, tr!(locale, password.email_hint), chosen.email);
    let email = TextField { label: tr!(locale, password.email).to_owned(), ..email };
    blocks.extend([Block::Field(email), phone(locale, info, view)]);
    let lead = if view.policy.latin_letters_and_digits() {
        tr!(locale, password.choose_lead_legacy)
    } else {
        tr!(locale, password.choose_lead)
    };
    let choose = WizardPage {
        lead: Some(Rich::plain(lead)),
        forms: vec![main_form(blocks, tr!(locale, password.save), false)],
        ..page(locale, info, PATH, tr!(locale, password.step_choose))
    };
    on_rail(locale, choose, 2)
}

/// Says, on a refused page, why some fields are empty.
pub fn emptied(locale: Locale) -> Block {
    advice(IconName::Lock, Rich::plain(tr!(locale, password.type_again)))
}

fn new_password(locale: Locale, view: &WizardView, assessment: Option<&Assessment>) -> NewPassword {
    let policy = &view.policy;
    let texts = policy_texts(locale);
    // Nothing is typed yet, or the refused password is emptied: the list says what was wrong with it.
    let untouched = || Password::new("").map(|empty| check(policy, &empty, &view.context, None)).unwrap_or_default();
    let lines = policy_lines(&texts, &assessment.cloned().unwrap_or_else(untouched));
    let (min, max) = (policy.min(view.context.second_factor), policy.max());
    let about_text = if policy.latin_letters_and_digits() {
        tr!(locale, password.policy_legacy, min = min, max = max)
    } else {
        tr!(locale, password.policy_nist, min = min, max = max)
    };
    NewPassword {
        field: secret(locale, PASSWORD, tr!(locale, password.password)),
        policy: policy.clone(),
        second_factor: view.context.second_factor,
        user_code: view.context.user_code.clone(),
        names: view.context.names.clone(),
        service_names: view.context.service_names.clone(),
        texts,
        lines,
        about: tr!(locale, password.policy).to_owned(),
        about_text,
    }
}

fn again(locale: Locale) -> TextField {
    secret(locale, PASSWORD_AGAIN, tr!(locale, password.again))
}

/// A new password's field. Without a longest length: a password manager's text that is cut off would be another password.
fn secret(locale: Locale, name: &str, label: &str) -> TextField {
    TextField {
        kind: "password".to_owned(),
        autocomplete: "new-password".to_owned(),
        ltr: true,
        reveal: Some(Reveal {
            show: tr!(locale, sign_in.show).to_owned(),
            hide: tr!(locale, sign_in.hide).to_owned(),
            show_label: tr!(locale, sign_in.show_password).to_owned(),
            hide_label: tr!(locale, sign_in.hide_password).to_owned(),
        }),
        ..written(name, label, String::new())
    }
}

/// A field for words in any language.
fn written(name: &str, label: &str, value: String) -> TextField {
    TextField {
        name: name.to_owned(),
        label: label.to_owned(),
        value,
        kind: "text".to_owned(),
        autocomplete: "off".to_owned(),
        ..TextField::default()
    }
}

fn question(locale: Locale, chosen: String, own_question: String) -> Pick {
    let option = |value: &str, text: &str| ChoiceOption { value: value.to_owned(), text: text.to_owned(), lang: None };
    let listed = SecurityQuestion::ALL.map(|question| option(question.code(), question_text(locale, question)));
    Pick {
        name: QUESTION.to_owned(),
        label: tr!(locale, password.question).to_owned(),
        hint: Some(tr!(locale, password.question_hint).to_owned()),
        options: [option("", tr!(locale, password.question_pick))]
            .into_iter()
            .chain(listed)
            .chain([option(OWN, tr!(locale, password.q_own))])
            .collect(),
        chosen,
        more_when: Some(OWN.to_owned()),
        more: Some(TextField {
            hint: Some(tr!(locale, password.own_hint).to_owned()),
            ..written(OWN_QUESTION, tr!(locale, password.own), own_question)
        }),
        ..Pick::default()
    }
}

fn question_text(locale: Locale, question: SecurityQuestion) -> &'static str {
    match question {
        SecurityQuestion::FirstTeacher => tr!(locale, password.q_first_teacher),
        SecurityQuestion::FirstSchool => tr!(locale, password.q_first_school),
        SecurityQuestion::ChildhoodFriend => tr!(locale, password.q_childhood_friend),
        SecurityQuestion::ChildhoodStreet => tr!(locale, password.q_childhood_street),
        SecurityQuestion::FavouriteBook => tr!(locale, password.q_favourite_book),
        SecurityQuestion::FirstJob => tr!(locale, password.q_first_job),
    }
}

/// «להנחיות לשינוי מספר הטלפון»: which number is on file, and who changes it.
fn phone(locale: Locale, info: &PortalInfo, view: &WizardView) -> Block {
    let on_file = match &view.mobile_masked {
        Some(mobile) => Rich::around(&tr!(locale, password.phone_on_file, phone = SLOT), Span::ltr(mobile.as_str())),
        None => Rich::plain(tr!(locale, password.phone_none)),
    };
    let (how, by_school) = if view.asks_question {
        (tr!(locale, password.phone_how, line = SLOT), tr!(locale, password.phone_how_school))
    } else {
        (tr!(locale, password.phone_how_plain, line = SLOT), tr!(locale, password.phone_how_plain_school))
    };
    let how = help_sentence(info, &how, by_school);
    Block::Details {
        summary: tr!(locale, password.phone_summary).to_owned(),
        text: Rich(on_file.0.into_iter().chain([Span::plain(" ")]).chain(how.0).collect()),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_drop_down_begins_with_nothing_and_ends_with_ones_own() {
        for locale in Locale::ALL {
            let pick = question(locale, String::new(), "Why?".to_owned());
            let values: Vec<_> = pick.options.iter().map(|option| option.value.as_str()).collect();
            assert_eq!((values.first(), values.last()), (Some(&""), Some(&OWN)));
            assert_eq!(values.len(), SecurityQuestion::ALL.len() + 2);
            let texts: BTreeSet<_> = pick.options.iter().map(|option| option.text.as_str()).collect();
            assert_eq!(texts.len(), values.len(), "{locale:?}");
            assert_eq!(pick.more.map(|more| more.value), Some("Why?".to_owned()));
        }
    }

    #[test]
    fn secrets_begin_empty_and_are_not_cut_off() {
        let field = again(Locale::En);
        assert_eq!((field.value.as_str(), field.maxlength, field.kind.as_str()), ("", None, "password"));
        assert!(field.reveal.is_some());
    }
}
