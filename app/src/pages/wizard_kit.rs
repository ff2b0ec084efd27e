//! What the pages of both wizards are made of: fields with their sentences, "send again", the box with help, refusals in words.
//!
//! The rule: a page is built from what is known and what was typed; what is wrong with it is added afterwards, by the name of the
//! field ([`mend`], [`refuse`]). So no builder needs to know of errors. Nothing here says whether a person is known.

use domain::{
    Email, EmailError, FictitiousNumberError, IdKind, IdNumberError, IdentifierError, Locale, NotDigits, Otp, OtpError,
    PersonIdentifier, SnilsError,
};
use services::Timestamp;
use services::clock::seconds_until;
use services::codes::FlowView;
use services::portal::SignInError;

use crate::api::wizard::work::{Asking, Outcome, Refused};
use crate::components::Tone;
use crate::icons::IconName;
use crate::page_context::PortalInfo;
use crate::text::{SLOT, in_time};
use crate::wizard::{
    Aside, Block, ChoiceOption, Choices, Form, Link, LocalCheck, LocalRule, ProblemLine, Resend, Rich, Span, TextField,
    WizardPage,
};
use crate::{tr, tr_count};

/// `name` of the radio buttons that choose the kind of ID number.
pub const ID_TYPE: &str = "id_type";
/// `name` of the person's own ID number.
pub const ID_NUMBER: &str = "id_number";
/// `name` of the code.
pub const CODE: &str = "code";
/// `name` of the e-mail address.
pub const EMAIL: &str = "email";

/// By which way a code was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeBy {
    /// To the mobile phone.
    Sms,
    /// To the e-mail address.
    Mail,
}

/// An empty page with its path, its title, the box with help, and the title under which problems are listed.
pub fn page(locale: Locale, info: &PortalInfo, path: &str, title: &str) -> WizardPage {
    WizardPage {
        path: path.to_owned(),
        title: title.to_owned(),
        problems_title: tr!(locale, sign_in.summary).to_owned(),
        aside: Some(help_aside(locale, info)),
        ..WizardPage::default()
    }
}

/// A page's main form: `name` is `main`, the button is the page's primary one. `forward` puts an arrow behind its words.
pub fn main_form(blocks: Vec<Block>, button: &str, forward: bool) -> Form {
    Form { name: "main".to_owned(), blocks, button: Some(button.to_owned()), primary: true, forward, ..Form::default() }
}

/// The box beside the panel: help line, and the user guide and the video where there are any.
pub fn help_aside(locale: Locale, info: &PortalInfo) -> Aside {
    let link = |url: &Option<String>, text: &str| url.clone().map(|href| Link { href, text: text.to_owned() });
    let guide = link(&info.guide_url, tr!(locale, about.guide));
    let video = link(&info.video_url, tr!(locale, about.video));
    Aside {
        heading: tr!(locale, register.help_heading).to_owned(),
        texts: vec![help_sentence(info, &tr!(locale, about.help, line = SLOT), tr!(locale, about.help_school))],
        links: guide.into_iter().chain(video).collect(),
    }
}

/// A sentence with the help line's number, as a link that dials it, in the place of [`SLOT`]; `school` says whom to ask where there
/// is no help line.
pub fn help_sentence(info: &PortalInfo, sentence: &str, school: &str) -> Rich {
    match &info.help_line {
        Some(line) => Rich::around(sentence, Span { href: Some(format!("tel:{line}")), ..Span::ltr(line.as_str()) }),
        None => Rich::plain(school),
    }
}

/// A paragraph of plain words.
pub fn text(words: &str) -> Block {
    Block::Text(Rich::plain(words))
}

/// Standing advice.
pub fn advice(icon: IconName, words: Rich) -> Block {
    Block::Note { tone: Tone::Info, icon, role: None, text: words }
}

/// Good news about what just happened.
pub fn good_news(icon: IconName, words: Rich) -> Block {
    Block::Note { tone: Tone::Good, icon, role: Some("status".to_owned()), text: words }
}

/// Something that just happened and needs attention.
pub fn warning(icon: IconName, words: Rich) -> Block {
    Block::Note { tone: Tone::Warn, icon, role: Some("status".to_owned()), text: words }
}

/// The kind of ID number that was chosen; the portal's first kind when none of the portal's was. `kinds` is never empty
/// ([`PortalInfo::id_kinds`]).
pub fn kind_of(kinds: &[IdKind], code: &str) -> IdKind {
    IdKind::from_code(code).filter(|kind| kinds.contains(kind)).or_else(|| kinds.first().copied()).unwrap_or_default()
}

