//! The fields that registration alone has, and their sentences.

use domain::{BirthDateError, Country, IdKind, IdentifierError, Locale, MobileError, NotDigits};

use super::{BIRTH_DATE, CHILD_ID, CHILD_TEMPORARY, MOBILE};
use crate::pages::wizard_kit as kit;
use crate::tr;
use crate::wizard::{LocalCheck, LocalRule, TextField};

/// The person's own birth date.
pub(super) fn birth_field(locale: Locale, value: String) -> TextField {
    let slips = [BirthDateError::Format, BirthDateError::Year, BirthDateError::NoSuchDay];
    TextField {
        name: BIRTH_DATE.to_owned(),
        label: tr!(locale, register.birth_label).to_owned(),
        hint: Some(tr!(locale, register.birth_hint).to_owned()),
        value,
        kind: "text".to_owned(),
        autocomplete: "bday".to_owned(),
        class: "w-10 num".to_owned(),
        maxlength: Some(32),
        ltr: true,
        check: Some(LocalCheck {
            rule: LocalRule::BirthDate,
            texts: slips.map(|error| (error.code().to_owned(), birth_sentence(locale, error))).to_vec(),
        }),
        ..TextField::default()
    }
}

/// What is wrong with a birth date.
pub fn birth_sentence(locale: Locale, error: BirthDateError) -> String {
    match error {
        BirthDateError::Empty => tr!(locale, register.birth_empty),
        BirthDateError::Format => tr!(locale, register.birth_format),
        BirthDateError::Year => tr!(locale, register.birth_year),
        BirthDateError::NoSuchDay => tr!(locale, register.birth_no_such_day),
    }
    .to_owned()
}

/// The number of one child. With several kinds, a child's number need not be of the parent's kind; the server sees by its length
/// which it is, and the browser is given only the sentences that hold for all of them.
pub(super) fn child_field(locale: Locale, kinds: &[IdKind], value: String) -> TextField {
    let kind = kit::kind_of(kinds, "");
    let hint =
        if kinds == [IdKind::RuSnils] { tr!(locale, sign_in.id_hint_snils) } else { tr!(locale, register.child_hint) };
    let only = |wanted| kinds == [wanted];
    let mut texts = vec![
        ("not_digits", tr!(locale, sign_in.id_digits)),
        ("check_digit", tr!(locale, register.child_check)),
        ("all_zero", tr!(locale, register.child_check)),
    ];
    if only(IdKind::IlId) {
        texts.push(("too_long", tr!(locale, sign_in.id_long)));
    }
    if only(IdKind::RuSnils) {
        texts.push(("too_short", tr!(locale, sign_in.snils_short)));
    }
    TextField {
        hint: Some(hint.to_owned()),
        check: Some(LocalCheck {
            rule: LocalRule::Identifier { kind, chosen_by: None, unchecked_by: Some(CHILD_TEMPORARY.to_owned()) },
            texts: texts.into_iter().map(|(code, text)| (code.to_owned(), text.to_owned())).collect(),
        }),
        ..kit::number_field(CHILD_ID, tr!(locale, register.child_label), value)
    }
}

/// What is wrong with a child's number.
pub fn child_sentence(locale: Locale, error: IdentifierError) -> String {
    match (error.code(), error.kind()) {
        ("empty", _) => tr!(locale, register.child_empty).to_owned(),
        ("check_digit" | "all_zero", IdKind::IlId | IdKind::RuSnils) => tr!(locale, register.child_check).to_owned(),
        _ => kit::id_sentence(locale, error),
    }
}

/// The country whose way of writing numbers is shown as an example: that of the portal's usual kind of ID number.
pub fn usual_country(kinds: &[IdKind]) -> Country {
    match kit::kind_of(kinds, "") {
        IdKind::RuSnils => Country::Ru,
        IdKind::IlId | IdKind::Fictitious => Country::Il,
    }
}

/// A mobile number. `kept` is what stands in the field at first and means "as it was".
pub(super) fn mobile_field(
    locale: Locale,
    country: Country,
    hint: String,
    kept: Option<String>,
    value: String,
) -> TextField {
    let slips = [
        MobileError::NotDigits(NotDigits { character: 'x' }),
        MobileError::TooShort,
        MobileError::TooLong,
        MobileError::Landline,
        MobileError::StarNumber,
        MobileError::OtherCountry,
        MobileError::NotMobile,
    ];
    TextField {
        name: MOBILE.to_owned(),
        label: tr!(locale, register.mobile_label).to_owned(),
        hint: Some(hint),
        value,
        kind: "tel".to_owned(),
        autocomplete: "tel".to_owned(),
        class: "w-10 num".to_owned(),
        maxlength: Some(32),
        ltr: true,
        check: Some(LocalCheck {
            rule: LocalRule::Mobile { kept },
            texts: slips.map(|error| (error.code().to_owned(), mobile_sentence(locale, country, error))).to_vec(),
        }),
        ..TextField::default()
    }
}

/// What is wrong with a mobile number.
pub fn mobile_sentence(locale: Locale, country: Country, error: MobileError) -> String {
    let example = example(country);
    match error {
        MobileError::Empty => tr!(locale, register.mobile_empty).to_owned(),
        MobileError::NotDigits(_) => tr!(locale, register.mobile_digits, example = example),
        MobileError::TooShort => tr!(locale, register.mobile_short, example = example),
        MobileError::TooLong => tr!(locale, register.mobile_long, example = example),
        MobileError::Landline => tr!(locale, register.mobile_landline).to_owned(),
        MobileError::StarNumber => tr!(locale, register.mobile_star).to_owned(),
        MobileError::OtherCountry => tr!(locale, register.mobile_country).to_owned(),
        MobileError::NotMobile => tr!(locale, register.mobile_start, example = example),
    }
}

/// A number as it is written; isolated, so that it keeps its order in right-to-left text (UAX #9).
#[must_use]
pub fn example(country: Country) -> &'static str {
    match country {
        Country::Il => "\u{2066}050-1234567\u{2069}",
        Country::Ru => "\u{2066}+7 900 123-45-67\u{2069}",
    }
}
