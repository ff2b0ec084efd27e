//! What an operator does from the command line: the first administrator, a forgotten password, waits, accounts that must not be used.
//!
//! Accounts are named by their user code. Nobody is signed in here: the audit row says which run it was, and no actor.

use domain::{Grant, Locale, Mobile, Password, PersonName, Role, UserCode};

use crate::accounts::{AccountError, CreatedAccount};
use crate::audit::{AuditEntry, AuditEvent, Outcome};
use crate::error::StoreError;
use crate::ids::{AccountId, PersonId};
use crate::passwords::ChoiceError;
use crate::people::NewPerson;
use crate::portal::Portal;
use crate::store::{Tx, accounts, devices, passwords, sessions};
use crate::throttles;
use crate::visit::Visit;

/// What an operator does from the command line.
#[derive(Clone, Copy)]
pub struct Admin<'a> {
    pub(crate) portal: &'a Portal,
}

impl Admin<'_> {
    /// Adds a system administrator, without a password: [`Admin::set_password`] is the next step. The mobile gets the second factor.
    ///
    /// # Errors
    /// [`AccountError`].
    pub async fn create(
        &self,
        visit: &Visit,
        name: PersonName,
        mobile: Mobile,
        locale: Locale,
    ) -> Result<CreatedAccount, AccountError> {
        let portal = self.portal;
        let now = portal.now();
        let grant = Grant { role: Role::SystemAdministrator, school_id: None, class_id: None };
        let new =
            NewPerson { mobile: Some(mobile), locale: Some(locale), grants: vec![grant], ..NewPerson::named(name) };
        let mut tx = portal.db().begin().await?;
        let person = portal.people().create(&mut tx, &new, now).await?;
        let created = portal.accounts().create(&mut tx, visit, person, None, now).await?;
        tx.commit().await?;
        Ok(created)
    }

    /// Sets a password that meets the policy, and ends the account's sessions.
    ///
    /// # Errors
    /// [`ChoiceError`].
    pub async fn set_password(
        &self,
        visit: &Visit,
        user_code: &UserCode,
        password: &Password,
    ) -> Result<(), ChoiceError> {
        let (account, _) = self.find(user_code).await?.ok_or(ChoiceError::NoAccount)?;
        self.portal.passwords().set(visit, account, password, None).await
    }

    /// For somebody who lost the password, or whose password is known to others: a new one, no sessions, no remembered browsers, no
    /// waits.
    ///
    /// # Errors
    /// [`ChoiceError`]; when the password is refused nothing else happens either.
    pub async fn reset(&self, visit: &Visit, user_code: &UserCode, password: &Password) -> Result<(), ChoiceError> {
        let (account, person) = self.find(user_code).await?.ok_or(ChoiceError::NoAccount)?;
        self.portal.passwords().set(visit, account, password, None).await?;
        let mut tx = self.portal.db().begin().await?;
        devices::delete_all(&mut tx, account.0).await?;
        self.lift_waits(&mut tx, visit, user_code, account, person).await?;
        Ok(tx.commit().await?)
    }

    /// Lifts all waits and limits of an account: its passwords, its codes, its sendings.
    ///
    /// # Errors
    /// [`ChoiceError::NoAccount`]; the database's errors.
    pub async fn unlock(&self, visit: &Visit, user_code: &UserCode) -> Result<(), ChoiceError> {
        let (account, person) = self.find(user_code).await?.ok_or(ChoiceError::NoAccount)?;
        let mut tx = self.portal.db().begin().await?;
        self.lift_waits(&mut tx, visit, user_code, account, person).await?;
        Ok(tx.commit().await?)
    }

    /// Bars an account: its sessions end, it is treated like an unknown one.
    ///
    /// # Errors
    /// [`ChoiceError::NoAccount`]; the database's errors.
    pub async fn disable(&self, visit: &Visit, user_code: &UserCode) -> Result<(), ChoiceError> {
        let (account, person) = self.find(user_code).await?.ok_or(ChoiceError::NoAccount)?;
        let mut tx = self.portal.db().begin().await?;
        passwords::use_tickets(&mut tx, account.0, self.portal.now()).await?;
        passwords::delete_other_flows(&mut tx, account.0, uuid::Uuid::nil()).await?;
        accounts::update_state(&mut tx, account.0, accounts::DISABLED).await?;
        sessions::delete_others(&mut tx, account.0, uuid::Uuid::nil()).await?;
        let entry = AuditEntry::new(AuditEvent::AccountLocked, Outcome::Success, visit).person(person);
        self.portal.audit().append(&mut tx, entry).await?;
        Ok(tx.commit().await?)
    }

    /// Opens a barred account again.
    ///
    /// # Errors
    /// [`ChoiceError::NoAccount`]; the database's errors.
    pub async fn enable(&self, visit: &Visit, user_code: &UserCode) -> Result<(), ChoiceError> {
        let (account, person) = self.find(user_code).await?.ok_or(ChoiceError::NoAccount)?;
        let mut tx = self.portal.db().begin().await?;
        accounts::update_state(&mut tx, account.0, accounts::ACTIVE).await?;
        let entry = AuditEntry::new(AuditEvent::AccountUnlocked, Outcome::Success, visit).person(person);
        self.portal.audit().append(&mut tx, entry).await?;
        Ok(tx.commit().await?)
    }

    async fn find(&self, user_code: &UserCode) -> Result<Option<(AccountId, PersonId)>, StoreError> {
        let row = accounts::read_by_user_code(self.portal.db(), user_code.as_str()).await?;
        Ok(row.map(|row| (AccountId(row.id), PersonId(row.person_id))))
    }

    async fn lift_waits(
        &self,
        tx: &mut Tx,
        visit: &Visit,
        user_code: &UserCode,
        account: AccountId,
        person: PersonId,
    ) -> Result<(), StoreError> {
        throttles::forget_all(tx, self.portal.sealer(), user_code.as_str(), account.0).await?;
        let entry = AuditEntry::new(AuditEvent::AccountUnlocked, Outcome::Success, visit).person(person);
        self.portal.audit().append(tx, entry.detail("waits_lifted", true)).await?;
        Ok(())
    }
}
