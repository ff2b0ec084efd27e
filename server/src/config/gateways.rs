//! The table itself, part three: gateways for text messages and mail, tried in the order of the file.
//!
//! What each key means to a gateway is `services::delivery`'s affair; this is the form of it that people write.

use std::path::PathBuf;

use services::delivery::{MailGatewaySettings, SmsGatewaySettings};

use super::{
    field::{Secret, choice},
    keys::{Rule, section},
    types::{ApiDescription, MailAddress, Pairs, SecretPairs},
};

section! {
    /// Text messages. Gateways are tried in the order of the file; with none, nobody can sign in by code.
    pub struct SmsConfig in "sms" {}
    lists {
        /// A gateway for text messages. `kind = "http"` with a preset needs `name`, `preset`, `values` (`user` and `sender`;
        /// twilio: `account` and `sender`) and `secrets` (`token`). A gateway without a preset is described in `api`.
        gateway: SmsGatewayConfig;
    }
}

choice! {
    /// What a text message goes through.
    pub enum SmsKind {
        /// A provider's HTTP interface.
        Http = "http",
        /// A folder of `.json` files.
        Folder = "folder",
    }
}

choice! {
    /// A provider that is described already.
    pub enum PresetChoice {
        /// None: `api` describes the interface.
        None = "",
        /// InforU, Israel.
        Inforu = "inforu",
        /// 019, Israel.
        Sms019 = "019",
        /// SMSC, Russia.
        Smsc = "smsc",
        /// SMS Aero, Russia.
        SmsAero = "sms_aero",
        /// MTS Exolve, Russia.
        Exolve = "exolve",
        /// Twilio, anywhere.
        Twilio = "twilio",
    }
}

section! {
    /// One gateway for text messages.
    pub struct SmsGatewayConfig in "sms.gateway" {
        /// Its name in the delivery log and the metrics: small letters, digits, `-`, `_`; no two gateways share one.
        name: String = "sms".to_owned(), Rule::Text(1, 40);
        /// `http`: a provider's interface. `folder`: `.json` files, for trying out.
        kind: SmsKind = SmsKind::Http, Rule::OneOf(SmsKind::WORDS);
        /// A provider that is described already; "" for one that `api` describes.
        preset: PresetChoice = PresetChoice::None, Rule::OneOf(PresetChoice::WORDS);
        /// In place of the preset's address, for a provider's second site; "" keeps it.
        url: Option<String> = None, Rule::Text(0, 2_000);
        /// What the description leaves open and may be shown, such as `{ user = "school", sender = "SCHOOL" }`.
        values: Pairs = Pairs::default(), Rule::Any;
        /// What the description leaves open and is secret: `{ token = "…" }`, or `{ token = { file = "/run/secrets/sms" } }`.
        secrets: SecretPairs = SecretPairs::default(), Rule::Any;
        /// The interface of a provider without a preset: `method`, `url`, `headers`, `auth`, `body`, `phone`, `success`,
        /// `bad_recipient`, written like the files in `services/src/delivery/presets/`, as `[sms.gateway.api]`.
        api: ApiDescription = ApiDescription::default(), Rule::Any;
        /// The folder of kind `folder`; it is made when missing.
        path: Option<PathBuf> = None, Rule::Any;
        /// A PEM file with further root certificates to trust; "" for none.
        root_certificate: Option<PathBuf> = None, Rule::Any;
        /// Allows plain http to other machines. Codes and secrets then travel in the clear: trusted networks only.
        allow_plain: bool = false, Rule::Any;
        /// Milliseconds to connect.
        connect_timeout_ms: u64 = 5_000, Rule::Whole(1, 120_000);
        /// Milliseconds for the whole attempt.
        timeout_ms: u64 = 15_000, Rule::Whole(1, 120_000);
    }
}

section! {
    /// Mail. Gateways are tried in the order of the file.
    pub struct MailConfig in "mail" {
        /// The sender's address; needed as soon as there is a gateway.
        from: Option<MailAddress> = None, Rule::Any;
        /// The sender's name; "" takes the portal's in its default language.
        from_name: String = String::new(), Rule::Text(0, 100);
    }
    lists {
        /// A gateway for mail: an SMTP server, or a folder of `.eml` files for trying out.
        gateway: MailGatewayConfig;
    }
}

choice! {
    /// What mail goes through.
    pub enum MailKind {
        /// An SMTP server.
        Smtp = "smtp",
        /// A folder of `.eml` files.
        Folder = "folder",
    }
}

choice! {
    /// How the connection to an SMTP server is protected.
    pub enum MailTls {
        /// STARTTLS, and nothing is sent without it.
        StartTls = "starttls",
        /// TLS from the first byte.
        Implicit = "implicit",
        /// None: for a server on the same machine.
        None = "none",
    }
}

section! {
    /// One gateway for mail.
    pub struct MailGatewayConfig in "mail.gateway" {
        /// Its name in the delivery log and the metrics: small letters, digits, `-`, `_`; no two gateways share one.
        name: String = "mail".to_owned(), Rule::Text(1, 40);
        /// `smtp`: a mail server. `folder`: `.eml` files, for trying out.
        kind: MailKind = MailKind::Smtp, Rule::OneOf(MailKind::WORDS);
        /// The name of the SMTP server; its certificate must be for this name.
        host: String = "localhost".to_owned(), Rule::Text(1, 253);
        /// Its port; "" takes 587 for `starttls`, 465 for `implicit`, 25 for `none`.
        port: Option<u16> = None, Rule::Whole(1, 65_535);
        /// How the connection is protected.
        tls: MailTls = MailTls::StartTls, Rule::OneOf(MailTls::WORDS);
        /// Allows `tls = "none"` to other machines. Codes and your password then travel in the clear: trusted networks only.
        allow_plain: bool = false, Rule::Any;
        /// The user to sign in as; "" sends without signing in.
        user: Option<String> = None, Rule::Text(0, 200);
        /// The password of that user.
        password: Secret = Secret::default(), Rule::Secret;
        /// The name to greet the server with; "" takes this machine's.
        hello_name: Option<String> = None, Rule::Text(0, 253);
        /// The folder of kind `folder`; it is made when missing.
        path: Option<PathBuf> = None, Rule::Any;
        /// A PEM file with further root certificates to trust; "" for none.
        root_certificate: Option<PathBuf> = None, Rule::Any;
        /// Milliseconds to connect, including TLS and the greeting.
        connect_timeout_ms: u64 = 5_000, Rule::Whole(1, 120_000);
        /// Milliseconds for the whole attempt.
        timeout_ms: u64 = 20_000, Rule::Whole(1, 120_000);
    }
}

/// The gateways as `services::delivery` takes them, in the order of the file.
#[derive(Debug, Clone, Default)]
pub struct Gateways {
    /// For text messages.
    pub sms: Vec<SmsGatewaySettings>,
    /// For mail.
    pub mail: Vec<MailGatewaySettings>,
}
