//! The configuration as a system administrator sees it in the portal: what is set and what is the default, never a secret.

use super::{field::Field, keys::Rule};

/// A section's keys and what they are set to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownSection {
    /// The section's name in the file.
    pub name: &'static str,
    /// Its keys in the order of the printed file; those of a list's entries as `gateway[0].kind`.
    pub keys: Vec<ShownKey>,
}

/// One key and what it is set to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownKey {
    /// The key's name within its section.
    pub name: String,
    /// What it is set to, as it would stand in the file, a text without its quotes; `None` for a secret.
    pub value: Option<String>,
    /// Nobody has set it, or to what it would be anyway.
    pub is_default: bool,
}

impl ShownKey {
    /// A key of a section that was read.
    pub(super) fn new<T: Field + PartialEq>(name: &str, value: &T, default: &T, rule: Rule) -> Self {
        let secret = T::SECRET || rule == Rule::Secret;
        let value_shown = (!secret).then(|| match value.write() {
            toml::Value::String(text) => without_credentials(&text),
            other => other.to_string(),
        });
        Self { name: name.to_owned(), value: value_shown, is_default: value == default }
    }

    /// A key of one entry of a list.
    pub(super) fn of_entry(self, list: &str, at: usize) -> Self {
        Self { name: format!("{list}[{at}].{}", self.name), ..self }
    }
}

/// An address without what may be a secret in it: user, password and query.
fn without_credentials(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return text.to_owned() };
    let rest = rest.split_once('?').map_or(rest, |(before, _)| before);
    let (authority, path) = rest.split_once('/').map_or((rest, None), |(authority, path)| (authority, Some(path)));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    match path {
        Some(path) => format!("{scheme}://{host}/{path}"),
        None => format!("{scheme}://{host}"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Config, Secret};
    use super::*;

    fn find<'a>(sections: &'a [ShownSection], section: &str, key: &str) -> Option<&'a ShownKey> {
        sections.iter().find(|found| found.name == section)?.keys.iter().find(|found| found.name == key)
    }

    #[test]
    fn what_is_set_is_told_from_what_is_not() {
        let mut config = Config::default();
        config.server.request_timeout_s += 1;
        let shown = config.shown();
        let set = find(&shown, "server", "request_timeout_s");
        assert_eq!(set.and_then(|key| key.value.clone()), Some(config.server.request_timeout_s.to_string()));
        assert_eq!(set.map(|key| key.is_default), Some(false));
        assert_eq!(find(&shown, "codes", "resend_after_s").map(|key| key.is_default), Some(true));
        assert_eq!(shown.len(), super::super::CATALOGUE.len());
    }

    #[test]
    fn secrets_are_not_shown() {
        let mut config = Config::default();
        config.database.url = Secret::new("postgres://portal:hunter2@db.example/portal");
        let shown = config.shown();
        assert_eq!(find(&shown, "database", "url").map(|key| (key.value.clone(), key.is_default)), Some((None, false)));
        assert!(!format!("{shown:?}").contains("hunter2"));
        for (address, clean) in [
            ("https://user:hunter2@sms.example/send?key=hunter2", "https://sms.example/send"),
            ("https://sms.example?key=hunter2", "https://sms.example"),
            ("hours: 8–15", "hours: 8–15"),
        ] {
            assert_eq!(without_credentials(address), clean);
        }
    }
}
