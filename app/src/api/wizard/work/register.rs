//! Registration, step by step: which page is due, what was posted, and what the services make of it.
//!
//! The rule: a form is read here, field by field, before the services see anything; every mistake is named at once and everything
//! that was typed goes back into the page.

use domain::{BirthDate, Country, IdKind, IdentifierError, Locale, Mobile, PersonIdentifier, mask};
use jiff::civil::Date;
use services::registrations::{ContactChoice, RegistrationError, RegistrationStep, RegistrationView, Who};
use services::{Timestamp, Token};

use super::{Asking, Fields, Outcome};
use crate::api::cookies;
use crate::pages::consent;
use crate::pages::register::{
    BIRTH_DATE, CHILD_ID, CHILD_TEMPORARY, CONSENT_TICK, CONTACT, ContactTyped, DRAFT, FINISH, LOCALE, MOBILE, NEW,
    VERIFY, WHO, WhoTyped, birth_sentence, child_sentence, contact_page, finish_page, identify_page, mobile_sentence,
    offered, outcome_page, resume_page, usual_country, verify_page,
};
use crate::pages::wizard_kit::{self as kit, CODE, CodeBy, EMAIL, ID_NUMBER, ID_TYPE};
use crate::tr;
use crate::wizard::WizardPage;

/// The first step with its banner.
const ENDED: &str = "/register?ended=1";
/// Nobody younger has a child at school: the date is the child's, typed by mistake.
const YOUNGEST_PARENT: u16 = 14;
/// How soon a page of progress asks again after a failure, in milliseconds.
const AFTER_A_FAILURE_MS: u32 = 5000;

