//! Who gets a code: the one person whom an identifier names, with an active account and a mobile on file, who may sign in by code
//! alone. Everybody else is treated like somebody unknown.

use domain::{Email, Grant, IdKind, Locale, Mobile, PersonIdentifier};
use uuid::Uuid;

use super::FlowPurpose;
use crate::crypto::columns;
use crate::error::StoreError;
use crate::portal::{Portal, SignInError};
use crate::sessions;
use crate::store::people::Candidate;
use crate::store::{Tx, accounts, people, roles};

/// Where a message goes.
#[derive(Clone)]
pub(crate) enum Address {
    Mobile(Mobile),
    Email(Email),
}

/// Who gets a code.
pub(crate) struct Receiver {
    pub account_id: Option<Uuid>,
    pub person_id: Option<Uuid>,
    pub address: Address,
    /// The language of the account, or of the person; otherwise the page's language is used.
    pub locale: Option<Locale>,
}

/// The receiver that an identifier names.
pub(super) async fn recognise(
    portal: &Portal,
    tx: &mut Tx,
    identifier: &PersonIdentifier,
) -> Result<Option<Receiver>, SignInError> {
    let kind = identifier.kind();
    let found = match kind {
        IdKind::RuSnils => {
            let index = portal.sealer().blind_index(columns::PEOPLE_SNILS, identifier.canonical());
            people::list_by_snils(tx, &index).await?
        }
        IdKind::IlId | IdKind::Fictitious => {
            let index = portal.sealer().blind_index(columns::PEOPLE_ID_NUMBER, identifier.canonical());
            people::list_by_id_number(tx, kind.code(), &index).await?
        }
    };
    let allowed = kind.may_sign_in_by_sms() && portal.settings().id_kinds.contains(&kind);
    // Two people with one number (a SNILS entered twice): neither is meant for certain.
    let candidate = match <[Candidate; 1]>::try_from(found) {
        Ok([candidate]) if allowed => Some(candidate),
        _ => None,
    };
    narrow(portal, tx, candidate, FlowPurpose::SignIn).await
}

/// The receiver of an account's codes.
pub(super) async fn of_account(
    portal: &Portal,
    tx: &mut Tx,
    account: Option<Uuid>,
    purpose: FlowPurpose,
) -> Result<Option<Receiver>, SignInError> {
    let candidate = people::find_by_account(tx, account.unwrap_or_default()).await?;
    narrow(portal, tx, candidate, purpose).await
}

/// Whether a code of this purpose may sign in somebody with these roles: staff need two factors, so a code alone is not enough.
pub(super) fn may_sign_in(purpose: FlowPurpose, grants: &[Grant<Uuid>]) -> bool {
    purpose != FlowPurpose::SignIn || !sessions::is_staff(grants)
}

async fn narrow(
    portal: &Portal,
    tx: &mut Tx,
    candidate: Option<Candidate>,
    purpose: FlowPurpose,
) -> Result<Option<Receiver>, SignInError> {
    // Asked for nobody too, so that the same statements run.
    let person = candidate.as_ref().map_or(Uuid::nil(), |candidate| candidate.person_id);
    let grants = sessions::grants(&roles::list(tx, person).await?)?;
    let Some(candidate) = candidate.filter(|_| may_sign_in(purpose, &grants)) else { return Ok(None) };
    let active = candidate.state.as_deref() == Some(accounts::ACTIVE);
    let (Some(account_id), Some(sealed)) = (candidate.account_id.filter(|_| active), candidate.mobile_sealed) else {
        return Ok(None);
    };
    let mobile = portal.sealer().open(columns::PEOPLE_MOBILE, candidate.person_id, &sealed)?;
    let mobile = std::str::from_utf8(&mobile)
        .ok()
        .and_then(|text| Mobile::from_e164(text).ok())
        .ok_or(StoreError::Corrupt { column: columns::PEOPLE_MOBILE })?;
    let locale = candidate.account_locale.or(candidate.person_locale);
    Ok(Some(Receiver {
        account_id: Some(account_id),
        person_id: Some(candidate.person_id),
        address: Address::Mobile(mobile),
        locale: locale.as_deref().and_then(Locale::from_code),
    }))
}