/// The radio buttons [`ID_TYPE`]; `None` where the portal takes one kind only. To stand directly before [`id_field`].
pub fn kind_choices(locale: Locale, kinds: &[IdKind], chosen: IdKind) -> Option<Block> {
    let option = |kind: &IdKind| ChoiceOption {
        value: kind.code().to_owned(),
        text: match kind {
            IdKind::RuSnils => tr!(locale, sign_in.id_kind_snils),
            IdKind::IlId | IdKind::Fictitious => tr!(locale, sign_in.id_kind_il),
        }
        .to_owned(),
        lang: None,
    };
    (kinds.len() > 1).then(|| {
        Block::Choices(Choices {
            name: ID_TYPE.to_owned(),
            legend: tr!(locale, sign_in.id_kind).to_owned(),
            options: kinds.iter().map(option).collect(),
            chosen: chosen.code().to_owned(),
            ..Choices::default()
        })
    })
}

/// The field [`ID_NUMBER`] for the person's own number, checked in the browser when it is left.
pub fn id_field(locale: Locale, kinds: &[IdKind], chosen: IdKind, value: String) -> TextField {
    let several = kinds.len() > 1;
    let (label, hint) = match chosen {
        _ if several => (tr!(locale, sign_in.id_label), tr!(locale, sign_in.id_hint)),
        IdKind::RuSnils => (tr!(locale, sign_in.id_label_snils), tr!(locale, sign_in.id_hint_snils)),
        IdKind::IlId | IdKind::Fictitious => (tr!(locale, sign_in.id_label_il), tr!(locale, sign_in.id_hint_il)),
    };
    TextField {
        hint: Some(hint.to_owned()),
        check: Some(LocalCheck {
            rule: LocalRule::Identifier {
                kind: chosen,
                chosen_by: several.then(|| ID_TYPE.to_owned()),
                unchecked_by: None,
            },
            texts: id_texts(locale, kinds),
        }),
        ..number_field(ID_NUMBER, label, value)
    }
}

/// A field for an ID number of any kind, without hint and without a check in the browser.
pub fn number_field(name: &str, label: &str, value: String) -> TextField {
    TextField {
        name: name.to_owned(),
        label: label.to_owned(),
        value,
        kind: "text".to_owned(),
        autocomplete: "off".to_owned(),
        inputmode: Some("numeric".to_owned()),
        class: "w-10 num".to_owned(),
        maxlength: Some(32),
        ltr: true,
        ..TextField::default()
    }
}

/// Reads [`ID_NUMBER`] as typed, of the kind that was chosen.
///
/// # Errors
/// The sentence that says what to write.
pub fn parse_id(locale: Locale, kinds: &[IdKind], kind: &str, typed: &str) -> Result<PersonIdentifier, String> {
    PersonIdentifier::parse(kind_of(kinds, kind), typed).map_err(|error| id_sentence(locale, error))
}

/// What is wrong with a person's own ID number.
pub fn id_sentence(locale: Locale, error: IdentifierError) -> String {
    let snils = error.kind() == IdKind::RuSnils;
    match error.code() {
        "empty" if snils => tr!(locale, sign_in.snils_empty),
        "empty" => tr!(locale, sign_in.id_empty),
        "not_digits" if snils => tr!(locale, sign_in.snils_digits),
        "not_digits" => tr!(locale, sign_in.id_digits),
        "too_short" => tr!(locale, sign_in.snils_short),
        "too_long" if snils => tr!(locale, sign_in.snils_long),
        "too_long" => tr!(locale, sign_in.id_long),
        _ if snils => tr!(locale, sign_in.snils_check),
        _ => tr!(locale, sign_in.id_check),
    }
    .to_owned()
}

/// The sentences that the browser shows by itself. With several kinds to choose from, a code whose sentence depends on the kind has
/// the kind's code and a dot before it (`ru_snils.too_long`). An empty field is left to the server: whoever passes through it has
/// not made a mistake yet.
pub fn id_texts(locale: Locale, kinds: &[IdKind]) -> Vec<(String, String)> {
    let several = kinds.len() > 1;
    let mut texts = Vec::new();
    for kind in kinds {
        for error in slips(*kind) {
            let code = if several { format!("{}.{}", kind.code(), error.code()) } else { error.code().to_owned() };
            texts.push((code, id_sentence(locale, error)));
        }
    }
    if several {
        // The same for every kind, so it can be shown whichever is chosen.
        for code in ["check_digit", "all_zero"] {
            texts.push((code.to_owned(), tr!(locale, sign_in.id_check).to_owned()));
        }
    }
    texts
}