/// What is wrong with a field, by its name: the sentence that says what to write.
type Problem = (&'static str, String);

/// Shows a step, or leads to the one that is due.
pub async fn show(asking: &Asking, path: &str, query: &str) -> Outcome {
    if !asking.info.registration_open {
        return Outcome::Missing;
    }
    match path {
        WHO => show_who(asking, query).await,
        VERIFY | CONTACT | FINISH => match here(asking, path).await {
            Ok((_, view)) => Outcome::Page(Box::new(page_of(asking, path, &view, query))),
            Err(elsewhere) => elsewhere,
        },
        _ => Outcome::Missing,
    }
}

/// Takes a posted form.
pub async fn post(asking: &Asking, path: &str, fields: &Fields) -> Outcome {
    if !asking.info.registration_open {
        return Outcome::Missing;
    }
    match path {
        WHO if fields.has(DRAFT) => resume(asking, fields).await,
        WHO => begin(asking, fields).await,
        VERIFY | CONTACT | FINISH => {
            let (token, view) = match here(asking, path).await {
                Ok(here) => here,
                Err(elsewhere) => return elsewhere,
            };
            match path {
                VERIFY => verify(asking, &token, &view, fields).await,
                CONTACT => set_contact(asking, &token, &view, fields).await,
                _ => finish(asking, &token, &view).await,
            }
        }
        _ => Outcome::Missing,
    }
}

/// The first step: empty, filled in again from the running registration, or the page of a mailed link.
async fn show_who(asking: &Asking, query: &str) -> Outcome {
    let (locale, info) = (asking.locale, &asking.info);
    let show = |page: WizardPage| Outcome::Page(Box::new(page));
    if let Some(link) = kit::parameter(query, DRAFT) {
        return match Token::parse(link) {
            Ok(_) => show(resume_page(locale, info, link, String::new())),
            // The registration in this browser, if there is one, goes on.
            Err(_) => Outcome::next(ENDED),
        };
    }
    let empty = WhoTyped { kind: kit::kind_of(&info.id_kinds, ""), ..WhoTyped::default() };
    if kit::parameter(query, NEW).is_some() {
        return show(identify_page(locale, info, &empty, false));
    }
    let asked_for = kit::parameter(query, "ended").is_some();
    let Some(token) = asking.registration() else {
        return show(identify_page(locale, info, &empty, asked_for));
    };
    match asking.portal.registrations().view(&token).await {
        Ok(view) if view.step == RegistrationStep::Submitted => Outcome::next(FINISH),
        Ok(view) => show(identify_page(locale, info, &WhoTyped::from(&view.who), false)),
        // Whoever comes back after the hour looks for the answers, so the page says where they are.
        Err(RegistrationError::Gone) => show(identify_page(locale, info, &empty, true)),
        Err(error) => refused(asking, identify_page(locale, info, &empty, asked_for), ID_NUMBER, error),
    }
}

/// Begins a registration, or changes who the running one is about.
async fn begin(asking: &Asking, fields: &Fields) -> Outcome {
    let (locale, info) = (asking.locale, &asking.info);
    let page = || identify_page(locale, info, &who_typed(&info.id_kinds, fields), false);
    let who = match parse_who(locale, &info.id_kinds, fields, today(asking.now())) {
        Ok(who) => who,
        Err(problems) => return mended(page(), problems),
    };
    match asking.portal.registrations().begin(&asking.visit, asking.registration().as_ref(), &who).await {
        Ok(token) => Outcome::Next { to: VERIFY.to_owned(), cookies: vec![cookies::registration(&token)] },
        Err(error) => refused(asking, page(), ID_NUMBER, error),
    }
}

/// Continues on this device what the mailed link stands for.
async fn resume(asking: &Asking, fields: &Fields) -> Outcome {
    let (locale, info) = (asking.locale, &asking.info);
    let Ok(link) = Token::parse(fields.get(DRAFT)) else { return Outcome::next(ENDED) };
    let page = || resume_page(locale, info, fields.get(DRAFT), fields.echo(ID_NUMBER));
    if !fields.has(ID_NUMBER) {
        return mended(page(), vec![(ID_NUMBER, tr!(locale, sign_in.id_empty).to_owned())]);
    }
    match asking.portal.registrations().resume(&asking.visit, &link, fields.get(ID_NUMBER)).await {
        // Leads from there to the step that is due.
        Ok(token) => Outcome::Next { to: FINISH.to_owned(), cookies: vec![cookies::registration(&token)] },
        // The link's registration is gone; one that this browser is in is another.
        Err(RegistrationError::Gone) => Outcome::next(ENDED),
        Err(error) => refused(asking, page(), ID_NUMBER, error),
    }
}

/// Takes the code, sends a new one, or sends it to the number that was typed.
async fn verify(asking: &Asking, token: &Token, view: &RegistrationView, fields: &Fields) -> Outcome {
    let (locale, info) = (asking.locale, &asking.info);
    let page = || verify_page(locale, info, asking.now(), view, false, fields.echo(MOBILE));
    let registrations = asking.portal.registrations();
    if fields.has("resend") {
        return match registrations.send_again(&asking.visit, token).await {
            Ok(()) => Outcome::next(format!("{VERIFY}?sent=1")),
            Err(error) => refused(asking, page(), CODE, error),
        };
    }
    if fields.0.iter().any(|(name, _)| name == MOBILE) && !fields.has(CODE) {
        let country = usual_country(&info.id_kinds);
        return match Mobile::parse_any(fields.get(MOBILE), country) {
            Err(error) => mended(page(), vec![(MOBILE, mobile_sentence(locale, country, error))]),
            Ok(mobile) => match registrations.use_mobile(&asking.visit, token, &mobile).await {
                Ok(()) => Outcome::next(VERIFY),
                Err(error) => refused(asking, page(), MOBILE, error),
            },
        };
    }
    let code = match kit::parse_code(locale, CodeBy::Sms, fields.get(CODE)) {
        Ok(code) => code,
        Err(sentence) => return mended(page(), vec![(CODE, sentence)]),
    };
    match registrations.verify(&asking.visit, token, &code).await {
        Ok(step) => Outcome::next(path_of(step)),
        Err(error) => refused(asking, page(), CODE, error),
    }
}

/// Takes the contact details.
async fn set_contact(asking: &Asking, token: &Token, view: &RegistrationView, fields: &Fields) -> Outcome {
    let (locale, info) = (asking.locale, &asking.info);
    let kept = view.mobile_masked.as_deref();
    let language = offered(info, Locale::from_code(fields.get(LOCALE)).unwrap_or(locale));
    let page = || {
        let typed = ContactTyped {
            email: fields.echo(EMAIL),
            mobile: fields.echo(MOBILE),
            locale: language,
            consent: fields.get(CONSENT_TICK) == consent::VERSION,
        };
        contact_page(locale, info, kept.map(str::to_owned), &typed)
    };
    let choice = match parse_contact(locale, usual_country(&info.id_kinds), kept, language, fields) {
        Ok(choice) => choice,
        Err(problems) => return mended(page(), problems),
    };
    match asking.portal.registrations().set_contact(&asking.visit, token, &choice).await {
        Ok(step) => Outcome::next(path_of(step)),
        Err(error) => refused(asking, page(), MOBILE, error),
    }
}

/// Sends the registration in.
async fn finish(asking: &Asking, token: &Token, view: &RegistrationView) -> Outcome {
    match asking.portal.registrations().finish(&asking.visit, token).await {
        Ok(()) => Outcome::next(FINISH),
        Err(error) => refused(asking, page_of(asking, FINISH, view, ""), "", error),
    }
}

/// The registration of this browser, when this step is due; the way to the step that is, else.
async fn here(asking: &Asking, path: &str) -> Result<(Token, RegistrationView), Outcome> {
    let token = asking.registration().ok_or_else(|| ended(asking))?;
    match asking.portal.registrations().view(&token).await {
        Ok(view) if may_show(path, view.step) => Ok((token, view)),
        Ok(view) => Err(Outcome::next(path_of(view.step))),
        Err(error) => {
            let mut page = kit::page(asking.locale, &asking.info, path, tr!(asking.locale, register.title));
            // A page of progress is looked at, not worked on: it comes back by itself.
            page.refresh_ms = (path == FINISH).then_some(AFTER_A_FAILURE_MS);
            Err(refused(asking, page, "", error))
        }
    }
}

/// Whether the page can be shown at that step: the step's own, and those before it that can still be changed.
fn may_show(path: &str, step: RegistrationStep) -> bool {
    use RegistrationStep::{Contact, Finish, NewMobile, Submitted, Verify};

    match path {
        VERIFY => matches!(step, Verify | NewMobile),
        CONTACT => matches!(step, Contact | NewMobile | Finish),
        FINISH => matches!(step, Finish | Submitted),
        _ => false,
    }
}

/// The page of a step.
fn path_of(step: RegistrationStep) -> &'static str {
    match step {
        RegistrationStep::Verify | RegistrationStep::NewMobile => VERIFY,
        RegistrationStep::Contact => CONTACT,
        RegistrationStep::Finish | RegistrationStep::Submitted => FINISH,
    }
}

