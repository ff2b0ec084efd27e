//! Who may do what: the table of rights as data, and the one function that reads it.
//!
//! | | class teacher | deputy head | school administrator | system administrator |
//! |---|---|---|---|---|
//! | see and edit contacts of students and parents | own classes | whole school | whole school | all |
//! | photos, groups | own classes | whole school | whole school | all |
//! | personal data (all fields) | read own classes | whole school | whole school | all |
//! | review queue, unlock, resend, end sessions, start reset | own classes | whole school | whole school | all |
//! | staff, classes, roster import, audit log | – | read | own school | all |
//! | schools, configuration, API clients | – | – | – | all |
//!
//! Parents and students have no grants: their own data and their children's cards are theirs by being who they are. What the table
//! does not allow is refused.

use serde::{Deserialize, Serialize};

/// What a member of staff is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Leads one class or several.
    ClassTeacher,
    /// Deputy head (завуч) of a school.
    DeputyHead,
    /// Runs the portal for one school.
    SchoolAdministrator,
    /// Runs the portal for everybody.
    SystemAdministrator,
}

impl Role {
    /// Every role, in the order of the table.
    pub const ALL: [Self; 4] =
        [Self::ClassTeacher, Self::DeputyHead, Self::SchoolAdministrator, Self::SystemAdministrator];

    /// The stable code: `class_teacher`, `deputy_head`, `school_administrator`, `system_administrator`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::ClassTeacher => "class_teacher",
            Self::DeputyHead => "deputy_head",
            Self::SchoolAdministrator => "school_administrator",
            Self::SystemAdministrator => "system_administrator",
        }
    }

    /// The role of a code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.code() == code)
    }

    /// Whether a password alone does not sign this person in. Every role is staff, and staff sign in with two factors.
    pub const fn needs_second_factor(self) -> bool {
        match self {
            Self::ClassTeacher | Self::DeputyHead | Self::SchoolAdministrator | Self::SystemAdministrator => true,
        }
    }
}

/// As what somebody uses the portal: in one of their roles, or as a parent. Whoever is several of these chooses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Capacity {
    /// Staff, in this role.
    Staff(Role),
    /// A parent, or another guardian.
    Parent,
}

impl Capacity {
    /// The stable code: a role's, or `parent`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Staff(role) => role.code(),
            Self::Parent => "parent",
        }
    }

    /// The capacity of a code.
    pub fn from_code(code: &str) -> Option<Self> {
        if code == Self::Parent.code() { Some(Self::Parent) } else { Role::from_code(code).map(Self::Staff) }
    }
}

/// One thing that may be done. Where the table tells reading from changing, there are two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "each name says it; the table above is the documentation")]
pub enum Permission {
    ReadContacts,
    EditContacts,
    ReadPhotos,
    EditPhotos,
    ReadGroups,
    EditGroups,
    ReadPersonalData,
    EditPersonalData,
    WorkReviewQueue,
    UnlockAccounts,
    ResendInvitations,
    EndSessions,
    StartResets,
    ReadStaff,
    EditStaff,
    ReadClasses,
    EditClasses,
    ReadRosterImports,
    ImportRoster,
    ReadAuditLog,
    ExportAuditLog,
    ManageSchools,
    ManageConfiguration,
    ManageApiClients,
}

impl Permission {
    /// Every permission, in the order of the table.
    pub const ALL: [Self; 24] = [
        Self::ReadContacts,
        Self::EditContacts,
        Self::ReadPhotos,
        Self::EditPhotos,
        Self::ReadGroups,
        Self::EditGroups,
        Self::ReadPersonalData,
        Self::EditPersonalData,
        Self::WorkReviewQueue,
        Self::UnlockAccounts,
        Self::ResendInvitations,
        Self::EndSessions,
        Self::StartResets,
        Self::ReadStaff,
        Self::EditStaff,
        Self::ReadClasses,
        Self::EditClasses,
        Self::ReadRosterImports,
        Self::ImportRoster,
        Self::ReadAuditLog,
        Self::ExportAuditLog,
        Self::ManageSchools,
        Self::ManageConfiguration,
        Self::ManageApiClients,
    ];

