//! What stands above every page of the administration: the way to the others, as far as the reader's rights open them.

use domain::{Locale, Permission, Role, Scope};
use leptos::prelude::*;

use crate::tr;

/// A page of the administration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdminSection {
    /// Registrations that staff decide about.
    Review,
    /// Other people's accounts.
    Accounts,
    /// Who can sign in.
    Readiness,
    /// Schools and their classes.
    Classes,
    /// Rosters from files, and as files.
    Import,
    /// What was sent.
    Deliveries,
    /// What happened.
    Audit,
    /// Programs that use the API.
    ApiClients,
    /// What is configured.
    Configuration,
}

impl AdminSection {
    /// Every page, in the order of the navigation.
    pub const ALL: [Self; 9] = [
        Self::Review,
        Self::Accounts,
        Self::Readiness,
        Self::Classes,
        Self::Import,
        Self::Deliveries,
        Self::Audit,
        Self::ApiClients,
        Self::Configuration,
    ];

    /// Its address.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::Review => "/admin/review",
            Self::Accounts => "/admin/accounts",
            Self::Readiness => "/admin/readiness",
            Self::Classes => "/admin/classes",
            Self::Import => "/admin/import",
            Self::Deliveries => "/admin/deliveries",
            Self::Audit => "/admin/audit",
            Self::ApiClients => "/admin/api-clients",
            Self::Configuration => "/admin/configuration",
        }
    }

    /// The right that opens it.
    #[must_use]
    pub const fn permission(self) -> Permission {
        match self {
            Self::Review => Permission::WorkReviewQueue,
            Self::Accounts => Permission::UnlockAccounts,
            Self::Readiness => Permission::ReadContacts,
            Self::Classes => Permission::ReadClasses,
            Self::Import => Permission::ReadRosterImports,
            Self::Deliveries | Self::Audit => Permission::ReadAuditLog,
            Self::ApiClients => Permission::ManageApiClients,
            Self::Configuration => Permission::ManageConfiguration,
        }
    }

    /// Its name in the reader's language.
    #[must_use]
    pub fn name(self, locale: Locale) -> &'static str {
        match self {
            Self::Review => tr!(locale, admin.review_title),
            Self::Accounts => tr!(locale, admin.accounts_title),
            Self::Readiness => tr!(locale, admin.readiness_title),
            Self::Classes => tr!(locale, admin.classes_title),
            Self::Import => tr!(locale, admin.import_title),
            Self::Deliveries => tr!(locale, admin.deliveries_title),
            Self::Audit => tr!(locale, admin.audit_title),
            Self::ApiClients => tr!(locale, admin.clients_title),
            Self::Configuration => tr!(locale, admin.configuration_title),
        }
    }

    /// The pages that somebody's roles open at all; how far they reach, each page asks for itself.
    #[must_use]
    pub fn open_to(roles: &[Role]) -> Vec<Self> {
        let opens = |section: &Self| roles.iter().any(|role| section.permission().scope(*role) != Scope::None);
        Self::ALL.into_iter().filter(opens).collect()
    }
}

/// Where a page stands among the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdminFrame {
    /// The pages that the reader's roles open.
    pub sections: Vec<AdminSection>,
    /// This one.
    pub current: AdminSection,
}

impl AdminFrame {
    /// The frame of a page for somebody with these roles.
    #[must_use]
    pub fn new(current: AdminSection, roles: &[Role]) -> Self {
        Self { sections: AdminSection::open_to(roles), current }
    }

    /// Whether the reader's roles open a page.
    #[must_use]
    pub fn opens(&self, section: AdminSection) -> bool {
        self.sections.contains(&section)
    }
}

/// The way to the other pages; nothing where there is no other.
pub(super) fn admin_nav(locale: Locale, frame: &AdminFrame) -> Option<AnyView> {
    if frame.sections.len() < 2 {
        return None;
    }
    let links = frame
        .sections
        .iter()
        .map(|section| {
            view! {
                <a href=section.path() aria-current=(*section == frame.current).then_some("page")>
                    {section.name(locale)}
                </a>
            }
        })
        .collect_view();
    Some(
        view! {
            <nav class="admin-nav" aria-label=tr!(locale, admin.pages)>
                {links}
            </nav>
        }
        .into_any(),
    )
}

/// Title and a sentence below it; `end` stands at the end of the row.
pub(super) fn admin_head(locale: Locale, frame: &AdminFrame, lead: &'static str, end: Option<AnyView>) -> AnyView {
    view! {
        {admin_nav(locale, frame)}
        <div class="toolbar">
            <div>
                <h1>{frame.current.name(locale)}</h1>
                <p class="muted small">{lead}</p>
            </div>
            {end}
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_sees_the_pages_that_it_opens() {
        use AdminSection::{Accounts, Readiness, Review};
        assert_eq!(AdminSection::open_to(&[Role::ClassTeacher]), [Review, Accounts, Readiness]);
        assert_eq!(AdminSection::open_to(&[Role::DeputyHead]).len(), 7);
        assert_eq!(AdminSection::open_to(&[Role::ClassTeacher, Role::SystemAdministrator]), AdminSection::ALL);
        assert!(AdminSection::open_to(&[]).is_empty());
    }
}