/// The page as it is now.
fn page_of(asking: &Asking, path: &str, view: &RegistrationView, query: &str) -> WizardPage {
    let (locale, info) = (asking.locale, &asking.info);
    match path {
        VERIFY => {
            let sent_again = kit::parameter(query, "sent").is_some();
            verify_page(locale, info, asking.now(), view, sent_again, String::new())
        }
        CONTACT => contact_page(locale, info, view.mobile_masked.clone(), &ContactTyped::of(info, locale, view)),
        _ if view.step == RegistrationStep::Submitted => outcome_page(locale, info, view),
        _ => finish_page(locale, info, view),
    }
}

/// This browser's answers are gone: the first step again, with a banner that says so.
fn ended(asking: &Asking) -> Outcome {
    let gone = asking.registration().map(|_| cookies::remove(cookies::REGISTRATION));
    Outcome::Next { to: ENDED.to_owned(), cookies: gone.into_iter().collect() }
}

/// The page with what is to be mended.
fn mended(mut page: WizardPage, problems: Vec<Problem>) -> Outcome {
    for (field, sentence) in problems {
        kit::mend(&mut page, field, sentence);
    }
    Outcome::refused(page)
}

/// What the services refused.
fn refused(asking: &Asking, mut page: WizardPage, field: &str, error: RegistrationError) -> Outcome {
    match error {
        RegistrationError::Gone => ended(asking),
        RegistrationError::NotNow(step) => Outcome::next(path_of(step)),
        RegistrationError::OtherNumber => {
            kit::mend(&mut page, ID_NUMBER, tr!(asking.locale, register.resume_wrong));
            Outcome::refused(page)
        }
        RegistrationError::SignIn(error) => kit::refuse(asking, page, field, &error),
    }
}