    /// How far the permission reaches for each role, in the order of [`Role::ALL`]: one row of the table.
    const fn row(self) -> [Scope; 4] {
        use Scope::{All, None, OwnClasses, School};
        match self {
            Self::ReadContacts
            | Self::EditContacts
            | Self::ReadPhotos
            | Self::EditPhotos
            | Self::ReadGroups
            | Self::EditGroups
            | Self::ReadPersonalData
            | Self::WorkReviewQueue
            | Self::UnlockAccounts
            | Self::ResendInvitations
            | Self::EndSessions
            | Self::StartResets => [OwnClasses, School, School, All],
            // A class teacher reads personal data and does not change it; a deputy head reads how the school is run.
            Self::EditPersonalData
            | Self::ReadStaff
            | Self::ReadClasses
            | Self::ReadRosterImports
            | Self::ReadAuditLog => [None, School, School, All],
            Self::EditStaff | Self::EditClasses | Self::ImportRoster | Self::ExportAuditLog => {
                [None, None, School, All]
            }
            Self::ManageSchools | Self::ManageConfiguration | Self::ManageApiClients => [None, None, None, All],
        }
    }

    /// How far the permission reaches for a role.
    pub const fn scope(self, role: Role) -> Scope {
        let [teacher, deputy, administrator, system] = self.row();
        match role {
            Role::ClassTeacher => teacher,
            Role::DeputyHead => deputy,
            Role::SchoolAdministrator => administrator,
            Role::SystemAdministrator => system,
        }
    }
}

/// How far a permission reaches, from nothing to everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Nowhere.
    None,
    /// The classes that the grant names.
    OwnClasses,
    /// The school that the grant names, with all its classes.
    School,
    /// Everywhere.
    All,
}

/// A role given to somebody, for a school or a class of it. A role without the id that its scope needs reaches nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Grant<Id> {
    /// The role.
    pub role: Role,
    /// The school; none for a system administrator.
    pub school_id: Option<Id>,
    /// The class, for a class teacher; one grant per class.
    pub class_id: Option<Id>,
}

/// What something is to be done to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Target<Id> {
    /// A class, or somebody who belongs to it (a student, or a student's parent).
    Class {
        /// The school of the class.
        school_id: Id,
        /// The class.
        class_id: Id,
    },
    /// A school, or somebody or something of it that belongs to no class.
    School(Id),
    /// What belongs to no school.
    Everything,
}

impl<Id: PartialEq> Grant<Id> {
    /// Whether this grant alone allows it.
    pub fn allows(&self, permission: Permission, target: &Target<Id>) -> bool {
        let own_school = |school: &Id| self.school_id.as_ref() == Some(school);
        match (permission.scope(self.role), target) {
            (Scope::All, _) => true,
            (Scope::School, Target::Class { school_id, .. } | Target::School(school_id)) => own_school(school_id),
            (Scope::OwnClasses, Target::Class { school_id, class_id }) => {
                own_school(school_id) && self.class_id.as_ref() == Some(class_id)
            }
            _ => false,
        }
    }
}

