//! The table itself, part four: signing in through Gosuslugi.
//!
//! What each key means to the protocol is `services::esia`'s affair; this is the form of it that people write.

use std::{path::PathBuf, sync::Arc};

use services::{
    SystemClock,
    delivery::Secret as ServiceSecret,
    esia::{
        BrokerSettings, ClaimNames, DirectSettings, EsiaError, EsiaSettings, EsiaVersion, PersonFilter, SignerOutput,
        SignerSettings, connect,
    },
};

use super::{
    Config,
    field::{Secret, choice},
    keys::{Rule, section},
    read::Problem,
    types::{Pairs, PublicUrl},
};

choice! {
    /// Whether and how people sign in through Gosuslugi.
    pub enum EsiaKind {
        /// Not at all.
        Off = "off",
        /// By ESIA's own protocol.
        Direct = "direct",
        /// Through a gateway that speaks OpenID Connect.
        Broker = "broker",
    }
}

choice! {
    /// Which of ESIA's requests are made.
    pub enum EsiaRequests {
        /// `ac` and `te`, signed with CMS.
        V1 = "v1",
        /// `v2/ac` and `v3/te`, signed with raw GOST signatures.
        V2 = "v2",
    }
}

choice! {
    /// Whom ESIA lets through.
    pub enum EsiaFilter {
        /// Everybody.
        None = "",
        /// Confirmed accounts only.
        Confirmed = "conf_acc",
        /// Children's accounts only.
        Children = "acc_kid",
        /// All but children's accounts.
        NotChildren = "acc_not_kid",
    }
}

choice! {
    /// What a signing program writes.
    pub enum EsiaSignerOutput {
        /// The bytes.
        Raw = "raw",
        /// Base64.
        Base64 = "base64",
        /// Hexadecimal digits.
        Hex = "hex",
    }
}