/// The day of a moment. In UTC: by a day more or less nobody is of age.
pub fn today(now: Timestamp) -> Date {
    jiff::Timestamp::from_millisecond(now).unwrap_or_default().to_zoned(jiff::tz::TimeZone::UTC).date()
}

/// What was typed into the first step, as it goes back into the page.
fn who_typed(kinds: &[IdKind], fields: &Fields) -> WhoTyped {
    WhoTyped {
        kind: kit::kind_of(kinds, fields.get(ID_TYPE)),
        id_number: fields.echo(ID_NUMBER),
        birth_date: fields.echo(BIRTH_DATE),
        child_id: fields.echo(CHILD_ID),
        child_temporary: fields.has(CHILD_TEMPORARY),
    }
}

/// Reads the first step's form; all that is wrong with it, in the order of the fields, if anything is.
fn parse_who(locale: Locale, kinds: &[IdKind], fields: &Fields, today: Date) -> Result<Who, Vec<Problem>> {
    let kind = fields.get(ID_TYPE);
    let identifier = kit::parse_id(locale, kinds, kind, fields.get(ID_NUMBER)).map_err(|text| (ID_NUMBER, text));
    let birth_date = parse_birth_date(locale, fields.get(BIRTH_DATE), today).map_err(|text| (BIRTH_DATE, text));
    let temporary = fields.has(CHILD_TEMPORARY);
    let child = parse_child(kinds, kit::kind_of(kinds, kind), fields.get(CHILD_ID), temporary)
        .map_err(|error| child_sentence(locale, error))
        .and_then(|child| match &identifier {
            Ok(own) if *own == child => Err(tr!(locale, register.child_own).to_owned()),
            _ => Ok(child),
        })
        .map_err(|text| (CHILD_ID, text));
    match (identifier, birth_date, child) {
        (Ok(identifier), Ok(birth_date), Ok(child)) => Ok(Who { identifier, birth_date, child }),
        (identifier, birth_date, child) => {
            Err([identifier.err(), birth_date.err(), child.err()].into_iter().flatten().collect())
        }
    }
}

/// Reads the person's own birth date. A child's, or one in the future, was typed by mistake.
fn parse_birth_date(locale: Locale, typed: &str, today: Date) -> Result<BirthDate, String> {
    let date = BirthDate::parse(typed).map_err(|error| birth_sentence(locale, error))?;
    if may_be_a_parent(date, today) { Ok(date) } else { Err(tr!(locale, register.birth_young).to_owned()) }
}

/// Whether somebody born on that day may have a child at school. Not so for the child, nor for a day that is still to come.
pub fn may_be_a_parent(born: BirthDate, today: Date) -> bool {
    let part = |number: i8| u8::try_from(number).unwrap_or_default();
    let age = born.age_on(u16::try_from(today.year()).unwrap_or_default(), part(today.month()), part(today.day()));
    age.is_some_and(|age| age >= YOUNGEST_PARENT)
}

