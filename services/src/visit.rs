//! Where a request comes from, as far as the use cases care: for limits, for the audit log, for the list of sessions.

use std::fmt;
use std::net::IpAddr;

use domain::Locale;

use crate::ids::Token;

/// One request of one browser.
#[derive(Clone)]
pub struct Visit {
    /// The browser's address, after trusted proxies. Personal data: sealed in the audit log, never logged.
    pub address: Option<IpAddr>,
    /// What the browser calls itself, unverified and of any length.
    pub user_agent: Option<String>,
    /// Finds the request's lines in the log.
    pub request_id: String,
    /// The language of the page.
    pub locale: Locale,
    /// The device cookie: a browser that has signed in before (OWASP device cookies).
    pub device: Option<Token>,
}

impl fmt::Debug for Visit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Visit")
            .field("request_id", &self.request_id)
            .field("locale", &self.locale)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_neither_address_nor_browser() {
        let visit = Visit {
            address: Some(IpAddr::from([203, 0, 113, 9])),
            user_agent: Some("Browser/1".to_owned()),
            request_id: "r-1".to_owned(),
            locale: Locale::default(),
            device: None,
        };
        let shown = format!("{visit:?}");
        assert!(shown.contains("r-1"));
        assert!(!shown.contains("203.0.113.9") && !shown.contains("Browser"));
    }
}