section! {
    /// Signing in through Gosuslugi (ESIA): students, and parents by their SNILS. `direct` speaks ESIA's own protocol
    /// and needs the certificate of a registered information system; `broker` speaks OpenID Connect with a gateway of
    /// the region.
    pub struct EsiaConfig in "esia" {
        /// `off`: there is no such button. `direct`: ESIA itself. `broker`: a gateway.
        kind: EsiaKind = EsiaKind::Off, Rule::OneOf(EsiaKind::WORDS);
        /// Direct: ESIA's address, without a path. The test stand is `https://esia-portal1.test.gosuslugi.ru`.
        base_url: String = "https://esia.gosuslugi.ru".to_owned(), Rule::Text(1, 500);
        /// Direct: `v2` makes the requests v2/ac and v3/te, signed with GOST R 34.10-2012; `v1` makes ac and te, signed
        /// with CMS.
        version: EsiaRequests = EsiaRequests::V2, Rule::OneOf(EsiaRequests::WORDS);
        /// Direct: the mnemonic of the information system, in capitals. Broker: the client's name there.
        client_id: String = String::new(), Rule::Text(0, 200);
        /// Direct: the PEM or DER file of the certificate that is registered for the information system.
        client_certificate: Option<PathBuf> = None, Rule::Any;
        /// What is asked for. Only what was approved in the application to Gosuslugi is given; nothing of it is stored.
        scopes: Vec<String> =
            ["openid", "fullname", "birthdate", "snils", "email", "mobile"].map(str::to_owned).to_vec(), Rule::Any;
        /// Direct: scopes of organisations, parted by spaces; "" for none.
        scope_org: String = String::new(), Rule::Text(0, 500);
        /// Direct: whom ESIA lets through: `conf_acc` confirmed accounts only, `acc_kid` children's only, `acc_not_kid`
        /// all but children's; "" everybody, and the portal itself refuses accounts that are not confirmed.
        person_filter: EsiaFilter = EsiaFilter::None, Rule::OneOf(EsiaFilter::WORDS);
        /// Direct: the PKCE method as ESIA calls it, sent as it stands here; "" sends no challenge.
        pkce: String = String::new(), Rule::Text(0, 40);
        /// Direct: the `iss` of ESIA's tokens, letter by letter. The test stand's is
        /// `http://esia-portal1.test.gosuslugi.ru/`. Broker: the gateway's issuer, from which its addresses are found.
        issuer: String = "http://esia.gosuslugi.ru/".to_owned(), Rule::Text(1, 500);
        /// Direct: PEM or DER files of the certificates that ESIA signs its tokens with. They change every year: keep
        /// the old one until it ends and add the new one before.
        certificates: Vec<PathBuf> = Vec::new(), Rule::Any;
        /// By how many seconds the clocks of both sides may differ.
        clock_skew_s: u32 = 60, Rule::Whole(0, 300);
        /// Direct: the program that signs requests, and its arguments. The text comes on standard input, the signature
        /// goes to standard output; there is no shell. It must not need a password among its arguments: others see
        /// those.
        signer: Vec<String> = Vec::new(), Rule::Any;
        /// Direct: what that program writes.
        signer_output: EsiaSignerOutput = EsiaSignerOutput::Raw, Rule::OneOf(EsiaSignerOutput::WORDS);
        /// Direct: whether it writes the bytes last first, as csptest does.
        signer_reverse: bool = false, Rule::Any;
        /// Direct: milliseconds that it may take.
        signer_timeout_ms: u64 = 5_000, Rule::Whole(100, 60_000);
        /// Direct, `v1`: an RSA key in PEM in place of a program. Gosuslugi itself takes GOST only; this is for other
        /// stands.
        signing_key: Secret = Secret::default(), Rule::Secret;
        /// Broker: the client's secret.
        client_secret: Secret = Secret::default(), Rule::Secret;
        /// Broker: which claim says what. What is left out keeps its name; "" reads no claim. A contact counts as
        /// confirmed only when the claim of that says `true`.
        claims: Pairs = standard_claims(), Rule::Any;
        /// Broker: whether the gateway lets confirmed accounts in only, so that it need not say so of each.
        confirmed_only: bool = false, Rule::Any;
        /// Broker: further origins that the browser passes on its way to sign in. Pages with the button allow them, and
        /// no others.
        passes_through: Vec<PublicUrl> = gosuslugi(), Rule::Any;
        /// A PEM file with further root certificates to trust; "" for none.
        root_certificate: Option<PathBuf> = None, Rule::Any;
        /// Milliseconds to connect.
        connect_timeout_ms: u64 = 3_000, Rule::Whole(100, 30_000);
        /// Milliseconds for each request. A sign-in takes two or three, and a signature.
        timeout_ms: u64 = 8_000, Rule::Whole(100, 30_000);
    }
}

fn standard_claims() -> Pairs {
    let names = ClaimNames::default();
    Pairs(names.entries().into_iter().map(|(what, claim)| (what.to_owned(), claim.to_owned())).collect())
}

/// Where gateways send people to.
fn gosuslugi() -> Vec<PublicUrl> {
    "https://esia.gosuslugi.ru".parse::<PublicUrl>().into_iter().collect()
}

impl EsiaConfig {
    /// Where a form with the button may lead, as sources of the content security policy, each with a space before it.
    pub fn form_targets(&self) -> String {
        let first = match self.kind {
            EsiaKind::Off => return String::new(),
            EsiaKind::Direct => &self.base_url,
            EsiaKind::Broker => &self.issuer,
        };
        let mut origins: Vec<String> = origin(first).into_iter().collect();
        if self.kind == EsiaKind::Broker {
            origins.extend(self.passes_through.iter().map(PublicUrl::origin));
        }
        origins.dedup();
        origins.iter().map(|origin| format!(" {origin}")).collect()
    }

    fn signer(&self) -> SignerSettings {
        if self.signer.is_empty() && !self.signing_key.is_empty() {
            return SignerSettings::RsaKey(ServiceSecret::new(self.signing_key.expose()));
        }
        SignerSettings::Command {
            command: self.signer.clone(),
            output: match self.signer_output {
                EsiaSignerOutput::Raw => SignerOutput::Raw,
                EsiaSignerOutput::Base64 => SignerOutput::Base64,
                EsiaSignerOutput::Hex => SignerOutput::Hex,
            },
            reverse: self.signer_reverse,
            timeout_ms: self.signer_timeout_ms,
        }
    }