/// Reads the child's number: of the chosen kind, or of another that the portal takes, for a child's number need not be of the
/// parent's kind, and no number is of two.
///
/// # Errors
/// What is wrong with it as a number of the kind that was most likely meant.
pub fn parse_child(
    kinds: &[IdKind],
    chosen: IdKind,
    typed: &str,
    temporary: bool,
) -> Result<PersonIdentifier, IdentifierError> {
    if temporary {
        return PersonIdentifier::parse(IdKind::Fictitious, typed);
    }
    let mut closest = match PersonIdentifier::parse(chosen, typed) {
        Ok(child) => return Ok(child),
        Err(error) => error,
    };
    for kind in kinds.iter().filter(|kind| **kind != chosen) {
        match PersonIdentifier::parse(*kind, typed) {
            Ok(child) => return Ok(child),
            // Of the right length for this kind, so this is the kind that was meant.
            Err(error) if error.code() == "check_digit" => closest = error,
            Err(_) => {}
        }
    }
    Err(closest)
}

/// Reads the third step's form; all that is wrong with it, in the order of the fields, if anything is.
fn parse_contact(
    locale: Locale,
    country: Country,
    kept: Option<&str>,
    language: Locale,
    fields: &Fields,
) -> Result<ContactChoice, Vec<Problem>> {
    let email = kit::parse_email(locale, fields.get(EMAIL)).map_err(|text| (EMAIL, text));
    let mobile = parse_new_mobile(locale, country, kept, fields.get(MOBILE)).map_err(|text| (MOBILE, text));
    let version = fields.get(CONSENT_TICK);
    let consent = if version == consent::VERSION {
        Ok(version.to_owned())
    } else {
        Err((CONSENT_TICK, tr!(locale, register.consent_missing).to_owned()))
    };
    match (email, mobile, consent) {
        (Ok(email), Ok(mobile), Ok(consent)) => Ok(ContactChoice { email, mobile, locale: language, consent }),
        (email, mobile, consent) => Err([email.err(), mobile.err(), consent.err()].into_iter().flatten().collect()),
    }
}

