//! The addresses that a browser may be sent back to.

/// A registered address. `:*` in place of a port on this machine means any port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redirect {
    origin: String,
    any_port: bool,
    rest: String,
}

const THIS_MACHINE: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

impl Redirect {
    /// Reads a registered address; `None` unless it is an absolute one of HTTP, without user information and fragment.
    pub fn parse(text: &str) -> Option<Self> {
        let (origin, rest) = split(text)?;
        let host = origin.split_once("://").map(|(_, authority)| authority)?;
        if host.is_empty() || host.contains('@') || text.contains('#') {
            return None;
        }
        let Some(origin_without_port) = origin.strip_suffix(":*") else {
            let whole = origin.to_owned();
            return (!whole.contains('*')).then(|| Self { origin: whole, any_port: false, rest: rest.to_owned() });
        };
        let local = THIS_MACHINE.iter().any(|known| origin_without_port.ends_with(&format!("://{known}")));
        local.then(|| Self { origin: origin_without_port.to_owned(), any_port: true, rest: rest.to_owned() })
    }

    /// Is it exactly this address?
    pub fn is(&self, uri: &str) -> bool {
        split(uri).is_some_and(|(origin, rest)| rest == self.rest && self.has_origin(origin))
    }

    /// Is the address of the same scheme, host and port?
    pub fn shares_origin(&self, uri: &str) -> bool {
        split(uri).is_some_and(|(origin, _)| self.has_origin(origin))
    }

    fn has_origin(&self, origin: &str) -> bool {
        if !self.any_port {
            return origin == self.origin;
        }
        match origin.strip_prefix(&self.origin) {
            Some("") => true,
            Some(port) => port
                .strip_prefix(':')
                .is_some_and(|port| port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok()),
            None => false,
        }
    }
}

/// Scheme, host and port, and what follows.
fn split(uri: &str) -> Option<(&str, &str)> {
    let scheme = ["https://", "http://"].into_iter().find(|scheme| uri.starts_with(scheme))?;
    if uri.chars().any(|c| c.is_ascii_control() || c == ' ' || c == '\\') {
        return None;
    }
    let end = uri.get(scheme.len()..)?.find(['/', '?', '#']).map_or(uri.len(), |at| scheme.len() + at);
    uri.split_at_checked(end)
}

/// An address with parameters added to those that it has.
pub fn with_parameters(uri: &str, parameters: &[(&str, &str)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in parameters {
        query.append_pair(name, value);
    }
    let joint = if uri.contains('?') { '&' } else { '?' };
    format!("{uri}{joint}{}", query.finish())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
    use super::*;

    #[test]
    fn only_the_same_address_is_the_same() {
        let redirect = Redirect::parse("https://school.example/callback").unwrap();
        assert!(redirect.is("https://school.example/callback"));
        for other in [
            "https://school.example/callback/",
            "https://school.example/callback?a=1",
            "http://school.example/callback",
            "https://school.example:443/callback",
            "https://school.example.evil/callback",
            "https%3A%2F%2Fschool.example%2Fcallback",
            "https://school.example@evil.example/callback",
            "",
        ] {
            assert!(!redirect.is(other), "{other}");
        }
        assert!(
            redirect.shares_origin("https://school.example/") && redirect.shares_origin("https://school.example?x")
        );
        assert!(!redirect.shares_origin("https://school.example@evil.example/"));
        assert!(!redirect.shares_origin("//school.example/"));
    }

    #[test]
    fn any_port_is_for_this_machine_only() {
        let redirect = Redirect::parse("http://localhost:*/cb").unwrap();
        assert!(redirect.is("http://localhost/cb") && redirect.is("http://localhost:3000/cb"));
        for other in
            ["http://localhost:/cb", "http://localhost:x/cb", "http://localhost:99999/cb", "http://localhostx/cb"]
        {
            assert!(!redirect.is(other), "{other}");
        }
        for bad in ["http://school.example:*/cb", "http://*/cb", "localhost/cb", "http://a@localhost/cb", "http://x/#f"]
        {
            assert_eq!(Redirect::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn parameters_are_added() {
        assert_eq!(
            with_parameters("http://x/cb", &[("error_description", "ESIA-007053: a"), ("state", "1")]),
            "http://x/cb?error_description=ESIA-007053%3A+a&state=1"
        );
        assert_eq!(with_parameters("http://x/cb?a=b", &[("code", "c")]), "http://x/cb?a=b&code=c");
    }
}