    fn direct(&self) -> DirectSettings {
        DirectSettings {
            base_url: self.base_url.clone(),
            version: match self.version {
                EsiaRequests::V1 => EsiaVersion::V1,
                EsiaRequests::V2 => EsiaVersion::V2,
            },
            client_id: self.client_id.clone(),
            client_certificate: self.client_certificate.clone(),
            scopes: self.scopes.clone(),
            scope_org: self.scope_org.clone(),
            person_filter: match self.person_filter {
                EsiaFilter::None => None,
                EsiaFilter::Confirmed => Some(PersonFilter::Confirmed),
                EsiaFilter::Children => Some(PersonFilter::Children),
                EsiaFilter::NotChildren => Some(PersonFilter::NotChildren),
            },
            pkce: Some(self.pkce.clone()).filter(|method| !method.is_empty()),
            issuer: self.issuer.clone(),
            certificates: self.certificates.clone(),
            skew_s: self.clock_skew_s,
            signer: self.signer(),
            root_certificate: self.root_certificate.clone(),
            connect_timeout_ms: self.connect_timeout_ms,
            timeout_ms: self.timeout_ms,
        }
    }

    fn broker(&self) -> BrokerSettings {
        let mut claims = ClaimNames::default();
        for (what, claim) in &self.claims.0 {
            claims.set(what, claim);
        }
        BrokerSettings {
            issuer: self.issuer.clone(),
            client_id: self.client_id.clone(),
            client_secret: ServiceSecret::new(self.client_secret.expose()),
            scopes: self.scopes.clone(),
            claims,
            confirmed_only: self.confirmed_only,
            skew_s: self.clock_skew_s,
            root_certificate: self.root_certificate.clone(),
            connect_timeout_ms: self.connect_timeout_ms,
            timeout_ms: self.timeout_ms,
        }
    }
}

/// Scheme, host and port of an address.
fn origin(address: &str) -> Option<String> {
    let uri: http::Uri = address.parse().ok()?;
    Some(format!("{}://{}", uri.scheme_str()?, uri.authority()?))
}

impl Config {
    /// How people sign in through Gosuslugi; `None` when they don't.
    pub fn esia(&self) -> Option<EsiaSettings> {
        match self.esia.kind {
            EsiaKind::Off => None,
            EsiaKind::Direct => Some(EsiaSettings::Direct(self.esia.direct())),
            EsiaKind::Broker => Some(EsiaSettings::Broker(self.esia.broker())),
        }
    }

    /// The rules of `[esia]` that no single key can state.
    pub(super) fn check_esia(&self) -> Vec<Problem> {
        let esia = &self.esia;
        let mut problems = Vec::new();
        let known = standard_claims();
        let unknown = esia.claims.0.keys().filter(|what| !known.0.contains_key(*what));
        problems.extend(unknown.map(|what| {
            let names: Vec<&str> = known.0.keys().map(String::as_str).collect();
            Problem::new("esia.claims", format!("has {what}, which nobody asks for; it can name {}", names.join(", ")))
        }));
        if esia.kind == EsiaKind::Off {
            return problems;
        }
        if !esia.signer.is_empty() && !esia.signing_key.is_empty() {
            problems.push(Problem::new("esia.signing_key", "and esia.signer are both set: keep one of them"));
        }
        let longest_ms = esia.signer_timeout_ms + 2 * esia.timeout_ms;
        if longest_ms >= self.server.request_timeout_s * 1_000 {
            problems.push(Problem::new(
                "esia.timeout_ms",
                "twice, and esia.signer_timeout_ms, must be shorter than server.request_timeout_s",
            ));
        }
        problems
    }

    /// What the protocol itself holds against it: addresses, certificates, keys.
    pub(super) fn check_esia_services(&self) -> Vec<Problem> {
        let Some(settings) = self.esia() else {
            return Vec::new();
        };
        match connect(settings, Arc::new(SystemClock)) {
            Err(EsiaError::Settings(invalid)) => {
                invalid.0.into_iter().map(|wrong| Problem::new(wrong.key, wrong.problem)).collect()
            }
            _ => Vec::new(),
        }
    }
}
