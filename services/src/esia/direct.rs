//! ESIA's own protocol: `v2/ac` and `v3/te` with raw GOST signatures, or `ac` and `te` with CMS; then the person by
//! REST.
//!
//! What is signed is the values of the request, one after the other without anything between, in the order that ESIA
//! fixed. The scopes of the token request are those of the first one, its state is new, and the answer must name that
//! state.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use domain::gosuslugi::GosuslugiPerson;
use reqwest::Url;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use time::OffsetDateTime;

use super::certificate::{Certificate, GOST};
use super::error::{CertificateFault, EsiaError, Outage, SignerFault, TokenFault};
use super::settings::{DirectSettings, EsiaVersion, Problems, SignerSettings};
use super::signer::{Command, RsaCms, Signer};
use super::token::{self, Expected, Identity};
use super::web::{self, Web};
use super::{Ask, Begun, BoxFuture, Callback, Esia, Kept, cms, gost, person};
use crate::clock::{Clock, SECOND, Timestamp};
use crate::rng::{self, Rng};

/// Addresses of contacts that are followed at most, where ESIA lists addresses in place of contacts.
const MOST_ADDRESSES: usize = 10;

/// The longest code that is taken, in bytes. ESIA's are tokens of some 1,200.
const LONGEST_CODE: usize = 16 * 1024;

/// Bytes of a raw signature.
const RAW_SIGNATURE: usize = 64;

/// The scopes that open contacts.
const CONTACT_SCOPES: [&str; 3] = ["email", "mobile", "contacts"];

pub(super) struct Direct {
    base: Url,
    version: EsiaVersion,
    client_id: String,
    certificate: Certificate,
    scope: String,
    scope_org: String,
    person_filter: Option<String>,
    pkce: Option<String>,
    issuer: String,
    certificates: Vec<Certificate>,
    skew_s: u32,
    signer: Box<dyn Signer>,
    longest: Duration,
    web: Web,
    clock: Arc<dyn Clock>,
}

impl fmt::Debug for Direct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Direct")
            .field("base", &self.base.as_str())
            .field("version", &self.version)
            .field("client_id", &self.client_id)
            .field("signer", &self.signer)
            .finish_non_exhaustive()
    }
}

impl Direct {
    pub(super) fn new(settings: &DirectSettings, clock: Arc<dyn Clock>, problems: &mut Problems) -> Option<Self> {
        problems.client(&settings.client_id, &settings.scopes);
        if settings.client_id.chars().any(char::is_lowercase) {
            problems.add("client_id", "must be in capitals, as the mnemonic is registered");
        }
        if settings.issuer.is_empty() {
            problems.add("issuer", "must be the `iss` of ESIA's tokens, such as \"http://esia.gosuslugi.ru/\"");
        }
        let base = base(&settings.base_url, problems);
        let web =
            Web::new(settings.root_certificate.as_deref(), settings.connect_timeout_ms, settings.timeout_ms, problems);
        let certificates = their_certificates(settings, problems);
        let certificate = own_certificate(settings, problems)?;
        let signer = signer(settings, &certificate, problems)?;
        Some(Self {
            base: base?,
            version: settings.version,
            client_id: settings.client_id.clone(),
            certificate,
            scope: settings.scopes.join(" "),
            scope_org: settings.scope_org.clone(),
            person_filter: settings.person_filter.map(|filter| STANDARD.encode(filter.word())),
            pkce: settings.pkce.clone().filter(|method| !method.is_empty()),
            issuer: settings.issuer.clone(),
            certificates: certificates?,
            skew_s: settings.skew_s,
            signer,
            longest: longest(settings),
            web: web?,
            clock,
        })
    }

    /// The same, signed by another.
    #[cfg(test)]
    pub(super) fn signed_by(mut self, signer: Box<dyn Signer>) -> Self {
        self.signer = signer;
        self
    }

    /// An address of the other side. The path begins with `/`.
    fn address(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(path);
        url
    }

    /// The text that is signed for a request. `code` is empty in the first one.
    fn signed_text(&self, scope: &str, timestamp: &str, state: &str, callback: &str, code: &str) -> String {
        match self.version {
            EsiaVersion::V1 => [scope, timestamp, self.client_id.as_str(), state].concat(),
            EsiaVersion::V2 => {
                [self.client_id.as_str(), scope, self.scope_org.as_str(), timestamp, state, callback, code].concat()
            }
        }
    }

    /// The signature of a text, as the requests carry it.
    async fn secret(&self, text: &str, now: Timestamp) -> Result<String, SignerFault> {
        let signature = self.signer.sign(text.as_bytes(), now).await?;
        if self.version == EsiaVersion::V2 && signature.len() != RAW_SIGNATURE {
            return Err(SignerFault::Output);
        }
        Ok(URL_SAFE_NO_PAD.encode(signature))
    }