/// Reads a mobile that may have been left as it was: the masked number, or nothing, keeps the one that is confirmed.
fn parse_new_mobile(
    locale: Locale,
    country: Country,
    kept: Option<&str>,
    typed: &str,
) -> Result<Option<Mobile>, String> {
    let typed = typed.trim();
    if typed.is_empty() || Some(typed) == kept {
        return Ok(None);
    }
    if typed.contains(mask::BULLET) {
        return Err(tr!(locale, register.mobile_partly).to_owned());
    }
    Mobile::parse_any(typed, country).map(Some).map_err(|error| mobile_sentence(locale, country, error))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests may panic")]

    use super::*;

    const KINDS: [IdKind; 2] = [IdKind::IlId, IdKind::RuSnils];
    const MASKED: &str = "050-•••••67";

    fn form(changes: &[(&str, &str)]) -> Fields {
        let right = [
            (ID_TYPE, "il_id"),
            (ID_NUMBER, "12345678-2"),
            (BIRTH_DATE, "12.4.1985"),
            (CHILD_ID, "18"),
            (EMAIL, "dana@dugma.example"),
            (MOBILE, MASKED),
            (CONSENT_TICK, consent::VERSION),
        ];
        let field = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Fields(changes.iter().chain(&right).map(field).collect())
    }

    fn day() -> Date {
        Date::constant(2026, 11, 22)
    }

    /// The fields that are refused, with their sentences.
    fn who_problems(changes: &[(&str, &str)]) -> Vec<Problem> {
        parse_who(Locale::En, &KINDS, &form(changes), day()).err().unwrap_or_default()
    }

    fn contact(changes: &[(&str, &str)]) -> Result<ContactChoice, Vec<Problem>> {
        parse_contact(Locale::En, Country::Il, Some(MASKED), Locale::Ru, &form(changes))
    }

    #[test]
    fn a_right_form_is_read() {
        let who = parse_who(Locale::En, &KINDS, &form(&[]), day()).unwrap();
        assert_eq!(who.identifier.canonical(), "123456782");
        assert_eq!(who.birth_date.to_iso(), "1985-04-12");
        assert_eq!(who.child.canonical(), "000000018");
        assert_eq!(who.child.kind(), IdKind::IlId);
    }

    #[test]
    fn each_bad_field_is_named_with_what_to_write() {
        for (field, value) in [
            (ID_NUMBER, ""),
            (ID_NUMBER, "123456789"),
            (ID_NUMBER, "12a"),
            (BIRTH_DATE, ""),
            (BIRTH_DATE, "April 1985"),
            (BIRTH_DATE, "30.2.1985"),
            (BIRTH_DATE, "3.6.2015"),
            (BIRTH_DATE, "3.6.2080"),
            (CHILD_ID, " "),
            (CHILD_ID, "19"),
            (CHILD_ID, "123456782"),
        ] {
            let problems = who_problems(&[(field, value)]);
            let fields: Vec<_> = problems.iter().map(|(field, _)| *field).collect();
            assert_eq!(fields, [field], "{field} {value:?}: {problems:?}");
        }
        let all: Vec<_> = who_problems(&[(ID_NUMBER, ""), (BIRTH_DATE, ""), (CHILD_ID, "")]);
        let fields: Vec<_> = all.iter().map(|(field, _)| *field).collect();
        assert_eq!(fields, [ID_NUMBER, BIRTH_DATE, CHILD_ID], "all at once, in the order of the page");
    }

    #[test]
    fn what_was_typed_goes_back_into_the_form() {
        let fields = form(&[(ID_NUMBER, "12a"), (BIRTH_DATE, "yesterday"), (CHILD_TEMPORARY, "1")]);
        let typed = who_typed(&KINDS, &fields);
        assert_eq!((typed.id_number.as_str(), typed.birth_date.as_str()), ("12a", "yesterday"));
        assert_eq!(typed.child_id, "18");
        assert!(typed.child_temporary);
        assert_eq!(typed.kind, IdKind::IlId);
    }

    #[test]
    fn a_child_may_have_another_kind_of_number_or_a_temporary_one() {
        let snils = parse_child(&KINDS, IdKind::IlId, "112-233-445 95", false).unwrap();
        assert_eq!(snils.kind(), IdKind::RuSnils);
        let wrong = parse_child(&KINDS, IdKind::IlId, "112-233-445 94", false).unwrap_err();
        assert_eq!((wrong.kind(), wrong.code()), (IdKind::RuSnils, "check_digit"));
        assert!(parse_child(&[IdKind::IlId], IdKind::IlId, "112-233-445 95", false).is_err());
        let temporary = parse_child(&KINDS, IdKind::IlId, "19", true).unwrap();
        assert_eq!(temporary.kind(), IdKind::Fictitious);
    }

    #[test]
    fn a_mobile_that_was_left_alone_is_kept() {
        for kept in [MASKED, "", "  "] {
            assert!(contact(&[(MOBILE, kept)]).unwrap().mobile.is_none(), "{kept:?}");
        }
        let changed = contact(&[(MOBILE, "052 765 4321")]).unwrap();
        assert_eq!(changed.mobile.unwrap().e164(), "+972527654321");
        assert_eq!(changed.locale, Locale::Ru);
        for bad in ["052-•••••21", "03-1234567", "*6552", "052"] {
            let problems = contact(&[(MOBILE, bad)]).err().unwrap();
            assert_eq!(problems.iter().map(|(field, _)| *field).collect::<Vec<_>>(), [MOBILE], "{bad}");
        }
    }

    #[test]
    fn without_the_present_consent_nothing_is_taken() {
        for version in ["", "2020-01", "1"] {
            let problems = contact(&[(CONSENT_TICK, version), (EMAIL, "dana@")]).err().unwrap();
            let fields: Vec<_> = problems.iter().map(|(field, _)| *field).collect();
            assert_eq!(fields, [EMAIL, CONSENT_TICK], "{version:?}");
        }
    }

    #[test]
    fn every_step_has_a_page_that_may_be_shown() {
        use RegistrationStep::{Contact, Finish, NewMobile, Submitted, Verify};

        for step in [Verify, Contact, NewMobile, Finish, Submitted] {
            assert!(may_show(path_of(step), step), "{step:?}");
        }
        assert!(!may_show(FINISH, Contact) && !may_show(CONTACT, Submitted) && !may_show(VERIFY, Finish));
    }
}
