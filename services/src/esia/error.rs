//! Why a sign-in through Gosuslugi did not succeed. Nothing here carries a word of what the other side said: its
//! descriptions are free text, and what they may name one day is not ours to log. Of a refusal the number is kept.

use std::fmt;

use crate::delivery::InvalidSettings;

/// A number of ESIA's own, such as `ESIA-007004`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct EsiaCode(u32);

impl EsiaCode {
    /// Finds the first `ESIA-` with six digits in a text. Descriptions come in Russian, in English and as names of an
    /// enum; the number is all that they have in common.
    pub fn find(text: &str) -> Option<Self> {
        text.match_indices("ESIA-").find_map(|(at, mark)| {
            let digits = text.get(at + mark.len()..)?.get(..6)?;
            digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok().map(Self)).flatten()
        })
    }

    /// The number, six digits at most.
    pub const fn number(self) -> u32 {
        self.0
    }
}

impl fmt::Display for EsiaCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ESIA-{:06}", self.0)
    }
}

impl fmt::Debug for EsiaCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What a failure means to the person who wanted to sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EsiaFailure {
    /// The person said no at Gosuslugi.
    Cancelled,
    /// The account there is not confirmed.
    AccountNotConfirmed,
    /// Nobody's fault here: Gosuslugi does not answer, or not as it should. Later it may.
    Unavailable,
    /// Our configuration is wrong, or somebody tampered: nothing that the person could mend.
    Rejected,
}

/// In what way the other side is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Outage {
    /// No connection.
    #[error("no connection")]
    Connect,
    /// No TLS: another name on the certificate, or a root that is not trusted.
    #[error("its TLS certificate is not trusted")]
    Tls,
    /// No answer in time.
    #[error("no answer in time")]
    TimedOut,
    /// The connection broke.
    #[error("the connection broke")]
    Broken,
    /// An error of the server's.
    #[error("status {0}")]
    Status(u16),
    /// A page in place of data, as during maintenance.
    #[error("it answers with something other than JSON")]
    NotJson,
    /// It said so itself, in the word that OAuth has for it.
    #[error("it says so itself")]
    Said,
}

/// What is wrong with a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenFault {
    /// It is no token of three parts with a header and claims, or lacks a claim that it must have.
    #[error("it can't be read")]
    Malformed,
    /// An algorithm that is not taken: `none`, HMAC, or one that does not belong to the key.
    #[error("its algorithm is not taken")]
    Algorithm,
    /// Signed with a certificate or key that is not configured, or not valid today.
    #[error("it is signed with a certificate that is not known here or not valid today")]
    UnknownKey,
    /// The signature is another's.
    #[error("its signature does not verify")]
    Signature,
    /// A token of another kind than the one asked for.
    #[error("it is a token of another kind")]
    Kind,
    /// Issued by another.
    #[error("its issuer is another")]
    Issuer,
    /// Issued to another.
    #[error("it was issued to another system")]
    Audience,
    /// Too old.
    #[error("it has expired")]
    Expired,
    /// From the future: one of the two clocks is wrong.
    #[error("it is not valid yet; look whether the clock is right")]
    NotYet,
    /// Two tokens of one answer name two people.
    #[error("the tokens name different people")]
    Subject,
    /// The answer to another question.
    #[error("its nonce is another")]
    Nonce,
}

/// What is wrong with signing our requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignerFault {
    /// The program can't be started.
    #[error("the program can't be started")]
    Start,
    /// It did not end in time.
    #[error("the program does not end in time")]
    TimedOut,
    /// It ended with an error; -1 where a signal ended it.
    #[error("the program ended with status {0}")]
    Status(i32),
    /// It said nothing, too much, or what is no signature.
    #[error("what the program writes is no signature")]
    Output,
    /// The key can't sign.
    #[error("the key can't sign")]
    Key,
    /// The signature does not verify with the configured certificate.
    #[error("the signature does not verify with the client's certificate")]
    OtherKey,
}

/// What is wrong with certificates, today.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateFault {
    /// The client's own is not valid today.
    #[error("the client's certificate is not valid today")]
    Client,
    /// None of Gosuslugi's is valid today.
    #[error("none of the certificates in esia.certificates is valid today")]
    Theirs,
}

