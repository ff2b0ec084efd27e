//! Letters that invite parents to register: who gets one, and what it says. No secret: a letter that is read by somebody else tells them
//! nothing that helps them in, since registering asks for numbers that are not in it and proves the mobile on file.

use domain::{ClassHead, IdKind, Locale, Mobile, Permission, PersonIdentifier, PersonName, Relation};

use crate::access::AccessError;
use crate::audit::{AuditEntry, AuditEvent, Outcome};
use crate::crypto::columns;
use crate::error::StoreError;
use crate::ids::{ClassId, PersonId};
use crate::people::{name_on_file, open};
use crate::portal::Portal;
use crate::sessions::Session;
use crate::store::people;
use crate::visit::Visit;

/// One letter.
#[derive(Clone)]
pub struct Invitation {
    /// To whom.
    pub parent: PersonId,
    /// The parent's name.
    pub name: PersonName,
    /// What the parent is to the student.
    pub relation: Relation,
    /// The student's name.
    pub student: PersonName,
    /// The kind of the number that registering asks for, if the school has it.
    pub id_kind: Option<IdKind>,
    /// Its last digits, so that the right document is taken out of the drawer.
    pub id_hint: Option<String>,
    /// The end of the mobile that the code goes to; none when none is on file.
    pub mobile_hint: Option<String>,
    /// The language of the letter.
    pub locale: Locale,
}

impl std::fmt::Debug for Invitation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Invitation").field("parent", &self.parent).finish_non_exhaustive()
    }
}

/// Letters that invite parents to register.
#[derive(Clone, Copy)]
pub struct Invitations<'a> {
    pub(crate) portal: &'a Portal,
}

impl Invitations<'_> {
    /// The letters of a class: one for each parent without an account who may be contacted, in the order of the register. That they were printed is in the
    /// audit log.
    ///
    /// # Errors
    /// [`AccessError`].
    pub async fn letters(
        &self,
        visit: &Visit,
        actor: &Session,
        class: ClassId,
    ) -> Result<(ClassHead, Vec<Invitation>), AccessError> {
        let portal = self.portal;
        let found = portal.access().class(visit, actor, Permission::ResendInvitations, class).await?;
        let (head, lines) = portal.roster().register(visit, actor, class).await?;
        let mut letters: Vec<Invitation> = Vec::new();
        for line in lines {
            for parent in line.parents.iter().filter(|parent| !parent.has_account && parent.may_contact) {
                // A parent of two children in one class gets one letter.
                if letters.iter().any(|letter| letter.parent == parent.id) {
                    continue;
                }
                let letter = self.letter(parent.id, parent.relation, line.student.name.clone(), found.locale).await?;
                letters.extend(letter);
            }
        }
        let entry = AuditEntry::new(AuditEvent::InvitationsPrinted, Outcome::Success, visit)
            .actor(actor.person_id)
            .detail("class", class.to_string())
            .detail("letters", letters.len());
        let mut tx = portal.db().begin().await?;
        portal.audit().append(&mut tx, entry).await?;
        tx.commit().await?;
        Ok((head, letters))
    }

    async fn letter(
        &self,
        parent: PersonId,
        relation: Option<Relation>,
        student: PersonName,
        of_school: Locale,
    ) -> Result<Option<Invitation>, AccessError> {
        let portal = self.portal;
        let Some(row) = people::read_record(portal.db(), parent).await? else { return Ok(None) };
        let Some(name) = name_on_file(&row.surname, &row.given_name, row.patronymic.as_deref()) else {
            return Ok(None);
        };
        let kind = row.id_type.as_deref().and_then(IdKind::from_code);
        let number = open(portal, columns::PEOPLE_ID_NUMBER, parent.0, row.id_number_sealed.as_deref(), |text| {
            PersonIdentifier::parse(kind?, text).ok()
        })?;
        let snils = open(portal, columns::PEOPLE_SNILS, parent.0, row.snils_sealed.as_deref(), |text| {
            PersonIdentifier::parse(IdKind::RuSnils, text).ok()
        })?;
        let number = number.or(snils);
        let mobile = open(portal, columns::PEOPLE_MOBILE, parent.0, row.mobile_sealed.as_deref(), |text| {
            Mobile::from_e164(text).ok()
        })?;
        Ok(Some(Invitation {
            parent,
            name,
            relation: relation.ok_or(StoreError::Corrupt { column: "guardians.relation" })?,
            student,
            id_kind: number.as_ref().map(PersonIdentifier::kind),
            id_hint: number.as_ref().map(PersonIdentifier::masked),
            mobile_hint: mobile.as_ref().map(Mobile::masked),
            locale: row.locale.as_deref().and_then(Locale::from_code).unwrap_or(of_school),
        }))
    }
}
