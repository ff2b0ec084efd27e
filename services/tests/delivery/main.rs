//! Delivery against real servers on loopback: what is sent, byte by byte, and what becomes of every way a
//! gateway can fail.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "tests stop at what they did not expect"
)]

mod failover;
mod folder;
mod http_server;
mod mail;
mod presets;
mod settings;
mod sms;
mod smtp_server;
mod tls_server;

use std::sync::Arc;

use domain::{Country, Email, Locale, Mobile};
use services::ManualClock;
use services::delivery::{Delivery, InvalidSettings, Mail, MailGatewaySettings, Sms, SmsGatewaySettings};

/// 2026-11-22T00:00:00Z.
const NOW: i64 = 1_795_305_600_000;

/// Texts that must be in no error, no `Debug` output and no log.
const PRIVATE: [&str; 7] = ["050-1234567", "501234567", "0501234567", "dana", "school.example.org", "314159", "s3cret"];

fn sms(key: &str) -> Sms {
    Sms {
        to: Mobile::parse("050-123-4567", Country::Il).unwrap(),
        text: "קוד: 314159 \"a&b\" <c>\n+d".to_owned(),
        idempotency_key: key.to_owned(),
    }
}

fn a_mail(key: &str) -> Mail {
    Mail {
        to: Email::parse("dana@school.example.org").unwrap(),
        subject: "קוד הכניסה שלך לפורטל בית הספר, בתוקף לחמש דקות בלבד".to_owned(),
        text: "שלום,\n\n.314159\n\nDear parent, the code above is valid for five minutes and is not to be passed on.\n"
            .to_owned(),
        html: "<!DOCTYPE html><html lang=\"he\" dir=\"rtl\"><p>שלום</p><p><b>314159</b></p></html>\n".to_owned(),
        locale: Locale::He,
        idempotency_key: key.to_owned(),
    }
}

#[derive(serde::Deserialize)]
struct Gateways {
    #[serde(default)]
    sms: Vec<SmsGatewaySettings>,
    #[serde(default)]
    mail: Vec<MailGatewaySettings>,
}

fn build(settings: &str, clock: Arc<ManualClock>) -> Result<Delivery, InvalidSettings> {
    let gateways: Gateways = toml::from_str(settings).unwrap();
    Delivery::new(gateways.sms, gateways.mail, clock)
}

fn delivery(settings: &str) -> Delivery {
    build(settings, Arc::new(ManualClock::new(NOW))).unwrap()
}

fn assert_tells_nothing(said: &impl std::fmt::Debug, shown: &str) {
    let said = format!("{said:?} {shown}");
    for private in PRIVATE {
        assert!(!said.contains(private), "{said} holds {private}");
    }
}