/// Why Gosuslugi did not tell who it is. Holds no personal data and may be logged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EsiaError {
    /// It refused, with a number of its own where it gave one.
    #[error("Gosuslugi refused{}", .code.map_or_else(String::new, |code| format!(" ({code})")))]
    Refused {
        /// ESIA's number.
        code: Option<EsiaCode>,
    },
    /// The person, or the gateway, said no without a number.
    #[error("Gosuslugi reports that access was denied")]
    Denied,
    /// It is not there, or not itself.
    #[error("Gosuslugi is unavailable: {0}")]
    Unavailable(Outage),
    /// It sends elsewhere, where nobody follows.
    #[error("Gosuslugi answers with a redirect (status {0}), which is not followed")]
    Redirected(u16),
    /// An answer beyond the limit.
    #[error("an answer of Gosuslugi is too large")]
    TooLarge,
    /// An answer that lacks what it must have.
    #[error("an answer of Gosuslugi can't be used: {0}")]
    Malformed(&'static str),
    /// The tokens were sent in answer to another request than ours.
    #[error("the tokens are the answer to another request")]
    State,
    /// The gateway that answered is not the one that was asked (RFC 9207).
    #[error("the answer names another issuer")]
    Issuer,
    /// A token that can't be trusted.
    #[error("a token of Gosuslugi is refused: {0}")]
    Token(#[from] TokenFault),
    /// Our request could not be signed.
    #[error("the request can't be signed: {0}")]
    Signer(#[from] SignerFault),
    /// A certificate that is not valid.
    #[error("{0}")]
    Certificate(#[from] CertificateFault),
    /// The settings can't be used.
    #[error("{0}")]
    Settings(InvalidSettings),
}

impl EsiaError {
    /// Stable code for logs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Refused { .. } => "GOS-01",
            Self::Denied => "GOS-02",
            Self::Unavailable(_) => "GOS-03",
            Self::Redirected(_) => "GOS-04",
            Self::TooLarge => "GOS-05",
            Self::Malformed(_) => "GOS-06",
            Self::State => "GOS-07",
            Self::Issuer => "GOS-08",
            Self::Token(_) => "GOS-09",
            Self::Signer(_) => "GOS-10",
            Self::Certificate(_) => "GOS-11",
            Self::Settings(_) => "GOS-12",
        }
    }

    /// What to tell the person.
    pub fn kind(&self) -> EsiaFailure {
        match self {
            Self::Refused { code: Some(code) } => match code.number() {
                7_004 => EsiaFailure::Cancelled,
                7_007 | 7_008 => EsiaFailure::Unavailable,
                7_055 => EsiaFailure::AccountNotConfirmed,
                _ => EsiaFailure::Rejected,
            },
            Self::Denied => EsiaFailure::Cancelled,
            // A signer that hangs is a busy machine as a rule; the next try may succeed.
            Self::Unavailable(_) | Self::Redirected(_) | Self::Signer(SignerFault::TimedOut) => {
                EsiaFailure::Unavailable
            }
            _ => EsiaFailure::Rejected,
        }
    }

    /// ESIA's own number, where it gave one.
    pub const fn esia_code(&self) -> Option<EsiaCode> {
        match self {
            Self::Refused { code } => *code,
            _ => None,
        }
    }

    /// How to mend it, for whoever runs the portal.
    pub const fn mend(&self) -> &'static str {
        match self {
            Self::Unavailable(Outage::Tls) => "name the root certificate that is missing in esia.root_certificate",
            Self::Unavailable(_) => {
                "look whether esia.base_url (or esia.issuer) is right and the firewall lets it through"
            }
            Self::Redirected(_) => "set esia.base_url or esia.issuer to the address that answers by itself",
            Self::Token(TokenFault::UnknownKey) => "add Gosuslugi's new certificate to esia.certificates",
            Self::Token(TokenFault::NotYet | TokenFault::Expired) => "set the clock from the network",
            Self::Signer(SignerFault::Start) => "look whether the program of esia.signer is there and may be run",
            Self::Signer(SignerFault::OtherKey) => {
                "let esia.signer sign with the key of esia.client_certificate; csptest needs esia.signer_reverse = true"
            }
            Self::Signer(_) => "run the command of esia.signer by hand, with some text on its standard input",
            Self::Certificate(CertificateFault::Client) => {
                "have the certificate renewed, register it in ESIA's technical portal, and set esia.client_certificate"
            }
            Self::Certificate(CertificateFault::Theirs) => {
                "take the current certificates from esia.gosuslugi.ru/public/esia.zip into esia.certificates"
            }
            _ => "compare [esia] with what is registered at Gosuslugi or at the gateway",
        }
    }
}