    async fn begin(&self, ask: &Ask<'_>) -> Result<Begun, EsiaError> {
        let timestamp = timestamp(ask.now)?;
        let text = self.signed_text(&self.scope, &timestamp, ask.state, ask.callback, "");
        let secret = self.secret(&text, ask.now).await?;
        let verifier = self.pkce.as_ref().map(|_| verifier(ask.rng));
        let mut url = self.address(match self.version {
            EsiaVersion::V1 => "/aas/oauth2/ac",
            EsiaVersion::V2 => "/aas/oauth2/v2/ac",
        });
        {
            let mut query = url.query_pairs_mut();
            query
                .append_pair("client_id", &self.client_id)
                .append_pair("client_secret", &secret)
                .append_pair("redirect_uri", ask.callback)
                .append_pair("scope", &self.scope)
                .append_pair("response_type", "code")
                .append_pair("state", ask.state)
                .append_pair("timestamp", &timestamp)
                .append_pair("access_type", "online");
            if self.version == EsiaVersion::V2 {
                query.append_pair("client_certificate_hash", self.certificate.hash());
                if !self.scope_org.is_empty() {
                    query.append_pair("scope_org", &self.scope_org);
                }
            }
            if let Some(filter) = &self.person_filter {
                query.append_pair("person_filter", filter);
            }
            if let (Some(method), Some(verifier)) = (&self.pkce, &verifier) {
                query.append_pair("code_challenge", &challenge(method, verifier));
                query.append_pair("code_challenge_method", method);
            }
        }
        let kept = Kept { scope: self.scope.clone(), callback: ask.callback.to_owned(), verifier, nonce: None };
        Ok(Begun { url: url.into(), kept })
    }

    async fn finish(&self, kept: &Kept, callback: &Callback, rng: &dyn Rng) -> Result<GosuslugiPerson, EsiaError> {
        if callback.code.is_empty() || callback.code.len() > LONGEST_CODE {
            return Err(EsiaError::Malformed("the code"));
        }
        let tokens = self.trade(kept, &callback.code, rng).await?;
        let (Some(access_token), Some(id_token)) = (text(&tokens, "access_token"), text(&tokens, "id_token")) else {
            return Err(EsiaError::Malformed("a token is missing"));
        };
        let expected = Expected {
            certificates: &self.certificates,
            issuer: &self.issuer,
            client_id: &self.client_id,
            now: self.clock.now(),
            skew_s: self.skew_s,
        };
        let access = token::access(access_token, &expected)?;
        let identity = token::identity(id_token, &expected)?;
        if access.oid != identity.oid {
            return Err(TokenFault::Subject.into());
        }
        // Where the token says what was granted, that counts; else what was asked for.
        let mut granted = access
            .scopes
            .iter()
            .map(String::as_str)
            .chain(kept.scope.split_whitespace().filter(|_| access.scopes.is_empty()));
        let contacts_granted = granted.any(|scope| CONTACT_SCOPES.contains(&scope));
        self.person(&identity, access_token, contacts_granted).await
    }

    /// Trades the code for tokens. They are nobody's yet: who is named in them must be verified.
    async fn trade(&self, kept: &Kept, code: &str, rng: &dyn Rng) -> Result<Value, EsiaError> {
        let now = self.clock.now();
        let (timestamp, state) = (timestamp(now)?, uuid::Builder::from_random_bytes(rng::bytes(rng)).into_uuid());
        let state = state.to_string();
        let signed = self.signed_text(&kept.scope, &timestamp, &state, &kept.callback, code);
        let secret = self.secret(&signed, now).await?;
        let mut fields = vec![
            ("client_id", self.client_id.as_str()),
            ("client_secret", secret.as_str()),
            ("scope", kept.scope.as_str()),
            ("timestamp", timestamp.as_str()),
            ("state", state.as_str()),
            ("redirect_uri", kept.callback.as_str()),
            ("code", code),
            ("grant_type", "authorization_code"),
            ("token_type", "Bearer"),
        ];
        let path = match self.version {
            EsiaVersion::V1 => "/aas/oauth2/te",
            EsiaVersion::V2 => {
                fields.push(("client_certificate_hash", self.certificate.hash()));
                if !self.scope_org.is_empty() {
                    fields.push(("scope_org", &self.scope_org));
                }
                "/aas/oauth2/v3/te"
            }
        };
        if let Some(verifier) = &kept.verifier {
            fields.push(("code_verifier", verifier));
        }
        let tokens = self.web.post(self.address(path), &fields, None).await?.granted()?;
        if text(&tokens, "state") != Some(state.as_str()) {
            return Err(EsiaError::State);
        }
        if text(&tokens, "token_type").is_some_and(|kind| !kind.eq_ignore_ascii_case("Bearer")) {
            return Err(EsiaError::Malformed("the kind of token"));
        }
        Ok(tokens)
    }

