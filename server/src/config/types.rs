//! Types that only the configuration knows: the public address, texts in four languages, the languages and ID kinds.

use std::collections::BTreeMap;

use domain::{IdKind, Locale};
use services::{
    delivery::{HttpSmsApi, SecretSource},
    settings::Network,
};

use super::field::{Field, text_of};

/// The address under which people reach the portal: `https://host[:port]`, without a path.
///
/// It decides about cookies and HSTS. Plain http is taken for this machine alone: a session cookie must never cross a
/// network in the clear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl {
    https: bool,
    host: String,
    port: Option<u16>,
}

impl PublicUrl {
    /// The address of a portal that runs on this machine, for trying it out.
    pub fn localhost(port: u16) -> Self {
        Self { https: false, host: "localhost".to_owned(), port: Some(port).filter(|port| *port != 80) }
    }

    /// Whether the portal is reached through TLS: `Secure` cookies with the `__Host-` prefix, and HSTS.
    pub fn is_https(&self) -> bool {
        self.https
    }

    /// The host, lower-case, IPv6 in brackets; it stands in the last line of the code messages (`@host #code`).
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port, the scheme's own where none is written.
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(if self.https { 443 } else { 80 })
    }

    /// The origin, as browsers send it: `https://host[:port]`.
    pub fn origin(&self) -> String {
        let scheme = if self.https { "https" } else { "http" };
        match self.port {
            Some(port) => format!("{scheme}://{}:{port}", self.host),
            None => format!("{scheme}://{}", self.host),
        }
    }

    /// The address of a page; `path` begins with `/`.
    pub fn join(&self, path: &str) -> String {
        format!("{}{path}", self.origin())
    }
}

impl std::str::FromStr for PublicUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "an address such as \"https://portal.example.org\", without a path".to_owned();
        let uri: http::Uri = text.trim().parse().map_err(|_| wrong())?;
        let https = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(wrong()),
        };
        let authority = uri.authority().ok_or_else(wrong)?;
        let host = authority.host().to_ascii_lowercase();
        let bare = matches!(uri.path(), "" | "/") && uri.query().is_none() && !authority.as_str().contains('@');
        if host.is_empty() || !bare {
            return Err(wrong());
        }
        if !https && !is_this_machine(&host) {
            return Err("an https address: plain http is for localhost only".to_owned());
        }
        let standard = if https { 443 } else { 80 };
        let port = authority.port_u16().filter(|port| *port != standard);
        Ok(Self { https, host, port })
    }
}

/// Whether a host name means the machine itself.
fn is_this_machine(host: &str) -> bool {
    host == "localhost"
        || host == "[::1]"
        || host.parse::<std::net::Ipv4Addr>().is_ok_and(|address| address.is_loopback())
}

impl Field for PublicUrl {
    fn read(value: &toml::Value) -> Result<Self, String> {
        text_of(value, "an address in quotes")?.parse()
    }
    fn write(&self) -> toml::Value {
        toml::Value::String(self.origin())
    }
}

/// A text in the portal's languages: `{ he = "…", ru = "…" }`, or one text for all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Localized {
    texts: Vec<(Locale, String)>,
}

impl Localized {
    /// From texts by language, the first of which stands in where a language is missing.
    pub fn new(texts: &[(Locale, &str)]) -> Self {
        Self { texts: texts.iter().map(|(locale, text)| (*locale, (*text).to_owned())).collect() }
    }

    /// The text in that language, or the first one there is.
    pub fn get(&self, locale: Locale) -> &str {
        self.texts
            .iter()
            .find(|(of, _)| *of == locale)
            .or_else(|| self.texts.first())
            .map_or("", |(_, text)| text.as_str())
    }

    /// Whether no language has a text.
    pub fn is_empty(&self) -> bool {
        self.texts.iter().all(|(_, text)| text.is_empty())
    }
}

impl Field for Localized {
    fn read(value: &toml::Value) -> Result<Self, String> {
        let wrong =
            || "a text, or texts by language such as { he = \"…\", ar = \"…\", ru = \"…\", en = \"…\" }".to_owned();
        match value {
            toml::Value::String(text) => Ok(Self::new(&[(Locale::default(), text)])),
            toml::Value::Table(table) if !table.is_empty() => {
                let mut texts = Vec::new();
                for locale in Locale::ALL {
                    if let Some(text) = table.get(locale.code()) {
                        texts.push((locale, text.as_str().ok_or_else(wrong)?.to_owned()));
                    }
                }
                if texts.len() == table.len() { Ok(Self { texts }) } else { Err(wrong()) }
            }
            _ => Err(wrong()),
        }
    }
    fn write(&self) -> toml::Value {
        let entries =
            self.texts.iter().map(|(locale, text)| (locale.code().to_owned(), toml::Value::String(text.clone())));
        toml::Value::Table(entries.collect())
    }
    /// A TOML table, or one text for every language.
    fn from_env(text: &str) -> toml::Value {
        if text.trim_start().starts_with('{') { table_from_env(text) } else { toml::Value::String(text.to_owned()) }
    }
}