/// Whether any of the grants allows it.
pub fn allows<Id: PartialEq>(grants: &[Grant<Id>], permission: Permission, target: &Target<Id>) -> bool {
    grants.iter().any(|grant| grant.allows(permission, target))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
    use super::*;
    use Permission as P;

    const OWN_CLASS: Target<u128> = Target::Class { school_id: 1, class_id: 10 };
    const SCHOOLMATES: Target<u128> = Target::Class { school_id: 1, class_id: 11 };
    const OTHER_CLASS: Target<u128> = Target::Class { school_id: 2, class_id: 20 };
    const OWN_SCHOOL: Target<u128> = Target::School(1);
    const OTHER_SCHOOL: Target<u128> = Target::School(2);
    const TARGETS: [Target<u128>; 6] =
        [OWN_CLASS, SCHOOLMATES, OWN_SCHOOL, OTHER_CLASS, OTHER_SCHOOL, Target::Everything];

    fn grant(role: Role) -> Grant<u128> {
        match role {
            Role::ClassTeacher => Grant { role, school_id: Some(1), class_id: Some(10) },
            Role::DeputyHead | Role::SchoolAdministrator => Grant { role, school_id: Some(1), class_id: None },
            Role::SystemAdministrator => Grant { role, school_id: None, class_id: None },
        }
    }

    /// The table as the rules print it, row by row: permissions, then how many of TARGETS each role reaches
    /// (1 = own class, 3 = whole school, 6 = everything).
    const TABLE: [(&[P], [usize; 4]); 7] = [
        (&[P::ReadContacts, P::EditContacts], [1, 3, 3, 6]),
        (&[P::ReadPhotos, P::EditPhotos, P::ReadGroups, P::EditGroups], [1, 3, 3, 6]),
        (&[P::ReadPersonalData], [1, 3, 3, 6]),
        (&[P::EditPersonalData, P::ReadStaff, P::ReadClasses, P::ReadRosterImports, P::ReadAuditLog], [0, 3, 3, 6]),
        (&[P::WorkReviewQueue, P::UnlockAccounts, P::ResendInvitations, P::EndSessions, P::StartResets], [1, 3, 3, 6]),
        (&[P::EditStaff, P::EditClasses, P::ImportRoster, P::ExportAuditLog], [0, 0, 3, 6]),
        (&[P::ManageSchools, P::ManageConfiguration, P::ManageApiClients], [0, 0, 0, 6]),
    ];

    #[test]
    fn a_capacity_is_found_by_its_code() {
        for capacity in Role::ALL.map(Capacity::Staff).into_iter().chain([Capacity::Parent]) {
            assert_eq!(Capacity::from_code(capacity.code()), Some(capacity));
        }
        assert_eq!(Capacity::from_code("student"), None);
    }

    #[test]
    fn the_whole_table_cell_by_cell() {
        let mut seen = Vec::new();
        for (permissions, reach) in TABLE {
            for permission in permissions {
                seen.push(*permission);
                for (role, reached) in Role::ALL.into_iter().zip(reach) {
                    for (i, target) in TARGETS.iter().enumerate() {
                        let allowed = allows(&[grant(role)], *permission, target);
                        assert_eq!(allowed, i < reached, "{role:?} {permission:?} {target:?}");
                    }
                }
            }
        }
        seen.sort_unstable();
        assert_eq!(seen, P::ALL);
    }

    #[test]
    fn no_grant_no_right() {
        for permission in P::ALL {
            for target in TARGETS {
                assert!(!allows(&[], permission, &target));
            }
        }
    }

    #[test]
    fn grants_add_up_and_do_not_mix() {
        let second_class = Grant { role: Role::ClassTeacher, school_id: Some(2), class_id: Some(20) };
        let both = [grant(Role::ClassTeacher), second_class];
        assert!(allows(&both, P::EditContacts, &OWN_CLASS));
        assert!(allows(&both, P::EditContacts, &OTHER_CLASS));
        // The school of one grant and the class of the other make no right.
        assert!(!allows(&both, P::EditContacts, &Target::Class { school_id: 1, class_id: 20 }));
    }

    #[test]
    fn a_grant_without_the_id_it_needs_reaches_nothing() {
        for role in [Role::ClassTeacher, Role::DeputyHead, Role::SchoolAdministrator] {
            let bare = Grant { role, school_id: None, class_id: None };
            for target in TARGETS {
                assert!(!allows(&[bare], P::ReadContacts, &target), "{role:?} {target:?}");
            }
        }
    }

    #[test]
    fn staff_sign_in_with_two_factors_and_roles_have_codes() {
        for role in Role::ALL {
            assert!(role.needs_second_factor());
            assert_eq!(Role::from_code(role.code()), Some(role));
            assert_eq!(serde_json::to_string(&role).unwrap(), format!("\"{}\"", role.code()));
        }
        assert_eq!(Role::from_code("parent"), None);
    }
}
