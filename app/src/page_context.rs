//! What every page knows about its reader and about the portal. Plain data, made by the server once per request.

use std::sync::Arc;

use domain::{Capacity, IdKind, Locale};
use serde::{Deserialize, Serialize};

/// One value per language.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PerLocale<T> {
    /// Hebrew.
    pub he: T,
    /// Arabic.
    pub ar: T,
    /// Russian.
    pub ru: T,
    /// English.
    pub en: T,
}

impl<T> PerLocale<T> {
    /// The value for a language.
    pub fn get(&self, locale: Locale) -> &T {
        match locale {
            Locale::He => &self.he,
            Locale::Ar => &self.ar,
            Locale::Ru => &self.ru,
            Locale::En => &self.en,
        }
    }
}

/// What configuration says about this portal, as far as pages show it.
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of its own in the configuration")]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortalInfo {
    /// The portal's name in each language.
    pub names: PerLocale<String>,
    /// The help line as people dial it, such as `*6552`, if there is one; texts name the school office otherwise.
    pub help_line: Option<String>,
    /// An address for reports on accessibility and privacy, if there is one.
    pub contact_email: Option<String>,
    /// The languages that are offered, in this order. Never empty.
    pub locales: Vec<Locale>,
    /// The language of readers whose browser asks for none of the portal's.
    pub default_locale: Locale,
    /// Signing in through Gosuslugi is offered.
    pub esia_enabled: bool,
    /// People can register by themselves.
    pub registration_open: bool,
    /// People can replace a forgotten password by themselves.
    pub password_reset: bool,
    /// This is a demo: a strip says so, and the inbox exists.
    pub demo: bool,
    /// Kinds of ID number that sign-in takes, the usual one first. Never empty.
    pub id_kinds: Vec<IdKind>,
    /// A security question is asked when a password is chosen.
    pub security_question: bool,
    /// Where people go on from here: the applications that the portal leads to.
    pub applications: Vec<Application>,
    /// Address of the user guide, if there is one.
    pub guide_url: Option<String>,
    /// Address of a guide on video, if there is one.
    pub video_url: Option<String>,
    /// The school's time zone, a name of the IANA database.
    pub time_zone: String,
}

/// An application that the portal leads to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Application {
    /// Its name in each language.
    pub names: PerLocale<String>,
    /// Its address.
    pub url: String,
}

/// Who is signed in, as far as the page's frame shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct ViewerInfo {
    /// For the account menu and the greeting.
    pub given_name: String,
    /// The whole name; staff see the short form, «Бутрович В. И.».
    pub display_name: String,
    /// What the header offers to staff; none for parents and pupils.
    pub staff: Option<StaffBar>,
}

/// What the header offers to a member of staff.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StaffBar {
    /// The sections that the person's roles open, in their order.
    pub sections: Vec<StaffSection>,
    /// The section that this page belongs to.
    pub current: Option<StaffSection>,
    /// Requests for review within the person's reach that wait for a decision.
    pub open_reviews: u64,
    /// As what the person is here now.
    pub capacity: Option<Capacity>,
    /// What else the person can be here, and this; the highest role first, a parent last.
    pub capacities: Vec<Capacity>,
}

/// A section of the staff's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StaffSection {
    /// Heads and administrators of schools.
    Administration,
    /// Psychologists, librarians and others who teach no class.
    Specialists,
    /// Teachers.
    Teachers,
    /// Pupils and their parents, class by class.
    Pupils,
    /// Registrations that staff decide about.
    Queue,
}

impl StaffSection {
    /// Every section, in the order of the header.
    pub const ALL: [Self; 5] = [Self::Administration, Self::Specialists, Self::Teachers, Self::Pupils, Self::Queue];

    /// Its first page.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::Administration => "/people/administration",
            Self::Specialists => "/people/specialists",
            Self::Teachers => "/people/teachers",
            Self::Pupils => "/people/pupils",
            Self::Queue => "/admin/review",
        }
    }

    /// The section of a page.
    #[must_use]
    pub fn of(path: &str) -> Option<Self> {
        let path = path.split('?').next().unwrap_or(path);
        Self::ALL.into_iter().find(|section| {
            path.strip_prefix(section.path()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    }
}

impl std::fmt::Debug for ViewerInfo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ViewerInfo").finish_non_exhaustive()
    }
}

/// One request, as pages see it.
#[derive(Clone, Debug)]
pub struct PageContext {
    /// The language of the answer.
    pub locale: Locale,
    /// The page's path, with the query that must survive a change of language (`/demo/inbox?m=…`).
    pub path: String,
    /// The reader, when signed in.
    pub viewer: Option<ViewerInfo>,
    /// The portal.
    pub portal: Arc<PortalInfo>,
    /// The nonce of this answer's content security policy, when the page has scripts.
    pub nonce: Option<String>,
    /// Address of the style sheet.
    pub stylesheet: String,
    /// Names this request in the log; shown as the incident number.
    pub request_id: String,
    /// When the request came in, Unix milliseconds UTC.
    pub now: i64,
}

impl PageContext {
    /// The portal's name in the reader's language.
    #[must_use]
    pub fn portal_name(&self) -> &str {
        self.portal.names.get(self.locale)
    }

    /// The page's address in another language; what the query said before stays, except a language.
    #[must_use]
    pub fn in_language(&self, locale: Locale) -> String {
        let (path, query) = self.path.split_once('?').unwrap_or((&self.path, ""));
        let mut address = format!("{path}?");
        for pair in query.split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("lang=")) {
            address.push_str(pair);
            address.push('&');
        }
        address + "lang=" + locale.code()
    }

    /// The staff header of a page where staff work: there and only there it is drawn.
    #[must_use]
    pub fn workplace(&self) -> Option<&StaffBar> {
        let bar = self.viewer.as_ref()?.staff.as_ref()?;
        is_workplace(&self.path).then_some(bar)
    }

    /// A moment (Unix milliseconds UTC) as its reader sees it. A time zone that does not exist counts as UTC; the start of
    /// the server refuses one.
    #[cfg(feature = "ssr")]
    #[must_use]
    pub fn moment(&self, at: i64) -> crate::text::Moment {
        crate::text::Moment::new(self.locale, &self.zone(), at, self.now)
    }

    /// The school's time zone.
    #[cfg(feature = "ssr")]
    #[must_use]
    pub fn zone(&self) -> crate::text::Zone {
        crate::text::Zone::parse(&self.portal.time_zone).unwrap_or_else(|_| crate::text::Zone::utc())
    }
}

/// Whether a page is one where staff work: they get the whole width, small type and their own header.
#[must_use]
pub fn is_workplace(path: &str) -> bool {
    path.starts_with("/people/") || path.starts_with("/admin/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_belongs_to_the_section_whose_path_it_begins_with() {
        assert_eq!(StaffSection::of("/people/pupils"), Some(StaffSection::Pupils));
        assert_eq!(StaffSection::of("/people/pupils/1/list?print=1"), Some(StaffSection::Pupils));
        assert_eq!(StaffSection::of("/admin/review?id=5"), Some(StaffSection::Queue));
        assert_eq!(StaffSection::of("/people/pupilsx"), None);
        assert_eq!(StaffSection::of("/admin/audit"), None);
        assert_eq!(StaffSection::of("/me"), None);
    }
}
