//! What is under way: logins, codes, tokens. All of it is lost when the process ends.

use std::collections::HashMap;

use crate::client::Version;
use crate::clock::Seconds;
use crate::scopes::Scopes;
use crate::trouble::Trouble;

/// A shelf holds no more than this.
const MOST: usize = 20_000;
/// A login that was not answered is forgotten after this.
pub const LOGIN_LIFETIME: Seconds = 3_600;
/// Refresh tokens are good for this long.
pub const REFRESH_LIFETIME: Seconds = 30 * 86_400;
/// An expired access token is told from an unknown one for this long.
pub const REMEMBER_EXPIRED: Seconds = 7 * 86_400;
/// A `state` that was answered with a code is remembered for this long.
pub const REMEMBER_STATE: Seconds = 86_400;

/// Things that are kept until a time.
#[derive(Debug)]
pub struct Shelf<T> {
    items: HashMap<String, (Seconds, T)>,
}

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Self { items: HashMap::new() }
    }
}

impl<T> Shelf<T> {
    /// Keeps a thing until that time. A full shelf loses what is over, then what would be over first.
    pub fn put(&mut self, key: String, thing: T, until: Seconds, now: Seconds) {
        if self.items.len() >= MOST {
            self.items.retain(|_, (until, _)| *until > now);
        }
        if self.items.len() >= MOST {
            let first = self.items.iter().min_by_key(|(_, (until, _))| *until).map(|(key, _)| key.clone());
            if let Some(first) = first {
                self.items.remove(&first);
            }
        }
        self.items.insert(key, (until, thing));
    }

    /// A thing whose time is not over.
    pub fn get(&self, key: &str, now: Seconds) -> Option<&T> {
        self.items.get(key).filter(|(until, _)| *until > now).map(|(_, thing)| thing)
    }

    /// The same, taken away.
    pub fn take(&mut self, key: &str, now: Seconds) -> Option<T> {
        self.items.remove(key).filter(|(until, _)| *until > now).map(|(_, thing)| thing)
    }
}

/// How a `code_verifier` is held against its challenge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    /// `code_challenge_method`.
    pub method: String,
    /// `code_challenge`.
    pub value: String,
}

/// Which persons a client wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filter {
    /// `conf_acc`: confirmed accounts only.
    Confirmed,
    /// `acc_kid`: children only.
    Children,
    /// `acc_not_kid`: all but children.
    NotChildren,
}

/// What a good authorize request asked for.
#[derive(Clone, Debug)]
pub struct Ask {
    /// The client's mnemonic.
    pub client: String,
    /// Which addresses it uses.
    pub version: Version,
    /// Where the browser goes back to.
    pub redirect: String,
    /// `state`.
    pub state: String,
    /// `scope`.
    pub scopes: Scopes,
    /// `scope_org`.
    pub organization_scopes: String,
    /// `access_type` is `offline`.
    pub offline: bool,
    /// PKCE.
    pub challenge: Option<Challenge>,
    /// `person_filter`.
    pub filter: Option<Filter>,
}

/// What a person granted.
#[derive(Clone, Debug)]
pub struct Grant {
    /// What was asked for.
    pub ask: Ask,
    /// Who granted it.
    pub oid: u64,
    /// The session at the stand-in, `urn:esia:sid`.
    pub session: String,
    /// When the person signed in.
    pub signed_in_at: Seconds,
    /// What goes wrong at the token request.
    pub trouble: Option<Trouble>,
}

/// What an access token opens.
#[derive(Clone, Debug)]
pub struct Access {
    /// Whose data.
    pub oid: u64,
    /// Which of them.
    pub scopes: Scopes,
    /// Until when.
    pub until: Seconds,
}

/// All shelves.
#[derive(Debug, Default)]
pub struct Store {
    /// Authorize requests that wait for somebody to choose, by the address of the login page.
    pub logins: Shelf<Ask>,
    /// Codes that were not used.
    pub codes: Shelf<Grant>,
    /// Refresh tokens that were not used.
    pub refreshes: Shelf<Grant>,
    /// Access tokens.
    pub tokens: Shelf<Access>,
    /// States that were answered with a code: client, a space, `state`.
    pub states: Shelf<()>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn things_are_kept_until_their_time_and_taken_once() {
        let mut shelf = Shelf::default();
        shelf.put("a".to_owned(), 1, 10, 0);
        assert_eq!((shelf.get("a", 9), shelf.get("a", 10)), (Some(&1), None));
        assert_eq!((shelf.take("a", 9), shelf.take("a", 9)), (Some(1), None));
    }

    #[test]
    fn a_full_shelf_makes_room() {
        let mut shelf = Shelf::default();
        for number in 0..MOST {
            shelf.put(number.to_string(), (), if number == 7 { 50 } else { 100 }, 0);
        }
        shelf.put("new".to_owned(), (), 100, 0);
        assert_eq!(shelf.items.len(), MOST);
        assert!(shelf.get("7", 0).is_none() && shelf.get("new", 0).is_some());
        shelf.put("later".to_owned(), (), 300, 200);
        assert_eq!(shelf.items.len(), 1);
    }
}
