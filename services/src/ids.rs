//! Names of things: row ids (UUID v7, so that indexes grow at one end) and [`Token`], the secret that a browser holds.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use uuid::Uuid;

use crate::clock::Timestamp;
use crate::rng::{self, Rng};

/// A UUID v7 of `now` (Unix milliseconds; times before 1970 count as 1970).
pub fn uuid(now: Timestamp, rng: &dyn Rng) -> Uuid {
    let millis = u64::try_from(now).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &rng::bytes(rng)).into_uuid()
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(
            /// The value that is bound in SQL.
            pub Uuid,
        );

        impl $name {
            /// A new id, ordered by `now`.
            pub fn new(now: Timestamp, rng: &dyn Rng) -> Self {
                Self(uuid(now, rng))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }
    };
}

id!(
    /// A person: pupil, parent or member of staff.
    PersonId
);
id!(
    /// A school.
    SchoolId
);
id!(
    /// A class of one school year.
    ClassId
);
id!(
    /// A stay of a student in a class.
    EnrolmentId
);
id!(
    /// A post of a member of staff at a school.
    PostId
);
id!(
    /// A group: a part of one class or of several.
    GroupId
);
id!(
    /// A roster's file between its dry run and its end.
    ImportId
);
id!(
    /// A program that uses the API.
    ApiClientId
);
id!(
    /// The account of a person; one person has at most one.
    AccountId
);
id!(
    /// A signed-in browser.
    SessionId
);
id!(
    /// A browser that waits for a one-time code.
    FlowId
);
id!(
    /// A registration under way.
    RegistrationId
);
id!(
    /// A request that staff decide about.
    ReviewId
);
id!(
    /// A link that lets its owner choose a password.
    TicketId
);
id!(
    /// An account at Gosuslugi that signs somebody in.
    GosuslugiLinkId
);
id!(
    /// A message in the outbox.
    MessageId
);
id!(
    /// A role that a person holds.
    RoleId
);

/// 256 random bits that a browser holds and shows again (session, flow, device). The database keeps the hash only.
#[derive(Clone)]
pub struct Token([u8; 32]);

/// The text is no token: wrong length or wrong letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a token")]
pub struct TokenError;

impl Token {
    /// A new token.
    pub fn generate(rng: &dyn Rng) -> Self {
        Self(rng::bytes(rng))
    }

    /// 43 characters, fit for a cookie: base64url without padding (RFC 4648 §5).
    pub fn to_base64url(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// Reads what [`Token::to_base64url`] wrote.
    ///
    /// # Errors
    /// [`TokenError`] for everything else.
    pub fn parse(text: &str) -> Result<Self, TokenError> {
        // Checked before decoding, so that a long cookie costs nothing.
        if text.len() != 43 {
            return Err(TokenError);
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| TokenError)?;
        bytes.try_into().map(Self).map_err(|_| TokenError)
    }

    /// SHA-256: what the database keeps. No salt and no work factor, because the token itself cannot be guessed.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0).into()
    }
}

impl PartialEq for Token {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for Token {}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, reason = "tests")]
mod tests {
    use super::*;
    use crate::rng::SeededRng;

    #[test]
    fn ids_are_version_7_and_sort_by_time() {
        let rng = SeededRng::new(1);
        let early = PersonId::new(1_700_000_000_000, &rng);
        let late = PersonId::new(1_700_000_000_001, &rng);
        assert_eq!(early.0.get_version_num(), 7);
        assert!(early < late);
        assert_eq!(early.to_string().parse::<PersonId>(), Ok(early));
        assert!("5".parse::<PersonId>().is_err());
        assert_eq!(PersonId::new(-5, &rng).0.get_version_num(), 7);
    }

    #[test]
    fn a_token_survives_the_cookie_and_nothing_else_does() {
        let token = Token::generate(&SeededRng::new(1));
        let text = token.to_base64url();
        assert_eq!(text.len(), 43);
        assert_eq!(Token::parse(&text), Ok(token.clone()));
        assert_eq!(Token::parse(&text[1..]), Err(TokenError));
        assert_eq!(Token::parse(&format!("{text}A")), Err(TokenError));
        assert_eq!(Token::parse(&text.replace(&text[..1], "+")), Err(TokenError));
        assert_eq!(Token::parse(&format!("{}a", "é".repeat(21))), Err(TokenError));
        assert_ne!(token.hash(), Token::generate(&SeededRng::new(2)).hash());
    }

    #[test]
    fn debug_shows_no_token() {
        let token = Token::generate(&SeededRng::new(1));
        assert_eq!(format!("{token:?}"), "Token(…)");
    }
}
