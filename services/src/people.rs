//! People: adding them with their personal data sealed, and what they see of themselves.

mod children;
mod opened;

use std::fmt;

use domain::{
    BirthDate, Email, Grant, IdKind, Locale, Mobile, PersonField, PersonIdentifier, PersonName, Snils, UserCode,
};
use serde_json::json;
use time::OffsetDateTime;
use uuid::Uuid;

pub use children::{Child, ChildClass};
pub(crate) use opened::{OpenError, OpenedPerson, open};

use crate::audit::{AuditEntry, AuditEvent, Outcome};
use crate::clock::{DAY, HOUR, Timestamp};
use crate::codes::Address;
use crate::crypto::columns;
use crate::error::StoreError;
use crate::ids::{ClassId, MessageId, PersonId, RoleId};
use crate::portal::{Portal, SessionsError, Text};
use crate::sessions::{ListedSession, Session};
use crate::store::people::{self, NewContacts, PersonRow};
use crate::store::person_fields::{self, Noted};
use crate::store::roles::{self, RoleRow};
use crate::store::tx::ClassEvent;
use crate::store::{Tx, accounts, enrolments, guardians};
use crate::visit::Visit;

/// A notice of a change that could not be sent for so long is of no use any more.
const NOTICE_LIFETIME_MS: i64 = 3 * DAY;

/// A person to be added.
#[derive(Clone, Debug)]
pub struct NewPerson {
    /// The name.
    pub name: PersonName,
    /// The language that messages are written in.
    pub locale: Option<Locale>,
    /// The birth date.
    pub birth_date: Option<BirthDate>,
    /// The number to sign in with. A SNILS given here is stored as the SNILS.
    pub identifier: Option<PersonIdentifier>,
    /// The SNILS of somebody who has another identifier.
    pub snils: Option<Snils>,
    /// The mobile on file.
    pub mobile: Option<Mobile>,
    /// The e-mail on file.
    pub email: Option<Email>,
    /// The roles; none for parents and students.
    pub grants: Vec<Grant<Uuid>>,
}

impl NewPerson {
    /// A person of whom only the name is known.
    pub fn named(name: PersonName) -> Self {
        Self {
            name,
            locale: None,
            birth_date: None,
            identifier: None,
            snils: None,
            mobile: None,
            email: None,
            grants: Vec::new(),
        }
    }
}

/// What somebody sees of themselves. Numbers and contacts are masked.
#[derive(Clone)]
pub struct Me {
    /// The name.
    pub name: PersonName,
    /// The mobile on file, masked.
    pub mobile_masked: Option<String>,
    /// The e-mail on file, masked.
    pub email_masked: Option<String>,
    /// The permanent user code.
    pub user_code: UserCode,
    /// The language that the account chose, or that is on file.
    pub locale: Option<Locale>,
    /// The kind of the ID number on file.
    pub id_kind: Option<IdKind>,
    /// The ID number on file, masked.
    pub id_number_masked: Option<String>,
    /// The birth date on file.
    pub birth_date: Option<BirthDate>,
    /// When the password was set.
    pub password_changed_at: Option<Timestamp>,
    /// Whether a password is set.
    pub has_password: bool,
    /// The live sessions, the one used last first.
    pub sessions: Vec<ListedSession>,
}

impl fmt::Debug for Me {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Me").field("has_password", &self.has_password).finish_non_exhaustive()
    }
}

/// People and what they see of themselves.
#[derive(Clone, Copy)]
pub struct People<'a> {
    pub(crate) portal: &'a Portal,
}