/// The codes of [`Locale::ALL`], for the table's bounds.
pub const LOCALES: &[&str] = &["he", "ar", "ru", "en"];

impl Field for Locale {
    fn read(value: &toml::Value) -> Result<Self, String> {
        value.as_str().and_then(Self::from_code).ok_or_else(|| format!("one of {}", LOCALES.join(", ")))
    }
    fn write(&self) -> toml::Value {
        toml::Value::String(self.code().to_owned())
    }
}

/// The codes of [`IdKind`], for the table's bounds.
pub const ID_KINDS: &[&str] = &["il_id", "ru_snils", "fictitious"];

impl Field for IdKind {
    fn read(value: &toml::Value) -> Result<Self, String> {
        value.as_str().and_then(Self::from_code).ok_or_else(|| format!("one of {}", ID_KINDS.join(", ")))
    }
    fn write(&self) -> toml::Value {
        toml::Value::String(self.code().to_owned())
    }
}

/// A sender's mail address, parsed as `domain` parses every address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailAddress(domain::Email);

impl MailAddress {
    /// The parsed address.
    pub fn email(&self) -> &domain::Email {
        &self.0
    }
}

impl Field for MailAddress {
    fn read(value: &toml::Value) -> Result<Self, String> {
        let expected = "a mail address such as \"portal@example.org\"";
        domain::Email::parse(text_of(value, expected)?).map(Self).map_err(|_| expected.to_owned())
    }
    fn write(&self) -> toml::Value {
        toml::Value::String(self.0.as_str().to_owned())
    }
}

/// Texts by name, such as what a gateway's description leaves open.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pairs(pub BTreeMap<String, String>);

impl Field for Pairs {
    fn read(value: &toml::Value) -> Result<Self, String> {
        let wrong = || "a table of texts such as { name = \"value\" }".to_owned();
        let entries = value.as_table().ok_or_else(wrong)?.iter();
        entries
            .map(|(name, text)| Ok((name.clone(), text.as_str().ok_or_else(wrong)?.to_owned())))
            .collect::<Result<_, String>>()
            .map(Self)
    }
    fn write(&self) -> toml::Value {
        let entries = self.0.iter().map(|(name, text)| (name.clone(), toml::Value::String(text.clone())));
        toml::Value::Table(entries.collect())
    }
    fn from_env(text: &str) -> toml::Value {
        table_from_env(text)
    }
}

/// Secrets by name, each in the file itself or in one of its own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SecretPairs(pub BTreeMap<String, SecretSource>);

impl Field for SecretPairs {
    fn read(value: &toml::Value) -> Result<Self, String> {
        // Not the parser's own words: they may quote the value.
        value.clone().try_into().map(Self).map_err(|_| {
            "a table of secrets such as { token = \"…\" } or { token = { file = \"/run/secrets/sms\" } }".to_owned()
        })
    }
    fn write(&self) -> toml::Value {
        toml::Value::Table(toml::Table::new())
    }
    fn from_env(text: &str) -> toml::Value {
        table_from_env(text)
    }
    const SECRET: bool = true;
}

/// The description of a gateway's interface; an empty table is none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ApiDescription(pub Option<HttpSmsApi>);

impl Field for ApiDescription {
    fn read(value: &toml::Value) -> Result<Self, String> {
        if value.as_table().is_some_and(toml::Table::is_empty) {
            return Ok(Self(None));
        }
        value
            .clone()
            .try_into()
            .map(|api| Self(Some(api)))
            .map_err(|error: toml::de::Error| format!("a description of an HTTP interface: {}", error.message()))
    }
    fn write(&self) -> toml::Value {
        toml::Value::Table(toml::Table::new())
    }
    fn from_env(text: &str) -> toml::Value {
        table_from_env(text)
    }
    const SECRET: bool = true;
}

fn table_from_env(text: &str) -> toml::Value {
    text.trim().parse().unwrap_or_else(|_| toml::Value::String(text.to_owned()))
}

impl Field for Network {
    fn read(value: &toml::Value) -> Result<Self, String> {
        let expected = "an address or a network such as \"10.0.0.0/8\" or \"2001:db8::/32\"";
        text_of(value, expected)?.parse().map_err(|_| expected.to_owned())
    }
    fn write(&self) -> toml::Value {
        toml::Value::String(self.to_string())
    }
}
