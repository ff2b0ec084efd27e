//! The persons that can be chosen on the login page, and what they let happen.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::trouble::Mode;

/// A thing of REST that is handed on as the configuration has it.
pub type Record = Map<String, Value>;

/// How far an account is confirmed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// A child's account, made by a parent («детская»).
    Child,
    /// Name and phone or e-mail («упрощённая»).
    Simplified,
    /// Passport and SNILS checked by registers («стандартная»).
    Standard,
    /// Identity proven («подтверждённая»).
    #[default]
    Confirmed,
}

impl Level {
    /// `urn:esia:sbj:lvl`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Child => "KD",
            Self::Simplified | Self::Standard => "P",
            Self::Confirmed => "PR",
        }
    }

    /// What the login page calls it.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Child => "детская учётная запись",
            Self::Simplified => "упрощённая учётная запись",
            Self::Standard => "стандартная учётная запись",
            Self::Confirmed => "подтверждённая учётная запись",
        }
    }
}

/// Kinds of contacts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum ContactKind {
    /// Mobile.
    #[serde(rename = "MBT")]
    Mobile,
    /// E-mail.
    #[serde(rename = "EML")]
    Email,
    /// Phone at home.
    #[serde(rename = "PHN")]
    HomePhone,
    /// E-mail at work.
    #[serde(rename = "CEM")]
    WorkEmail,
}

impl ContactKind {
    /// `type`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Mobile => "MBT",
            Self::Email => "EML",
            Self::HomePhone => "PHN",
            Self::WorkEmail => "CEM",
        }
    }

    /// The scope that opens this kind beside `contacts`.
    pub const fn scope(self) -> &'static str {
        match self {
            Self::Mobile => "mobile",
            Self::Email => "email",
            Self::HomePhone | Self::WorkEmail => "contacts",
        }
    }
}

/// Whether a contact is confirmed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum ContactState {
    /// Confirmed.
    #[default]
    #[serde(rename = "VERIFIED")]
    Verified,
    /// Not confirmed.
    #[serde(rename = "NOT_VERIFIED")]
    NotVerified,
}

impl ContactState {
    /// `vrfStu`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Verified => "VERIFIED",
            Self::NotVerified => "NOT_VERIFIED",
        }
    }
}

/// A contact.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// Its kind.
    #[serde(rename = "type")]
    pub kind: ContactKind,
    /// As ESIA writes it: `+7(926)2464800`, or an address.
    pub value: String,
    /// Whether it is confirmed; only mobiles and e-mail addresses ever are.
    #[serde(default)]
    pub state: ContactState,
    /// A new value that the person has entered and not yet confirmed: `verifyingValue`.
    pub pending: Option<String>,
}

/// A person.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Person {
    /// The number of the account; stays the same for good.
    pub oid: u64,
    /// Surname.
    pub surname: Option<String>,
    /// Given name.
    pub given_name: Option<String>,
    /// Patronymic.
    pub patronymic: Option<String>,
    /// `dd.MM.yyyy`.
    pub birth_date: Option<String>,
    /// Where born.
    pub birth_place: Option<String>,
    /// `M` or `F`.
    pub gender: Option<String>,
    /// Such as `RUS`.
    pub citizenship: Option<String>,
    /// `XXX-XXX-XXX YY`.
    pub snils: Option<String>,
    /// The taxpayer's number.
    pub inn: Option<String>,
    /// How far the account is confirmed.
    pub level: Level,
    /// What `trusted` and `is_tru` say; by default what the level means.
    pub trusted: Option<bool>,
    /// Contacts.
    pub contacts: Vec<Contact>,
    /// Addresses.
    pub addresses: Vec<Record>,
    /// Documents; their `type` tells which scope opens them.
    pub documents: Vec<Record>,
    /// Vehicles.
    pub vehicles: Vec<Record>,
    /// Organisations.
    pub organizations: Vec<Record>,
    /// Roles.
    pub roles: Vec<Record>,
    /// Children.
    pub kids: Vec<Record>,
    /// What always goes wrong for this person: a code of ESIA comes back at once, anything else happens at the token request.
    pub goes_wrong: Option<Mode>,
    /// Under which heading the login page lists the person.
    pub group: Option<String>,
    /// A remark for whoever tests.
    pub note: Option<String>,
}

impl Person {
    /// Is the account a confirmed one?
    pub fn is_trusted(&self) -> bool {
        self.trusted.unwrap_or(self.level == Level::Confirmed)
    }

    /// Is it a child's account?
    pub fn is_child(&self) -> bool {
        self.level == Level::Child
    }

    /// Surname, given name, patronymic, or the number when there is no name.
    pub fn full_name(&self) -> String {
        let parts: Vec<&str> =
            [&self.surname, &self.given_name, &self.patronymic].into_iter().filter_map(Option::as_deref).collect();
        if parts.is_empty() { format!("OID.{}", self.oid) } else { parts.join(" ") }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a failed test may panic")]
    use super::*;

    #[test]
    fn a_person_is_read_with_what_is_left_out() {
        let person: Person = toml::from_str(
            r#"
            oid = 7
            given_name = "Ася"
            level = "child"
            goes_wrong = "ESIA-007004"
            contacts = [
                { type = "EML", value = "a@b.example" },
                { type = "MBT", value = "+7(900)0000000", state = "NOT_VERIFIED" },
            ]
            kids = [{ firstName = "Лев", documents = [{ type = "RF_BRTH_CERT", number = "1" }] }]
            "#,
        )
        .unwrap();
        assert_eq!(person.full_name(), "Ася");
        assert!(person.is_child() && !person.is_trusted());
        assert!(person.contacts.iter().any(|contact| contact.state == ContactState::NotVerified));
        assert_eq!(person.kids.first().unwrap()["documents"][0]["number"], "1");
        assert!(toml::from_str::<Person>("oid = 7\nsurename = \"x\"").is_err());
        assert!(toml::from_str::<Person>("oid = 7\ngoes_wrong = \"x\"").is_err());
        assert_eq!(Person { oid: 7, ..Person::default() }.full_name(), "OID.7");
    }
}
