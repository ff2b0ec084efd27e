//! The fields of a person in words: their names, their hints, and what is wrong with a value.

use domain::{FieldFault, Locale, PersonField};
use leptos::prelude::*;

use crate::{
    components::{Field, FieldProps},
    tr,
};

/// A field's name.
#[must_use]
pub fn field_name(locale: Locale, field: PersonField) -> &'static str {
    match field {
        PersonField::Surname => tr!(locale, people.f_surname),
        PersonField::GivenName => tr!(locale, people.f_given_name),
        PersonField::Patronymic => tr!(locale, people.f_patronymic),
        PersonField::BirthDate => tr!(locale, people.f_birth_date),
        PersonField::Snils => tr!(locale, people.f_snils),
        PersonField::Mobile => tr!(locale, people.f_mobile),
        PersonField::Email => tr!(locale, people.f_email),
    }
}

/// What helps before a mistake is made.
#[must_use]
pub fn field_hint(locale: Locale, field: PersonField) -> Option<&'static str> {
    match field {
        PersonField::Surname | PersonField::GivenName => None,
        PersonField::BirthDate => Some(tr!(locale, people.h_birth_date)),
        PersonField::Snils => Some(tr!(locale, people.h_snils)),
        PersonField::Patronymic | PersonField::Mobile | PersonField::Email => Some(tr!(locale, people.h_optional)),
    }
}

/// What is wrong with a value, and what to write instead.
#[must_use]
pub fn fault_words(locale: Locale, fault: FieldFault) -> &'static str {
    match fault {
        FieldFault::Required => tr!(locale, people.fault_required),
        FieldFault::TooLong => tr!(locale, people.fault_too_long),
        FieldFault::Characters => tr!(locale, people.fault_characters),
        FieldFault::NoLetter => tr!(locale, people.fault_no_letter),
        FieldFault::Date => tr!(locale, people.fault_date),
        FieldFault::NoSuchDay => tr!(locale, people.fault_no_such_day),
        FieldFault::DateFuture => tr!(locale, people.fault_date_future),
        FieldFault::SnilsDigits => tr!(locale, people.fault_snils_digits),
        FieldFault::SnilsLength => tr!(locale, people.fault_snils_length),
        FieldFault::SnilsCheck => tr!(locale, people.fault_snils_check),
        FieldFault::SnilsTaken => tr!(locale, people.fault_snils_taken),
        FieldFault::MobileShort => tr!(locale, people.fault_mobile_short),
        FieldFault::MobileLong => tr!(locale, people.fault_mobile_long),
        FieldFault::MobileLandline => tr!(locale, people.fault_mobile_landline),
        FieldFault::MobileStar => tr!(locale, people.fault_mobile_star),
        FieldFault::MobileCountry => tr!(locale, people.fault_mobile_country),
        FieldFault::Mobile => tr!(locale, people.fault_mobile),
        FieldFault::Email => tr!(locale, people.fault_email),
    }
}

/// `id` of a field's control.
#[must_use]
pub fn field_id(field: PersonField) -> String {
    format!("f-{}", field.code())
}

/// A field of a form; its name in the form is its code.
pub fn field_view(locale: Locale, field: PersonField, value: String, error: Option<String>) -> AnyView {
    let is_name = matches!(field, PersonField::Surname | PersonField::GivenName | PersonField::Patronymic);
    let inputmode = match field {
        PersonField::Mobile => Some("tel"),
        PersonField::Email => Some("email"),
        PersonField::Snils => Some("numeric"),
        // The keys for numbers lack the dot of a date on some phones.
        PersonField::BirthDate | PersonField::Surname | PersonField::GivenName | PersonField::Patronymic => None,
    };
    Field(FieldProps {
        id: field_id(field),
        name: field.code().to_owned(),
        label: field_name(locale, field).to_owned(),
        hint: field_hint(locale, field).map(str::to_owned),
        error: Signal::stored(error),
        value,
        kind: Signal::stored("text"),
        autocomplete: "off".to_owned(),
        inputmode: inputmode.map(str::to_owned),
        class: if is_name { "w-20".to_owned() } else { "w-20 num".to_owned() },
        maxlength: Some(320),
        ltr: !is_name,
        node: NodeRef::new(),
        typing: None,
        left: None,
        described: None,
        below: None,
        children: None,
    })
    .into_any()
}

/// What was typed of somebody new, and what is wrong with it.
#[derive(Clone, Default)]
pub struct PersonForm {
    /// What the fields hold.
    pub values: Vec<(PersonField, String)>,
    /// What is wrong with which field.
    pub faults: Vec<(PersonField, FieldFault)>,
}

impl PersonForm {
    /// An empty form with these fields.
    #[must_use]
    pub fn of(fields: &[PersonField]) -> Self {
        Self { values: fields.iter().map(|field| (*field, String::new())).collect(), faults: Vec::new() }
    }
}

/// The fields of the form.
pub fn person_form_view(locale: Locale, form: &PersonForm) -> AnyView {
    form.values
        .iter()
        .map(|(field, value)| {
            let fault = form.faults.iter().find(|(at, _)| at == field).map(|(_, fault)| fault_words(locale, *fault));
            field_view(locale, *field, value.clone(), fault.map(str::to_owned))
        })
        .collect_view()
        .into_any()
}
