//! What happened, in words: a sentence fragment for each kind of event.

use domain::Locale;
use services::audit::AuditEvent;

use crate::tr;

/// An event in the reader's language.
#[must_use]
pub fn event_words(locale: Locale, event: AuditEvent) -> &'static str {
    match event {
        AuditEvent::CodeRequested => tr!(locale, admin.ev_code_requested),
        AuditEvent::CodeResent => tr!(locale, admin.ev_code_resent),
        AuditEvent::SignInByCode => tr!(locale, admin.ev_sign_in_by_code),
        AuditEvent::SignInByPassword => tr!(locale, admin.ev_sign_in_by_password),
        AuditEvent::SignInSecondFactor => tr!(locale, admin.ev_sign_in_second_factor),
        AuditEvent::SignInByGosuslugi => tr!(locale, admin.ev_sign_in_by_gosuslugi),
        AuditEvent::GosuslugiLinked => tr!(locale, admin.ev_gosuslugi_linked),
        AuditEvent::GosuslugiUnlinked => tr!(locale, admin.ev_gosuslugi_unlinked),
        AuditEvent::FreshProof => tr!(locale, admin.ev_fresh_proof),
        AuditEvent::LimitReached => tr!(locale, admin.ev_limit_reached),
        AuditEvent::SignOut => tr!(locale, admin.ev_sign_out),
        AuditEvent::SessionEnded => tr!(locale, admin.ev_session_ended),
        AuditEvent::OtherSessionsEnded => tr!(locale, admin.ev_other_sessions_ended),
        AuditEvent::AccessRefused => tr!(locale, admin.ev_access_refused),
        AuditEvent::PersonCreated => tr!(locale, admin.ev_person_created),
        AuditEvent::PersonChanged => tr!(locale, admin.ev_person_changed),
        AuditEvent::PersonDeleted => tr!(locale, admin.ev_person_deleted),
        AuditEvent::RoleGranted => tr!(locale, admin.ev_role_granted),
        AuditEvent::RoleRevoked => tr!(locale, admin.ev_role_revoked),
        AuditEvent::AccountCreated => tr!(locale, admin.ev_account_created),
        AuditEvent::AccountLocked => tr!(locale, admin.ev_account_locked),
        AuditEvent::AccountUnlocked => tr!(locale, admin.ev_account_unlocked),
        AuditEvent::LocaleChanged => tr!(locale, admin.ev_locale_changed),
        AuditEvent::RegistrationBegun => tr!(locale, admin.ev_registration_begun),
        AuditEvent::RegistrationVerified => tr!(locale, admin.ev_registration_verified),
        AuditEvent::RegistrationSubmitted => tr!(locale, admin.ev_registration_submitted),
        AuditEvent::RegistrationResumed => tr!(locale, admin.ev_registration_resumed),
        AuditEvent::ConsentGiven => tr!(locale, admin.ev_consent_given),
        AuditEvent::PasswordResetRequested => tr!(locale, admin.ev_password_reset_requested),
        AuditEvent::PasswordOwnerIdentified => tr!(locale, admin.ev_password_owner_identified),
        AuditEvent::PasswordOwnerVerified => tr!(locale, admin.ev_password_owner_verified),
        AuditEvent::InitialPasswordUsed => tr!(locale, admin.ev_initial_password_used),
        AuditEvent::SecurityQuestionSet => tr!(locale, admin.ev_security_question_set),
        AuditEvent::PasswordSet => tr!(locale, admin.ev_password_set),
        AuditEvent::PasswordRehashed => tr!(locale, admin.ev_password_rehashed),
        AuditEvent::SecurityQuestionAnswered => tr!(locale, admin.ev_security_question_answered),
        AuditEvent::AccountSearched => tr!(locale, admin.ev_account_searched),
        AuditEvent::ReviewDecided => tr!(locale, admin.ev_review_decided),
        AuditEvent::EnrolmentChanged => tr!(locale, admin.ev_enrolment_changed),
        AuditEvent::SchoolChanged => tr!(locale, admin.ev_school_changed),
        AuditEvent::GuardianChanged => tr!(locale, admin.ev_guardian_changed),
        AuditEvent::GroupChanged => tr!(locale, admin.ev_group_changed),
        AuditEvent::PhotoChanged => tr!(locale, admin.ev_photo_changed),
        AuditEvent::PersonalDataRead => tr!(locale, admin.ev_personal_data_read),
        AuditEvent::RosterImported => tr!(locale, admin.ev_roster_imported),
        AuditEvent::RosterExported => tr!(locale, admin.ev_roster_exported),
        AuditEvent::AuditExported => tr!(locale, admin.ev_audit_exported),
        AuditEvent::InvitationsPrinted => tr!(locale, admin.ev_invitations_printed),
        AuditEvent::InvitationSent => tr!(locale, admin.ev_invitation_sent),
        AuditEvent::ApiClientChanged => tr!(locale, admin.ev_api_client_changed),
        AuditEvent::KeysRotated => tr!(locale, admin.ev_keys_rotated),
        AuditEvent::DataResealed => tr!(locale, admin.ev_data_resealed),
    }
}