impl People<'_> {
    /// What the owner of a session sees of themselves.
    ///
    /// # Errors
    /// [`SessionsError::NotFound`] when the account is gone; the errors of database and keys.
    pub async fn me(&self, session: &Session) -> Result<Me, SessionsError> {
        let portal = self.portal;
        let account = accounts::read(portal.db(), session.account_id.0).await?.ok_or(SessionsError::NotFound)?;
        let person = self.open(account.person_id).await?.ok_or(SessionsError::NotFound)?;
        let user_code =
            UserCode::parse(&account.user_code).map_err(|_| StoreError::Corrupt { column: "accounts.user_code" })?;
        let sessions = portal.sessions().list(session).await?;
        Ok(Me {
            mobile_masked: person.mobile.as_ref().map(Mobile::masked),
            email_masked: person.email.as_ref().map(Email::masked),
            user_code,
            locale: account.locale.as_deref().and_then(Locale::from_code),
            id_kind: person.number().map(|number| number.kind()),
            id_number_masked: person.number().map(|number| number.masked()),
            birth_date: person.birth_date,
            password_changed_at: account.password_changed_at,
            has_password: account.password_hash.is_some(),
            sessions,
            name: person.name,
        })
    }

    /// Adds a person inside the caller's transaction.
    ///
    /// # Errors
    /// [`StoreError::Duplicate`] when somebody has this ID number or SNILS already; the database's other errors.
    pub async fn create(&self, tx: &mut Tx, new: &NewPerson, now: Timestamp) -> Result<PersonId, StoreError> {
        let portal = self.portal;
        let id = PersonId::new(now, portal.rng());
        let seal = |column, text: &str| portal.sealer().seal(portal.rng(), column, id.0, text.as_bytes());
        let index = |column, text: &str| portal.sealer().blind_index(column, text).to_vec();
        let (number, snils) = match &new.identifier {
            Some(PersonIdentifier::RuSnils(snils)) => (None, Some(snils)),
            other => (other.as_ref(), new.snils.as_ref()),
        };
        let number_text = number.map(PersonIdentifier::canonical);
        let snils_text = snils.map(Snils::digits);
        let mobile = new.mobile.as_ref().map(Mobile::e164);
        let email = new.email.as_ref();
        let row = PersonRow {
            id: id.0,
            surname: new.name.surname().to_owned(),
            given_name: new.name.given_name().to_owned(),
            patronymic: new.name.patronymic().map(str::to_owned),
            locale: new.locale.map(|locale| locale.code().to_owned()),
            birth_date_sealed: new.birth_date.map(|date| seal(columns::PEOPLE_BIRTH_DATE, &date.to_iso())),
            id_type: number.map(|number| number.kind().code().to_owned()),
            id_number_sealed: number_text.map(|text| seal(columns::PEOPLE_ID_NUMBER, text)),
            id_number_index: number_text.map(|text| index(columns::PEOPLE_ID_NUMBER, text)),
            snils_sealed: snils_text.map(|text| seal(columns::PEOPLE_SNILS, text)),
            snils_index: snils_text.map(|text| index(columns::PEOPLE_SNILS, text)),
            mobile_sealed: mobile.map(|text| seal(columns::PEOPLE_MOBILE, text)),
            mobile_index: mobile.map(|text| index(columns::PEOPLE_MOBILE, text)),
            email_sealed: email.map(|email| seal(columns::PEOPLE_EMAIL, email.as_str())),
            email_index: email.map(|email| index(columns::PEOPLE_EMAIL, &email.comparison_key())),
        };
        people::insert(tx, &row, now).await?;
        for grant in &new.grants {
            let role =
                RoleRow { role: grant.role.code().to_owned(), school_id: grant.school_id, class_id: grant.class_id };
            roles::insert(tx, RoleId::new(now, portal.rng()), id, &role).await?;
        }
        Ok(id)
    }

    /// Notes that an adult is a guardian of a child, inside the caller's transaction. `relation` is `mother`, `father` or `guardian`.
    ///
    /// # Errors
    /// The database's errors.
    pub async fn add_guardian(
        &self,
        tx: &mut Tx,
        child: PersonId,
        guardian: PersonId,
        relation: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        guardians::insert(tx, child, guardian, relation, now).await
    }

    /// Writes new contact details, inside the caller's transaction: what changed is audited, and told at the old address. The person
    /// has proved the new mobile.
    pub(crate) async fn change_contacts(
        &self,
        tx: &mut Tx,
        visit: &Visit,
        change: ContactChange<'_>,
        now: Timestamp,
    ) -> Result<(), OpenError> {
        let portal = self.portal;
        let ContactChange { person, by, mobile, email, email_proved } = change;
        let Some(old) = self.contacts_of(tx, person).await? else { return Ok(()) };
        let mobile = mobile.filter(|mobile| Some(*mobile) != old.mobile.as_ref());
        let email = email.filter(|email| Some(*email) != old.email.as_ref());
        if mobile.is_none() && email.is_none() {
            return Ok(());
        }
        let seal = |column, text: &str| portal.sealer().seal(portal.rng(), column, person.0, text.as_bytes());
        let index = |column, text: &str| portal.sealer().blind_index(column, text).to_vec();
        let contacts = NewContacts {
            mobile_sealed: mobile.map(|mobile| seal(columns::PEOPLE_MOBILE, mobile.e164())),
            mobile_index: mobile.map(|mobile| index(columns::PEOPLE_MOBILE, mobile.e164())),
            email_sealed: email.map(|email| seal(columns::PEOPLE_EMAIL, email.as_str())),
            email_index: email.map(|email| index(columns::PEOPLE_EMAIL, &email.comparison_key())),
            email_verified_at: email_proved.then_some(now),
        };
        let version = people::update_contacts(tx, person, &contacts, now).await?;
        let noted = Noted { person, version, at: now, by: Some(by), source: person_fields::OWNER };
        for (field, changed) in [(PersonField::Mobile, mobile.is_some()), (PersonField::Email, email.is_some())] {
            if changed {
                person_fields::upsert(tx, &noted, field.code()).await?;
            }
        }
        let classes = enrolments::list_classes_of(tx, person).await?;
        let changed = |class_id| ClassEvent::Person { class_id, person_id: person, version, by };
        tx.announce(&classes.into_iter().map(ClassId).map(changed).collect::<Vec<_>>()).await?;
        let record = |mobile: Option<&Mobile>, email: Option<&Email>| json!({ "mobile": mobile.map(Mobile::e164), "email": email.map(Email::as_str) });
        let entry = AuditEntry::new(AuditEvent::PersonChanged, Outcome::Success, visit).actor(by).person(person);
        let entry = entry
            .before(record(
                old.mobile.as_ref().filter(|_| mobile.is_some()),
                old.email.as_ref().filter(|_| email.is_some()),
            ))
            .after(record(mobile, email));
        let past = PastAddresses {
            account_id: old.account_id,
            locale: old.locale.unwrap_or(visit.locale),
            mobile: old.mobile.filter(|_| mobile.is_some()),
            // An address that differs in its capitals only is no other address.
            email: old.email.filter(|old| email.is_some_and(|new| new.comparison_key() != old.comparison_key())),
        };
        self.tell_past_addresses(tx, past, now).await?;
        portal.audit().append(tx, entry).await?;
        Ok(())
    }

    /// Tells the owner of an account, at the addresses that it had until now, that it has others: whoever did not want that learns of it
    /// where the new owner of the account cannot read.
    pub(crate) async fn tell_past_addresses(
        &self,
        tx: &mut Tx,
        past: PastAddresses,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let PastAddresses { account_id, locale, mobile, email } = past;
        let notices = [("mobile_changed", mobile.map(Address::Mobile)), ("email_changed", email.map(Address::Email))];
        self.notify(tx, account_id, locale, notices, now).await
    }

    /// Tells the owner of an account, at the addresses on file, that another ID number signs them in, or none. `locale` is for owners who
    /// have chosen no language.
    pub(crate) async fn tell_of_new_number(
        &self,
        tx: &mut Tx,
        person: PersonId,
        locale: Locale,
        now: Timestamp,
    ) -> Result<(), OpenError> {
        let Some(owner) = self.contacts_of(tx, person).await? else { return Ok(()) };
        let locale = owner.locale.unwrap_or(locale);
        let addresses = [owner.mobile.map(Address::Mobile), owner.email.map(Address::Email)];
        let notices = addresses.map(|address| ("id_number_changed", address));
        Ok(self.notify(tx, owner.account_id, locale, notices, now).await?)
    }

    async fn notify(
        &self,
        tx: &mut Tx,
        account: Option<Uuid>,
        locale: Locale,
        notices: [(&'static str, Option<Address>); 2],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let portal = self.portal;
        for (event, address) in notices {
            let Some(address) = address else { continue };
            let text = Text {
                idempotency_key: format!("{event}-{}", MessageId::new(now, portal.rng())),
                event,
                locale,
                payload: json!({}),
                expires_at: now + NOTICE_LIFETIME_MS,
            };
            portal.send(tx, Some((account, &address)), text).await?;
        }
        Ok(())
    }
}

/// Contact details that their owner gave.
pub(crate) struct ContactChange<'a> {
    pub person: PersonId,
    /// Who writes them: the owner, or whoever decided that they are the owner's.
    pub by: PersonId,
    /// Proved by a code.
    pub mobile: Option<&'a Mobile>,
    pub email: Option<&'a Email>,
    /// The e-mail was proved by a code, too.
    pub email_proved: bool,
}