/// The mistakes that can be made with a number of a kind, except to write nothing.
fn slips(kind: IdKind) -> Vec<IdentifierError> {
    let not_digits = NotDigits { character: 'x' };
    match kind {
        IdKind::IlId => [
            IdNumberError::NotDigits(not_digits),
            IdNumberError::TooLong,
            IdNumberError::AllZero,
            IdNumberError::CheckDigit,
        ]
        .map(IdentifierError::from)
        .to_vec(),
        IdKind::RuSnils => [
            SnilsError::NotDigits(not_digits),
            SnilsError::TooShort,
            SnilsError::TooLong,
            SnilsError::AllZero,
            SnilsError::CheckDigit,
        ]
        .map(IdentifierError::from)
        .to_vec(),
        IdKind::Fictitious => [
            FictitiousNumberError::NotDigits(not_digits),
            FictitiousNumberError::TooLong,
            FictitiousNumberError::AllZero,
        ]
        .map(IdentifierError::from)
        .to_vec(),
    }
}

/// The field [`CODE`]. It is always empty: a refused code is typed anew.
pub fn code_field(locale: Locale, by: CodeBy) -> TextField {
    let label = match by {
        CodeBy::Sms => tr!(locale, sign_in.code_label),
        CodeBy::Mail => tr!(locale, register.code_label_mail),
    };
    TextField {
        name: CODE.to_owned(),
        label: label.to_owned(),
        hint: Some(tr!(locale, sign_in.code_hint).to_owned()),
        kind: "text".to_owned(),
        autocomplete: "one-time-code".to_owned(),
        inputmode: Some("numeric".to_owned()),
        class: "code".to_owned(),
        maxlength: Some(16),
        ltr: true,
        ..TextField::default()
    }
}

/// Reads [`CODE`] as typed or pasted.
///
/// # Errors
/// The sentence that says what to write.
pub fn parse_code(locale: Locale, by: CodeBy, typed: &str) -> Result<Otp, String> {
    Otp::parse(typed).map_err(|error| {
        match (error, by) {
            (OtpError::Empty, CodeBy::Sms) => tr!(locale, sign_in.code_empty),
            (OtpError::Empty, CodeBy::Mail) => tr!(locale, register.code_empty_mail),
            (OtpError::NotDigits(_) | OtpError::Length { .. }, _) => tr!(locale, sign_in.code_format),
        }
        .to_owned()
    })
}

/// The form `resend` with its countdown. It posts the hidden field `resend=1`.
pub fn resend_form(locale: Locale, info: &PortalInfo, now: Timestamp, code: &FlowView) -> Form {
    let wait_s = seconds_until(now, code.next_send_at);
    let when = in_time(locale, u64::from(wait_s));
    let none = if info.help_line.is_some() {
        tr!(locale, register.resend_none)
    } else {
        tr!(locale, register.resend_none_school)
    };
    Form {
        name: "resend".to_owned(),
        hidden: vec![("resend".to_owned(), "1".to_owned())],
        blocks: vec![Block::Resend(Resend {
            wait_s,
            clock: tr!(locale, sign_in.resend_clock, clock = "{a}"),
            words: tr!(locale, sign_in.resend_wait, when = when),
            button: tr!(locale, sign_in.resend).to_owned(),
            none: (code.sends_left == 0).then(|| none.to_owned()),
        })],
        ..Form::default()
    }
}

/// "We have sent a new code": for the page that follows on «send again».
pub fn sent_again(locale: Locale) -> Block {
    good_news(IconName::Sms, Rich::plain(tr!(locale, sign_in.resend_done)))
}

/// Where to turn when no code comes; opens on request.
pub fn code_help(locale: Locale, info: &PortalInfo) -> Block {
    Block::Details {
        summary: tr!(locale, sign_in.code_help).to_owned(),
        text: help_sentence(
            info,
            &tr!(locale, sign_in.code_help_text, line = SLOT),
            tr!(locale, sign_in.code_help_text_school),
        ),
    }
}

