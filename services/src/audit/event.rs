//! What can be written in the audit log. Codes are stored and shown to other programs: never change or reuse one.

macro_rules! events {
    ($($(#[$doc:meta])* $name:ident = $code:literal,)+) => {
        /// What happened.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum AuditEvent {
            $($(#[$doc])* $name,)+
        }

        impl AuditEvent {
            /// Every event, for filters.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The stored code.
            pub const fn code(self) -> &'static str {
                match self {
                    $(Self::$name => $code,)+
                }
            }

            /// Reads a stored code.
            pub fn from_code(code: &str) -> Option<Self> {
                match code {
                    $($code => Some(Self::$name),)+
                    _ => None,
                }
            }
        }
    };
}

events! {
    /// Somebody asked for a one-time code.
    CodeRequested = "code.requested",
    /// A code was sent again.
    CodeResent = "code.resent",
    /// A sign-in by one-time code, or a failed try.
    SignInByCode = "sign_in.code",
    /// A sign-in by user code and password, or a failed try (staff: the first factor).
    SignInByPassword = "sign_in.password",
    /// The second factor after a password, or a failed try.
    SignInSecondFactor = "sign_in.second_factor",
    /// A sign-in through Gosuslugi, or a failed try.
    SignInByGosuslugi = "sign_in.gosuslugi",
    /// An account at Gosuslugi signs somebody in from now on.
    GosuslugiLinked = "gosuslugi.linked",
    /// Such an account was taken from somebody.
    GosuslugiUnlinked = "gosuslugi.unlinked",
    /// A fresh proof before a sensitive change, or a failed try.
    FreshProof = "sign_in.fresh_proof",
    /// A limit was reached.
    LimitReached = "limit.reached",
    /// Somebody signed out.
    SignOut = "session.sign_out",
    /// One session was ended from another one, or by staff.
    SessionEnded = "session.ended",
    /// All other sessions of an account were ended.
    OtherSessionsEnded = "session.others_ended",
    /// Something was asked for without the right to it.
    AccessRefused = "access.refused",
    /// A person was entered.
    PersonCreated = "person.created",
    /// A person's data was changed.
    PersonChanged = "person.changed",
    /// A person was removed.
    PersonDeleted = "person.deleted",
    /// A person was given a role.
    RoleGranted = "role.granted",
    /// A role was taken from a person.
    RoleRevoked = "role.revoked",
    /// An account was made.
    AccountCreated = "account.created",
    /// An account was locked.
    AccountLocked = "account.locked",
    /// An account was unlocked, or its waits were lifted.
    AccountUnlocked = "account.unlocked",
    /// An account's language was chosen.
    LocaleChanged = "account.locale_changed",
    /// A registration was begun.
    RegistrationBegun = "registration.begun",
    /// A code of a registration was answered.
    RegistrationVerified = "registration.verified",
    /// A registration was handed in.
    RegistrationSubmitted = "registration.submitted",
    /// A registration was continued on another device, or a try at it.
    RegistrationResumed = "registration.resumed",
    /// Consent to the processing of data was given.
    ConsentGiven = "consent.given",
    /// A link that sets a password was asked for.
    PasswordResetRequested = "password.reset_requested",
    /// The owner of such a link said who they are, or somebody else tried.
    PasswordOwnerIdentified = "password.owner_identified",
    /// The code of the password wizard was answered.
    PasswordOwnerVerified = "password.owner_verified",
    /// The initial password was used.
    InitialPasswordUsed = "password.initial_used",
    /// A security question was set.
    SecurityQuestionSet = "security_question.set",
    /// A password was set.
    PasswordSet = "password.set",
    /// A password was hashed anew because the parameters changed.
    PasswordRehashed = "password.rehashed",
    /// A security question was asked and answered over the phone.
    SecurityQuestionAnswered = "security_question.answered",
    /// Somebody was looked for by a number, a mobile or an e-mail.
    AccountSearched = "account.searched",
    /// A request for review was decided or postponed, or its decision was refused.
    ReviewDecided = "review.decided",
    /// A student was enrolled in a class, or left it.
    EnrolmentChanged = "enrolment.changed",
    /// A school or a class was entered or changed.
    SchoolChanged = "school.changed",
    /// A guardian was noted, or taken away.
    GuardianChanged = "guardian.changed",
    /// A group's members or its title were changed.
    GroupChanged = "group.changed",
    /// A photo was put in or removed.
    PhotoChanged = "photo.changed",
    /// Everything that is known of a person was looked at.
    PersonalDataRead = "person.read",
    /// A roster was tried or imported.
    RosterImported = "roster.imported",
    /// A roster was exported.
    RosterExported = "roster.exported",
    /// The audit log was exported.
    AuditExported = "audit.exported",
    /// Letters that invite parents were printed.
    InvitationsPrinted = "invitations.printed",
    /// An invitation was sent: the first one to a member of staff, or one again.
    InvitationSent = "invitation.sent",
    /// A program got a token for the API, or lost it.
    ApiClientChanged = "api_client.changed",
    /// A sealing key was added.
    KeysRotated = "keys.rotated",
    /// Stored values were sealed anew under the current key.
    DataResealed = "keys.resealed",
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It was done.
    Success,
    /// It was tried and failed: wrong code, wrong password, unknown person.
    Failure,
    /// It was not allowed.
    Refused,
}

impl Outcome {
    /// The stored code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Refused => "refused",
        }
    }

    /// Reads a stored code.
    pub fn from_code(code: &str) -> Option<Self> {
        match code {
            "success" => Some(Self::Success),
            "failure" => Some(Self::Failure),
            "refused" => Some(Self::Refused),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_code_reads_back_and_none_is_shared() {
        let codes: BTreeSet<_> = AuditEvent::ALL.iter().map(|event| event.code()).collect();
        assert_eq!(codes.len(), AuditEvent::ALL.len());
        for event in AuditEvent::ALL {
            assert_eq!(AuditEvent::from_code(event.code()), Some(*event));
        }
        for outcome in [Outcome::Success, Outcome::Failure, Outcome::Refused] {
            assert_eq!(Outcome::from_code(outcome.code()), Some(outcome));
        }
        assert_eq!(AuditEvent::from_code("sign_in"), None);
    }
}