/// The addresses that an account had until now; none where nothing was changed.
pub(crate) struct PastAddresses {
    pub account_id: Option<Uuid>,
    pub locale: Locale,
    pub mobile: Option<Mobile>,
    pub email: Option<Email>,
}

/// The last day on which somebody may have been born: the day that it is where the day begins first.
pub fn latest_birth_date(now: Timestamp) -> Option<BirthDate> {
    let date = OffsetDateTime::from_unix_timestamp((now + 14 * HOUR) / 1_000).ok()?.date();
    BirthDate::new(u16::try_from(date.year()).ok()?, date.month().into(), date.day()).ok()
}

/// A name as it is on file. Staff may type a person's names one after the other: a part that is still missing is stood in for by the
/// other one; none when both are missing.
pub(crate) fn name_on_file(surname: &str, given_name: &str, patronymic: Option<&str>) -> Option<PersonName> {
    let either = |part: &str, other: &str| if part.is_empty() { other.to_owned() } else { part.to_owned() };
    PersonName::new(&either(surname, given_name), &either(given_name, surname), patronymic).ok()
}

/// The short form of a name on file, «Бутрович В. И.»; as much of it as there is.
pub(crate) fn short_name(surname: &str, given_name: &str, patronymic: Option<&str>) -> String {
    match PersonName::new(surname, given_name, patronymic) {
        Ok(name) => name.short(),
        Err(_) => [surname, given_name].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" "),
    }
}

/// A stored user code the way it is shown: `XXXX-XXXX`.
pub(crate) fn shown_user_code(stored: &str) -> String {
    UserCode::parse(stored).map_or_else(|_| stored.to_owned(), |code| code.to_string())
}