    async fn person(
        &self,
        identity: &Identity,
        token: &str,
        contacts_granted: bool,
    ) -> Result<GosuslugiPerson, EsiaError> {
        let path = format!("/rs/prns/{}", identity.oid);
        let mut url = self.address(&path);
        if contacts_granted {
            url.set_query(Some("embed=(contacts.elements)"));
        }
        let record = self.web.get(url, Some(token)).await?.granted()?;
        let contacts = if contacts_granted {
            match embedded(record.get("contacts")) {
                Some(contacts) => contacts,
                None => self.contacts(&path, token).await?,
            }
        } else {
            Vec::new()
        };
        person::person(identity, &record, &contacts)
    }

    /// The contacts by themselves, where the record has none in it.
    async fn contacts(&self, path: &str, token: &str) -> Result<Vec<Value>, EsiaError> {
        let mut url = self.address(&format!("{path}/ctts"));
        url.set_query(Some("embed=(elements)"));
        let answer = self.web.get(url, Some(token)).await?;
        if answer.is_withheld() {
            // Whoever has no contacts that we may see is recognised by the SNILS or not at all.
            return Ok(Vec::new());
        }
        let collection = answer.granted()?;
        if let Some(contacts) = embedded(Some(&collection)) {
            return Ok(contacts);
        }
        let addresses = collection.get("elements").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        if addresses.len() > MOST_ADDRESSES {
            return Err(EsiaError::Malformed("too many contacts"));
        }
        let mut contacts = Vec::new();
        for address in addresses {
            let url = self.own_address(address).ok_or(EsiaError::Malformed("the address of a contact"))?;
            contacts.push(self.web.get(url, Some(token)).await?.granted()?);
        }
        Ok(contacts)
    }

    /// An address from an answer, if it leads to the same place: the token must go nowhere else.
    fn own_address(&self, address: &Value) -> Option<Url> {
        let url = Url::parse(address.as_str()?).ok()?;
        let plain = url.username().is_empty() && url.password().is_none();
        (plain && url.origin() == self.base.origin() && url.path().starts_with("/rs/")).then_some(url)
    }

    async fn check(&self) -> Result<(), EsiaError> {
        let now = self.clock.now();
        if !self.certificate.is_valid_at(now, 0) {
            return Err(CertificateFault::Client.into());
        }
        if !self.certificates.iter().any(|certificate| certificate.is_valid_at(now, 0)) {
            return Err(CertificateFault::Theirs.into());
        }
        let text = b"Schoolgate";
        let signature = self.signer.sign(text, now).await?;
        let ours = match self.version {
            EsiaVersion::V1 => cms::verifies(&signature, text, &self.certificate),
            EsiaVersion::V2 => self.certificate.verifies(text, &signature),
        };
        if !ours {
            return Err(SignerFault::OtherKey.into());
        }
        self.web.answers(self.address("/")).await
    }
}

impl Esia for Direct {
    fn issuer(&self) -> &str {
        &self.issuer
    }

    fn begin<'a>(&'a self, ask: &'a Ask<'a>) -> BoxFuture<'a, Result<Begun, EsiaError>> {
        Box::pin(self.begin(ask))
    }

    fn finish<'a>(
        &'a self,
        kept: &'a Kept,
        callback: &'a Callback,
        rng: &'a dyn Rng,
    ) -> BoxFuture<'a, Result<GosuslugiPerson, EsiaError>> {
        Box::pin(async move {
            let finished = tokio::time::timeout(self.longest, self.finish(kept, callback, rng)).await;
            finished.unwrap_or(Err(EsiaError::Unavailable(Outage::TimedOut)))
        })
    }

    fn sign_out_url(&self, back_to: &str) -> Option<String> {
        let mut url = self.address("/idp/ext/Logout");
        // Not `redirect_uri`, as everywhere else.
        url.query_pairs_mut().append_pair("client_id", &self.client_id).append_pair("redirect_url", back_to);
        Some(url.into())
    }

    fn check(&self) -> BoxFuture<'_, Result<(), EsiaError>> {
        Box::pin(self.check())
    }
}

