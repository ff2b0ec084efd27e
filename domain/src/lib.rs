//! The rules of Schoolgate: what an ID number, a phone, a name, a password may be, and who may do what.
//!
//! No input, no output, no clock, no randomness of its own: the same code runs in the server and in the browser. Outside text becomes
//! one of these types once, at the edge; inside, a wrong value cannot exist. `Debug` of personal data and secrets shows bullets, and
//! nothing personal has a `Display`: whoever needs the value asks for it by name (`as_str`, `e164`, …).

pub mod birth_date;
pub mod boxes;
pub mod class_people;
pub mod digits;
pub mod editor;
pub mod email;
pub mod fictitious;
pub mod gosuslugi;
pub mod id_kind;
pub mod id_number;
pub mod identifier;
pub mod initial_password;
pub mod locale;
pub mod mask;
pub mod mobile;
pub mod name;
pub mod otp;
pub mod password;
pub mod person_field;
pub mod readiness;
pub mod rights;
pub mod roster;
pub mod security_question;
pub mod snils;
mod unicode;
pub mod user_code;

pub use birth_date::{BirthDate, BirthDateError};
pub use class_people::{
    ClassHead, ClassPeople, ClassReadiness, Conflict, ParentEntry, PersonFields, PersonRecord, PersonSaved,
    StudentEntry, StudentReadiness, Theirs,
};
pub use digits::NotDigits;
pub use email::{Email, EmailError};
pub use fictitious::{FictitiousNumber, FictitiousNumberError};
pub use gosuslugi::{
    Candidate, CandidateKind, ContactKind, Found, GosuslugiContact, GosuslugiPerson, NotRecognised,
    NotRecognisedReason, Recognised, recognise,
};
pub use id_kind::IdKind;
pub use id_number::{IdNumber, IdNumberError};
pub use identifier::{IdentifierError, PersonIdentifier};
pub use initial_password::InitialPassword;
pub use locale::Locale;
pub use mobile::{Country, Mobile, MobileError};
pub use name::{NameError, NameField, NameProblem, PersonName};
pub use otp::{Otp, OtpError};
pub use password::{
    Assessment, CommonPasswords, Password, PasswordTooLarge, Policy, PolicyContext, PolicyName, Requirement,
    RequirementState, Unmet,
};
pub use person_field::{FieldFault, PersonField};
pub use readiness::{LastTry, NotReady, Readiness, SharedWith, Way};
pub use rights::{Capacity, Grant, Permission, Role, Scope, Target, allows};
pub use roster::{ClassTitle, PostKind, Relation, SchoolYear};
pub use security_question::SecurityQuestion;
pub use snils::{Snils, SnilsError};
pub use user_code::{UserCode, UserCodeError};