/// What the error parameters of a callback mean, or those of a refused token request.
pub fn parse_failure(error: Option<&str>, description: Option<&str>) -> EsiaError {
    if let Some(code) = description.and_then(EsiaCode::find).or_else(|| error.and_then(EsiaCode::find)) {
        return EsiaError::Refused { code: Some(code) };
    }
    match error {
        Some("access_denied") => EsiaError::Denied,
        Some("server_error" | "temporarily_unavailable") => EsiaError::Unavailable(Outage::Said),
        _ => EsiaError::Refused { code: None },
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
    use super::*;

    #[test]
    fn the_number_is_found_in_every_kind_of_description() {
        for text in [
            "ESIA-007004: Владелец ресурса или сервис авторизации отклонил запрос",
            "ESIA-007004: The resource owner or authorization server denied the request.",
            "OAuthErrorEnum.accessDenied (ESIA-007004)",
            "ESIA- ESIA-7 ESIA-007004",
        ] {
            assert_eq!(EsiaCode::find(text).map(EsiaCode::number), Some(7_004), "{text}");
        }
        for text in ["", "ESIA-", "ESIA-00700", "ESIA-00700x", "esia-007004", "ESIA-00700\u{0664}"] {
            assert_eq!(EsiaCode::find(text), None, "{text}");
        }
        assert_eq!(EsiaCode::find("ESIA-036700").unwrap().to_string(), "ESIA-036700");
    }

    #[test]
    fn what_the_person_is_told() {
        let told = |error, description| parse_failure(error, description).kind();
        for (error, description, expected) in [
            (Some("access_denied"), Some("ESIA-007004: отказ"), EsiaFailure::Cancelled),
            (Some("access_denied"), None, EsiaFailure::Cancelled),
            (Some("access_denied"), Some("ESIA-007055: …"), EsiaFailure::AccountNotConfirmed),
            (Some("access_denied"), Some("ESIA-007053: OAuthErrorEnum.clientSecretWrong"), EsiaFailure::Rejected),
            (Some("server_error"), Some("ESIA-007007"), EsiaFailure::Unavailable),
            (None, Some("ESIA-007008"), EsiaFailure::Unavailable),
            (Some("temporarily_unavailable"), None, EsiaFailure::Unavailable),
            (Some("server_error"), None, EsiaFailure::Unavailable),
            (Some("invalid_scope"), Some("ESIA-007019: OAuthErrorEnum.noGrants"), EsiaFailure::Rejected),
            (Some("unauthorized_client"), None, EsiaFailure::Rejected),
            (None, None, EsiaFailure::Rejected),
        ] {
            assert_eq!(told(error, description), expected, "{error:?} {description:?}");
        }
        assert_eq!(EsiaError::Unavailable(Outage::NotJson).kind(), EsiaFailure::Unavailable);
        assert_eq!(EsiaError::Signer(SignerFault::TimedOut).kind(), EsiaFailure::Unavailable);
        assert_eq!(EsiaError::Signer(SignerFault::Key).kind(), EsiaFailure::Rejected);
        assert_eq!(EsiaError::Token(TokenFault::Signature).kind(), EsiaFailure::Rejected);
    }

    #[test]
    fn nothing_of_a_description_stays() {
        let error = parse_failure(Some("access_denied"), Some("ESIA-007053: Иванов Иван, 112-233-445 95"));
        for text in [error.to_string(), format!("{error:?}")] {
            assert!(text.contains("ESIA-007053"), "{text}");
            assert!(!text.contains("Иванов") && !text.contains("112"), "{text}");
        }
    }
}