fn base(text: &str, problems: &mut Problems) -> Option<Url> {
    let url = Url::parse(text).ok().filter(|url| {
        url.path() == "/" && url.query().is_none() && url.username().is_empty() && url.password().is_none()
    });
    let Some(url) = url else {
        problems.add("base_url", "must be an address such as \"https://esia.gosuslugi.ru\", without a path");
        return None;
    };
    if !web::is_safe(&url) {
        problems.add("base_url", "must begin with https://; plain http is for this machine only");
        return None;
    }
    Some(url)
}

fn their_certificates(settings: &DirectSettings, problems: &mut Problems) -> Option<Vec<Certificate>> {
    if settings.certificates.is_empty() {
        problems
            .add("certificates", "must name the certificates that ESIA signs its tokens with (public/esia.zip there)");
        return None;
    }
    let mut found = Vec::new();
    for path in &settings.certificates {
        found.extend(problems.take("certificates", Certificate::read(path))?);
    }
    Some(found)
}

fn own_certificate(settings: &DirectSettings, problems: &mut Problems) -> Option<Certificate> {
    let Some(path) = &settings.client_certificate else {
        problems.add("client_certificate", "must name the certificate that is registered for this portal");
        return None;
    };
    let certificate = problems.take("client_certificate", Certificate::read(path))?.into_iter().next()?;
    if settings.version == EsiaVersion::V2 && certificate.algorithm() != GOST {
        problems.add("client_certificate", "must be for a GOST R 34.10-2012 key of 256 bit: version v2 takes no other");
        return None;
    }
    Some(certificate)
}

fn signer(settings: &DirectSettings, certificate: &Certificate, problems: &mut Problems) -> Option<Box<dyn Signer>> {
    match &settings.signer {
        SignerSettings::Command { command, output, reverse, timeout_ms } => {
            let made = Command::new(command, *output, *reverse, Duration::from_millis(*timeout_ms));
            let signer: Box<dyn Signer> = Box::new(problems.take("signer", made)?);
            Some(signer)
        }
        SignerSettings::RsaKey(_) if settings.version == EsiaVersion::V2 => {
            problems.add("signing_key", "goes with version v1 only: v2 takes GOST signatures, made by esia.signer");
            None
        }
        SignerSettings::RsaKey(pem) => {
            let signer: Box<dyn Signer> = Box::new(problems.take("signing_key", RsaCms::new(pem, certificate))?);
            Some(signer)
        }
    }
}

/// How long the second half of a sign-in may take: a signature and two requests. There are more requests where ESIA
/// lists contacts by their addresses; each may be slow, but not all of them, or whoever waits would be cut off by the
/// limit of the portal's own requests, with no word of what happened.
fn longest(settings: &DirectSettings) -> Duration {
    let signer_ms = match &settings.signer {
        SignerSettings::Command { timeout_ms, .. } => *timeout_ms,
        SignerSettings::RsaKey(_) => 0,
    };
    Duration::from_millis(settings.timeout_ms.saturating_mul(2).saturating_add(signer_ms))
}

/// `yyyy.MM.dd HH:mm:ss Z`, the offset without a colon.
fn timestamp(now: Timestamp) -> Result<String, EsiaError> {
    let at = OffsetDateTime::from_unix_timestamp(now.div_euclid(SECOND))
        .map_err(|_| EsiaError::Malformed("the clock of this machine"))?;
    let ((year, month, day), (hour, minute, second)) = ((at.year(), u8::from(at.month()), at.day()), at.to_hms());
    Ok(format!("{year:04}.{month:02}.{day:02} {hour:02}:{minute:02}:{second:02} +0000"))
}

/// A PKCE verifier of 256 bit.
pub(super) fn verifier(rng: &dyn Rng) -> String {
    URL_SAFE_NO_PAD.encode(rng::bytes::<32>(rng))
}

/// What the first request says of the verifier.
fn challenge(method: &str, verifier: &str) -> String {
    if method.starts_with("GOST") {
        return URL_SAFE_NO_PAD.encode(gost::streebog256(verifier.as_bytes()));
    }
    s256(verifier)
}

/// RFC 7636, method `S256`.
pub(super) fn s256(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()))
}

/// The elements of a collection, if they stand there themselves and not only their addresses.
fn embedded(collection: Option<&Value>) -> Option<Vec<Value>> {
    let collection = collection?;
    let elements = match collection.get("elements") {
        Some(elements) => elements.as_array()?,
        // An empty collection may come without its list.
        None if collection.get("size").and_then(Value::as_u64) == Some(0) => return Some(Vec::new()),
        None => return None,
    };
    elements.iter().all(Value::is_object).then(|| elements.clone())
}

fn text<'a>(of: &'a Value, name: &str) -> Option<&'a str> {
    of.get(name)?.as_str()
}