/// "Give the code to nobody."
pub fn code_warning(locale: Locale) -> Block {
    advice(IconName::Shield, Rich::plain(tr!(locale, sign_in.code_warning)))
}

/// The field [`EMAIL`], checked in the browser when it is left.
pub fn email_field(locale: Locale, hint: &str, value: String) -> TextField {
    let slips = [EmailError::TooLong, EmailError::Space, EmailError::At, EmailError::Local, EmailError::Domain];
    TextField {
        name: EMAIL.to_owned(),
        label: tr!(locale, register.email_label).to_owned(),
        hint: Some(hint.to_owned()),
        value,
        kind: "email".to_owned(),
        autocomplete: "email".to_owned(),
        // Longer than an address can be, so that a slip of the paste is seen and not cut off.
        maxlength: Some(300),
        ltr: true,
        check: Some(LocalCheck {
            rule: LocalRule::Email,
            texts: slips.map(|error| (error.code().to_owned(), email_sentence(locale, error))).to_vec(),
        }),
        ..TextField::default()
    }
}

/// Reads [`EMAIL`] as typed.
///
/// # Errors
/// The sentence that says what to write.
pub fn parse_email(locale: Locale, typed: &str) -> Result<Email, String> {
    Email::parse(typed).map_err(|error| email_sentence(locale, error))
}

/// What is wrong with an e-mail address.
pub fn email_sentence(locale: Locale, error: EmailError) -> String {
    match error {
        EmailError::Empty => tr!(locale, register.email_empty),
        EmailError::TooLong => tr!(locale, register.email_long),
        EmailError::Space => tr!(locale, register.email_space),
        EmailError::At => tr!(locale, register.email_at),
        EmailError::Local => tr!(locale, register.email_local),
        EmailError::Domain => tr!(locale, register.email_domain),
    }
    .to_owned()
}

/// Adds a problem: to the list at the top of the page, and beside the field of that name.
pub fn mend(page: &mut WizardPage, field: &str, sentence: impl Into<String>) {
    let sentence = sentence.into();
    for block in page.forms.iter_mut().flat_map(|form| &mut form.blocks) {
        let beside = match block {
            Block::Field(found) if found.name == field => &mut found.error,
            Block::NewPassword(found) if found.field.name == field => &mut found.field.error,
            Block::Choices(found) if found.name == field => &mut found.error,
            Block::Tick(found) if found.name == field => &mut found.error,
            Block::Pick(found) if found.name == field => &mut found.error,
            Block::Pick(found) => match &mut found.more {
                Some(more) if more.name == field => &mut more.error,
                _ => continue,
            },
            _ => continue,
        };
        *beside = Some(sentence.clone());
    }
    page.problems.push(ProblemLine { field: Some(field.to_owned()), text: sentence });
}

/// Adds a problem that is no field's fault; the list's title then says that it did not work.
pub fn failed(page: &mut WizardPage, locale: Locale, sentence: impl Into<String>) {
    tr!(locale, register.summary_failed).clone_into(&mut page.problems_title);
    page.problems.push(ProblemLine { field: None, text: sentence.into() });
}

/// What the services refused, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// HTTP status: 422 for what can be mended, 429 while waiting is asked for, 503 while the server is busy or a part of it is down.
    pub status: u16,
    /// Seconds for `Retry-After`.
    pub retry_after_s: Option<u32>,
    /// The sentence that says what to do.
    pub text: String,
    /// It belongs to what stands in the field, rather than to the moment.
    pub of_field: bool,
}

