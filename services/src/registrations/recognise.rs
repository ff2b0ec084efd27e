//! Whether the roster knows this adult as a guardian of that child. The same look-ups for everybody.

use domain::{BirthDate, IdKind, Locale, Mobile, PersonIdentifier};
use uuid::Uuid;

use super::{RegistrationError, Registrations, Who};
use crate::clock::Timestamp;
use crate::codes::{Address, Receiver};
use crate::crypto::columns;
use crate::people::open;
use crate::sessions;
use crate::settings::SENDS_WINDOW_MS;
use crate::store::people::{self, Known};
use crate::store::{Tx, guardians, roles};
use crate::throttles::Places;

/// What the roster says.
pub(super) struct Recognised {
    /// The guardian, when everything fits.
    pub person: Option<Person>,
    /// The child, if there is one with this number.
    pub child_id: Option<Uuid>,
    /// The account of whoever has the number that was typed, whatever else fits.
    pub account_of_number: Option<Uuid>,
}

/// A guardian who was recognised.
pub(super) struct Person {
    pub id: Uuid,
    pub account_id: Option<Uuid>,
    pub mobile: Option<Mobile>,
    pub locale: Option<Locale>,
    /// Staff sign in with two factors, and a mobile alone must not open such an account.
    pub is_staff: bool,
}

impl Recognised {
    pub fn person_id(&self) -> Option<Uuid> {
        self.person.as_ref().map(|person| person.id)
    }
}

impl Registrations<'_> {
    pub(super) async fn recognise(&self, tx: &mut Tx, who: &Who) -> Result<Recognised, RegistrationError> {
        let portal = self.portal;
        let adult = self.only_one(tx, &who.identifier).await?;
        let child = self.only_one(tx, &who.child).await?;
        let id = adult.as_ref().map_or(Uuid::nil(), |adult| adult.person_id);
        let child_id = child.as_ref().map(|child| child.person_id);
        let is_guardian = guardians::exists(tx, child_id.unwrap_or_default(), id).await?;
        let is_staff = sessions::is_staff(&sessions::grants(&roles::list(tx, id).await?)?);
        let account_of_number = adult.as_ref().and_then(|adult| adult.account_id);
        let Some(adult) = adult.filter(|_| is_guardian) else {
            return Ok(Recognised { person: None, child_id, account_of_number });
        };
        let on_file = open(portal, columns::PEOPLE_BIRTH_DATE, id, adult.birth_date_sealed.as_deref(), |text| {
            BirthDate::parse(text).ok()
        })?;
        // A roster without the date recognises by number, child and mobile alone.
        let fits = on_file.is_none_or(|date| date == who.birth_date);
        let mobile = open(portal, columns::PEOPLE_MOBILE, id, adult.mobile_sealed.as_deref(), |text| {
            Mobile::from_e164(text).ok()
        })?;
        let locale = adult.locale.as_deref().and_then(Locale::from_code);
        let person = fits.then_some(Person { id, account_id: adult.account_id, mobile, locale, is_staff });
        Ok(Recognised { person, child_id, account_of_number })
    }

    /// Who has this number, unless two have it.
    async fn only_one(&self, tx: &mut Tx, number: &PersonIdentifier) -> Result<Option<Known>, RegistrationError> {
        let sealer = self.portal.sealer();
        let found = match number.kind() {
            IdKind::RuSnils => {
                let index = sealer.blind_index(columns::PEOPLE_SNILS, number.canonical());
                people::list_known_by_snils(tx, &index).await?
            }
            kind @ (IdKind::IlId | IdKind::Fictitious) => {
                let index = sealer.blind_index(columns::PEOPLE_ID_NUMBER, number.canonical());
                people::list_known_by_id_number(tx, kind.code(), &index).await?
            }
        };
        Ok(<[Known; 1]>::try_from(found).ok().map(|[known]| known))
    }

    /// Who gets a code to the mobile on file. The codes of a person are counted apart from those of signing in, since those are shown;
    /// when they are used up nothing is sent, and nothing is told.
    pub(super) async fn on_file_receiver(
        &self,
        tx: &mut Tx,
        recognised: &Recognised,
        who: &Who,
        now: Timestamp,
    ) -> Result<Option<Receiver>, RegistrationError> {
        let portal = self.portal;
        let limit = portal.settings().codes.sends_per_hour;
        let typed = super::on_file_subject(portal, who);
        let subject = match &recognised.person {
            Some(person) => portal.sealer().mac("throttle.registration.person", &[person.id.as_bytes()]),
            // A row of this visitor's own: the same work for everybody.
            None => portal.sealer().mac("throttle.registration.nobody", &[&typed]),
        };
        let of_typed = Places::lock(tx, &typed, limit, SENDS_WINDOW_MS).await?;
        let mut places = Places::lock(tx, &subject, limit, SENDS_WINDOW_MS).await?;
        // Whoever asks anew within the wait has nothing sent, and must not use up the person's places by it.
        let is_due = of_typed.wait(now).is_none() && of_typed.left(now) > 0;
        if is_due && !places.take(tx, &subject, 0, now).await? {
            return Ok(None);
        }
        Ok(recognised.person.as_ref().and_then(|person| {
            Some(Receiver {
                account_id: person.account_id,
                person_id: Some(person.id),
                address: Address::Mobile(person.mobile.clone()?),
                locale: person.locale,
            })
        }))
    }
}
