//! The portal's cookies (rules: sessions): every one is `__Host-` with `Secure`, `HttpOnly`, `SameSite=Lax`, `Path=/`,
//! so neither a subdomain nor a plain-text connection can set or read one. Browsers treat `http://localhost` as secure.

use axum::http::{HeaderMap, HeaderValue, header::COOKIE};
use domain::{Capacity, Locale};
use services::Token;

/// The session's token.
pub const SESSION: &str = "__Host-session";
/// The token of a sign-in that waits for its code.
pub const FLOW: &str = "__Host-flow";
/// The token of a registration under way.
pub const REGISTRATION: &str = "__Host-registration";
/// The token of a password wizard under way.
pub const PASSWORD: &str = "__Host-password";
/// Says that the sign-in through Gosuslugi was begun in this browser.
pub const GOSUSLUGI: &str = "__Host-gosuslugi";
/// Says that this browser has signed in before (OWASP device cookie).
pub const DEVICE: &str = "__Host-device";
/// The class that was open last in the people area.
pub const CLASS: &str = "__Host-class";
/// As what somebody who is several things at the school uses the portal.
pub const CAPACITY: &str = "__Host-as";
/// The chosen language.
pub const LANGUAGE: &str = "__Host-lang";

/// The longest time a browser keeps a cookie (RFC 6265bis §5.5): 400 days, in seconds.
const LONGEST_S: i64 = 400 * 24 * 3600;

/// A cookie's value in a request.
pub fn read<'headers>(headers: &'headers HeaderMap, name: &str) -> Option<&'headers str> {
    headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok()).flat_map(|line| line.split(';')).find_map(
        |pair| {
            let (key, value) = pair.trim().split_once('=')?;
            (key == name).then_some(value)
        },
    )
}

/// A token in a request's cookie; none if it is not of a token's form.
pub fn read_token(headers: &HeaderMap, name: &str) -> Option<Token> {
    read(headers, name).and_then(|value| Token::parse(value).ok())
}

/// The language chosen in this browser.
pub fn read_language(headers: &HeaderMap) -> Option<Locale> {
    read(headers, LANGUAGE).and_then(Locale::from_code)
}

/// As what this browser's user chose to be here.
pub fn read_capacity(headers: &HeaderMap) -> Option<Capacity> {
    read(headers, CAPACITY).and_then(Capacity::from_code)
}

/// Sets the session's cookie: it lives as long as the browser's session; the server decides when it ends.
pub fn session(token: &Token) -> HeaderValue {
    set(SESSION, &token.to_base64url(), None)
}

/// Sets the cookie of a waiting sign-in.
pub fn flow(token: &Token) -> HeaderValue {
    set(FLOW, &token.to_base64url(), None)
}

/// Sets the cookie of a registration under way.
pub fn registration(token: &Token) -> HeaderValue {
    set(REGISTRATION, &token.to_base64url(), None)
}

/// Sets the cookie of a password wizard under way.
pub fn password_flow(token: &Token) -> HeaderValue {
    set(PASSWORD, &token.to_base64url(), None)
}

/// Sets the cookie of a browser that is sent to Gosuslugi; it lives so many seconds.
pub fn gosuslugi(token: &Token, max_age_s: i64) -> HeaderValue {
    set(GOSUSLUGI, &token.to_base64url(), Some(max_age_s))
}

/// Sets the cookie by which a browser is known again.
pub fn device(token: &Token) -> HeaderValue {
    set(DEVICE, &token.to_base64url(), Some(LONGEST_S))
}

/// Remembers the class that was open last. The id is no secret; whether its class may be seen is asked each time.
pub fn class(id: &str) -> HeaderValue {
    set(CLASS, id, Some(LONGEST_S))
}

/// Remembers as what somebody is here, as long as the browser is open. What they may do is asked each time.
pub fn capacity(capacity: Capacity) -> HeaderValue {
    set(CAPACITY, capacity.code(), None)
}

/// Sets the language's cookie.
pub fn language(locale: Locale) -> HeaderValue {
    set(LANGUAGE, locale.code(), Some(LONGEST_S))
}

/// Removes a cookie.
pub fn remove(name: &str) -> HeaderValue {
    set(name, "", Some(0))
}

fn set(name: &str, value: &str, max_age_s: Option<i64>) -> HeaderValue {
    let age = max_age_s.map(|seconds| format!("; Max-Age={seconds}")).unwrap_or_default();
    HeaderValue::try_from(format!("{name}={value}; Path=/; Secure; HttpOnly; SameSite=Lax{age}"))
        .unwrap_or_else(|_| HeaderValue::from_static(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_one_cookie_among_others() {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, HeaderValue::from_static("a=1; __Host-lang=ru"));
        headers.append(COOKIE, HeaderValue::from_static("__Host-flow=x"));
        assert_eq!(read_language(&headers), Some(Locale::Ru));
        assert_eq!(read(&headers, FLOW), Some("x"));
        assert_eq!(read(&headers, "lang"), None);
        assert!(read_token(&headers, FLOW).is_none(), "not a token");
    }

    #[test]
    fn every_cookie_is_locked_to_this_host() {
        for cookie in [language(Locale::He), remove(SESSION)] {
            let text = cookie.to_str().unwrap_or_default();
            assert!(text.starts_with("__Host-"), "{text}");
            for attribute in ["; Path=/", "; Secure", "; HttpOnly", "; SameSite=Lax"] {
                assert!(text.contains(attribute), "{text}");
            }
            assert!(!text.contains("Domain"), "{text}");
        }
    }
}