/// Puts a refusal of the services into words. What the operator is to know goes to the log, with the request's id.
pub fn trouble(asking: &Asking, error: &SignInError) -> Trouble {
    let locale = asking.locale;
    let when = |seconds: u32| in_time(locale, u64::from(seconds));
    let of_field = |text: String| Trouble { status: 422, retry_after_s: None, text, of_field: true };
    let wait =
        |seconds: u32, text: String| Trouble { status: 429, retry_after_s: Some(seconds), text, of_field: false };
    match *error {
        SignInError::CodeWrong { tries_left } => {
            let left = tr_count!(locale, u64::from(tries_left), sign_in.tries_left);
            of_field(tr!(locale, sign_in.code_wrong, left = left))
        }
        SignInError::CodeDead => of_field(tr!(locale, sign_in.code_dead).to_owned()),
        // The wizards have drafts and flows of their own, so an unknown flow is a code that is no longer awaited.
        SignInError::CodeExpired | SignInError::FlowUnknown => of_field(tr!(locale, sign_in.code_expired).to_owned()),
        SignInError::Wrong => of_field(tr!(locale, sign_in.wrong).to_owned()),
        SignInError::TooSoon { retry_at } => {
            let seconds = asking.seconds_until(retry_at);
            wait(seconds, tr!(locale, sign_in.too_soon, when = when(seconds)))
        }
        SignInError::TooMany { retry_at } => {
            let seconds = asking.seconds_until(retry_at);
            wait(seconds, tr!(locale, register.too_many, when = when(seconds)))
        }
        SignInError::Wait { retry_at } => {
            let seconds = asking.seconds_until(retry_at);
            wait(seconds, tr!(locale, sign_in.wait, when = when(seconds)))
        }
        SignInError::Busy { retry_after_s } => {
            let text = tr!(locale, register.busy, when = when(retry_after_s));
            Trouble { status: 503, retry_after_s: Some(retry_after_s), text, of_field: false }
        }
        SignInError::Store(_) | SignInError::Crypto(_) => {
            let request_id = &asking.visit.request_id;
            tracing::error!(code = error.code(), %request_id, error = %error, "a wizard's step failed");
            Trouble {
                status: 503,
                retry_after_s: Some(5),
                text: tr!(locale, sign_in.failed).to_owned(),
                of_field: false,
            }
        }
    }
}

/// The page again, with what the services refused: beside the field, or above all where the moment is at fault.
pub fn refuse(asking: &Asking, mut page: WizardPage, field: &str, error: &SignInError) -> Outcome {
    let Trouble { status, retry_after_s, text, of_field } = trouble(asking, error);
    if of_field {
        mend(&mut page, field, text);
    } else {
        failed(&mut page, asking.locale, text);
    }
    Outcome::Refused(Refused { page: Box::new(page), status, retry_after_s })
}

/// A value of an address's query, as it stands there; `None` when it is not named.
pub fn parameter<'query>(query: &'query str, name: &str) -> Option<&'query str> {
    query
        .split('&')
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .find_map(|(key, value)| (key == name).then_some(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_stands_beside_its_field_and_in_the_list() {
        let field = number_field(ID_NUMBER, "Number", "123456789".to_owned());
        let mut page =
            WizardPage { forms: vec![main_form(vec![Block::Field(field)], "On", true)], ..WizardPage::default() };
        mend(&mut page, ID_NUMBER, "Mend it");
        mend(&mut page, "elsewhere", "And this");
        let texts: Vec<_> = page.problems.iter().map(|line| (line.field.as_deref(), line.text.as_str())).collect();
        assert_eq!(texts, [(Some(ID_NUMBER), "Mend it"), (Some("elsewhere"), "And this")]);
        let field = page.forms.iter().flat_map(|form| &form.blocks).find_map(|block| match block {
            Block::Field(field) => Some(field),
            _ => None,
        });
        assert_eq!(field.and_then(|field| field.error.as_deref()), Some("Mend it"));
        assert_eq!(field.map(|field| field.value.as_str()), Some("123456789"), "what was typed stays");
    }

    #[test]
    fn each_mistake_in_a_number_has_the_words_of_its_kind() {
        let il = id_texts(Locale::En, &[IdKind::IlId]);
        assert!(il.iter().any(|(code, text)| code == "too_long" && text.contains("9 digits")));
        let both = id_texts(Locale::En, &[IdKind::IlId, IdKind::RuSnils]);
        assert!(both.iter().any(|(code, text)| code == "ru_snils.too_long" && text.contains("11 digits")));
        assert!(both.iter().all(|(code, _)| code != "too_long" && code != "empty"));
    }

    #[test]
    fn a_kind_that_the_portal_does_not_take_counts_as_its_first() {
        let kinds = [IdKind::RuSnils, IdKind::IlId];
        assert_eq!(kind_of(&kinds, "il_id"), IdKind::IlId);
        assert_eq!(kind_of(&kinds, "fictitious"), IdKind::RuSnils);
        assert_eq!(kind_of(&kinds, ""), IdKind::RuSnils);
    }

    #[test]
    fn the_query_is_read_by_name() {
        assert_eq!(parameter("lang=he&draft=abc", "draft"), Some("abc"));
        assert_eq!(parameter("ended", "ended"), Some(""));
        assert_eq!(parameter("draft_of=1", "draft"), None);
    }
}
