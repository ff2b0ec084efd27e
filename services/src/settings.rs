//! The figures of the rules: how long a code lives, how often it may be sent, when waits begin, when a session ends.
//!
//! Plain data with the defaults of the rules; the server's configuration fills it. `Settings::check` holds the bounds, so
//! that a portal never runs with a figure that would undo a rule (a code that lives an hour, a session without end).
//! All durations are milliseconds.

mod network;

pub(crate) use network::subscriber;
pub use network::{Network, NetworkError};

use std::net::IpAddr;

use domain::{IdKind, Policy};

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// All figures of one portal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The portal's names, short and in every language: no password may contain one. Not empty.
    pub service_names: Vec<String>,
    /// The kinds of identifier a person may sign in with. Not empty.
    pub id_kinds: Vec<IdKind>,
    /// One-time codes.
    pub codes: CodeSettings,
    /// Passwords.
    pub passwords: PasswordSettings,
    /// Sessions.
    pub sessions: SessionSettings,
    /// Limits by address.
    pub addresses: AddressSettings,
    /// Registration by oneself.
    pub registration: RegistrationSettings,
    /// Links that let their owner choose a password.
    pub password_links: PasswordLinkSettings,
}

/// One-time codes (NIST SP 800-63B-4 §3.1.3, §3.2.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeSettings {
    /// How long a code is valid. Default 5 min, 1 to 10 min.
    pub lifetime_ms: i64,
    /// Wrong tries that kill a code. Default 5, 1 to 10.
    pub tries: u32,
    /// Waits before the second, third, … sending; the last one repeats. Default 30, 60, 120 s; each 5 s to 15 min.
    pub resend_waits_ms: Vec<i64>,
    /// Sendings per account (or per unknown identifier) in any hour. Default 5, 1 to 20.
    pub sends_per_hour: u32,
    /// How long a browser may wait on the code page. Default 30 min; from the life of a code to 2 h.
    pub flow_lifetime_ms: i64,
    /// Wrong codes of one account, whatever the code, before waits begin. Default 10, 5 to 100.
    pub wrong_before_wait: u32,
    /// How many of a flow's newest codes are accepted, for messages that overtake each other. Default 2, 1 to 2.
    pub accepted: u32,
}

/// Passwords (NIST SP 800-63B-4 §3.1.1, §3.2.2; OWASP "device cookies").
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasswordSettings {
    /// The policy new passwords must meet, with its lengths, whose bounds it holds itself. Default `nist`: 15 characters alone, 8 with
    /// a second factor, 256 at most.
    pub policy: Policy,
    /// Failures before waits begin. Default 5, 3 to 100.
    pub failures_before_wait: u32,
    /// The first wait; it doubles with each further failure. Default 5 s, 1 s to 5 min.
    pub first_wait_ms: i64,
    /// The longest wait. Default 15 min; from the first wait to 24 h.
    pub longest_wait_ms: i64,
    /// Failures are forgotten this long after the last one. Default 24 h, 15 min to 30 days.
    pub forget_ms: i64,
}

/// Sessions (OWASP ASVS 5.0 V7).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionSettings {
    /// Idle limit of staff. Default 30 min, 5 min to 12 h.
    pub idle_staff_ms: i64,
    /// Idle limit of everybody else. Default 60 min, 5 min to 12 h.
    pub idle_others_ms: i64,
    /// Absolute limit. Default 12 h, 15 min to 24 h.
    pub absolute_ms: i64,
    /// How long a sign-in counts as fresh proof for sensitive changes. Default 5 min, 1 to 5 min.
    pub fresh_ms: i64,
    /// Browsers remembered per account; the one unused for longest goes first. Default 20, 1 to 100.
    pub devices: u32,
    /// A browser is forgotten when it was not used for so long. Default 180 days, 1 to 400 days.
    pub device_lifetime_ms: i64,
}

/// Limits that count by address only. They are high: a school sits behind one address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressSettings {
    /// The span the two limits below are counted in. Default 10 min, 1 to 60 min.
    pub window_ms: i64,
    /// Codes asked for by one address. Default 300, 30 to 100 000.
    pub code_requests: u32,
    /// Failed passwords and codes of one address. Default 300, 30 to 100 000.
    pub failures: u32,
    /// Networks of schools: their addresses are not counted. Default none.
    pub trusted: Vec<Network>,
}

/// Registration by oneself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistrationSettings {
    /// How long what was typed is kept. Default 1 h, 15 min to 24 h.
    pub draft_ms: i64,
    /// Within how many days the school answers whoever it has to look at. Default 3, 1 to 30.
    pub answer_days: i64,
    /// Registrations begun by one address in [`AddressSettings::window_ms`]. Default 60, 5 to 100 000. A listed school network may five
    /// times as many.
    pub starts: u32,
    /// Codes in an hour, by one address, to mobiles that were typed. Default 20, 3 to 10 000. A listed school network may five times as
    /// many.
    pub given_sends: u32,
    /// Codes in an hour, by everybody, to mobiles that were typed. Default 500, 10 to 1 000 000.
    pub given_sends_in_all: u32,
}

/// Links that let their owner choose a password, and what is asked beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasswordLinkSettings {
    /// How long the first link, and the initial password, live. Default 72 h, 1 to 168 h.
    pub first_ms: i64,
    /// How long a link lives that was asked for. Default 30 min, 5 min to 24 h.
    pub reset_ms: i64,
    /// How long somebody may take for the wizard once they have said who they are. Default 30 min, 10 min to 2 h.
    pub wizard_ms: i64,
    /// Links in an hour for one number. Default 5, 1 to 20.
    pub resets_per_hour: u32,
    /// The code goes by mail when no mobile is on file. Default no.
    pub code_by_mail: bool,
    /// A security question is asked. Default yes.
    pub security_question: bool,
}

impl Default for RegistrationSettings {
    fn default() -> Self {
        Self { draft_ms: HOUR, answer_days: 3, starts: 60, given_sends: 20, given_sends_in_all: 500 }
    }
}

impl Default for PasswordLinkSettings {
    fn default() -> Self {
        Self {
            first_ms: 72 * HOUR,
            reset_ms: 30 * MINUTE,
            wizard_ms: 30 * MINUTE,
            resets_per_hour: 5,
            code_by_mail: false,
            security_question: true,
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            service_names: ["Schoolgate", "פורטל ההורים", "بوابة أولياء الأمور", "Портал школы", "School portal"]
                .map(str::to_owned)
                .to_vec(),
            id_kinds: vec![IdKind::IlId, IdKind::RuSnils],
            codes: CodeSettings::default(),
            passwords: PasswordSettings::default(),
            sessions: SessionSettings::default(),
            addresses: AddressSettings::default(),
            registration: RegistrationSettings::default(),
            password_links: PasswordLinkSettings::default(),
        }
    }
}

impl Default for CodeSettings {
    fn default() -> Self {
        Self {
            lifetime_ms: 5 * MINUTE,
            tries: 5,
            resend_waits_ms: vec![30 * SECOND, 60 * SECOND, 120 * SECOND],
            sends_per_hour: 5,
            flow_lifetime_ms: 30 * MINUTE,
            wrong_before_wait: 10,
            accepted: 2,
        }
    }
}

impl Default for PasswordSettings {
    fn default() -> Self {
        Self {
            policy: Policy::default(),
            failures_before_wait: 5,
            first_wait_ms: 5 * SECOND,
            longest_wait_ms: 15 * MINUTE,
            forget_ms: DAY,
        }
    }
}

impl Default for SessionSettings {
    fn default() -> Self {
        Self {
            idle_staff_ms: 30 * MINUTE,
            idle_others_ms: 60 * MINUTE,
            absolute_ms: 12 * HOUR,
            fresh_ms: 5 * MINUTE,
            devices: 20,
            device_lifetime_ms: 180 * DAY,
        }
    }
}

impl Default for AddressSettings {
    fn default() -> Self {
        Self { window_ms: 10 * MINUTE, code_requests: 300, failures: 300, trusted: Vec::new() }
    }
}

/// A figure outside its bounds.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{key}: {problem}")]
pub struct SettingsError {
    /// The field, written as a path: `codes.lifetime_ms`.
    pub key: &'static str,
    /// What is wrong and what is allowed.
    pub problem: String,
}

/// How much more a listed school network may than another address, where it is limited at all.
pub(crate) const SCHOOL_NETWORK_FACTOR: u32 = 5;
/// Span in which sendings are counted.
pub(crate) const SENDS_WINDOW_MS: i64 = HOUR;
/// At most one notice about failed passwords per account in this span.
pub(crate) const NOTICE_WINDOW_MS: i64 = DAY;

impl Settings {
    /// Holds every figure against its bounds.
    ///
    /// # Errors
    /// All figures outside their bounds, not only the first.
    pub fn check(&self) -> Result<(), Vec<SettingsError>> {
        let mut wrong = Vec::new();
        let mut bound = |key, value: i64, low: i64, high: i64| {
            if !(low..=high).contains(&value) {
                wrong.push(SettingsError { key, problem: format!("{value} is not between {low} and {high}") });
            }
        };
        let codes = &self.codes;
        bound("codes.lifetime_ms", codes.lifetime_ms, MINUTE, 10 * MINUTE);
        bound("codes.tries", codes.tries.into(), 1, 10);
        bound("codes.sends_per_hour", codes.sends_per_hour.into(), 1, 20);
        bound("codes.flow_lifetime_ms", codes.flow_lifetime_ms, codes.lifetime_ms, 2 * HOUR);
        bound("codes.wrong_before_wait", codes.wrong_before_wait.into(), 5, 100);
        bound("codes.accepted", codes.accepted.into(), 1, 2);
        for wait in &codes.resend_waits_ms {
            bound("codes.resend_waits_ms", *wait, 5 * SECOND, 15 * MINUTE);
        }
        let passwords = &self.passwords;
        bound("passwords.failures_before_wait", passwords.failures_before_wait.into(), 3, 100);
        bound("passwords.first_wait_ms", passwords.first_wait_ms, SECOND, 5 * MINUTE);
        bound("passwords.longest_wait_ms", passwords.longest_wait_ms, passwords.first_wait_ms, DAY);
        bound("passwords.forget_ms", passwords.forget_ms, 15 * MINUTE, 30 * DAY);
        let sessions = &self.sessions;
        bound("sessions.idle_staff_ms", sessions.idle_staff_ms, 5 * MINUTE, 12 * HOUR);
        bound("sessions.idle_others_ms", sessions.idle_others_ms, 5 * MINUTE, 12 * HOUR);
        bound("sessions.absolute_ms", sessions.absolute_ms, 15 * MINUTE, DAY);
        bound("sessions.fresh_ms", sessions.fresh_ms, MINUTE, 5 * MINUTE);
        bound("sessions.devices", sessions.devices.into(), 1, 100);
        bound("sessions.device_lifetime_ms", sessions.device_lifetime_ms, DAY, 400 * DAY);
        let addresses = &self.addresses;
        bound("addresses.window_ms", addresses.window_ms, MINUTE, HOUR);
        bound("addresses.code_requests", addresses.code_requests.into(), 30, 100_000);
        bound("addresses.failures", addresses.failures.into(), 30, 100_000);
        let registration = &self.registration;
        bound("registration.draft_ms", registration.draft_ms, 15 * MINUTE, DAY);
        bound("registration.answer_days", registration.answer_days, 1, 30);
        bound("registration.starts", registration.starts.into(), 5, 100_000);
        bound("registration.given_sends", registration.given_sends.into(), 3, 10_000);
        bound("registration.given_sends_in_all", registration.given_sends_in_all.into(), 10, 1_000_000);
        let links = &self.password_links;
        bound("password_links.first_ms", links.first_ms, HOUR, 7 * DAY);
        bound("password_links.reset_ms", links.reset_ms, 5 * MINUTE, DAY);
        bound("password_links.wizard_ms", links.wizard_ms, 10 * MINUTE, 2 * HOUR);
        bound("password_links.resets_per_hour", links.resets_per_hour.into(), 1, 20);

        let mut need = |key, given: bool| {
            if !given {
                wrong.push(SettingsError { key, problem: "must not be empty".to_owned() });
            }
        };
        need("service_names", self.service_names.iter().any(|name| !name.trim().is_empty()));
        need("id_kinds", !self.id_kinds.is_empty());
        need("codes.resend_waits_ms", !codes.resend_waits_ms.is_empty());
        if wrong.is_empty() { Ok(()) } else { Err(wrong) }
    }
}

impl CodeSettings {
    /// The wait after sending number `sends` (1 is the first).
    pub(crate) fn wait_after(&self, sends: i64) -> i64 {
        let step = usize::try_from(sends.saturating_sub(1)).unwrap_or_default();
        self.resend_waits_ms.get(step).or(self.resend_waits_ms.last()).copied().unwrap_or(30 * SECOND)
    }
}

impl AddressSettings {
    /// Whether the address belongs to a listed school network.
    pub fn trusts(&self, address: IpAddr) -> bool {
        self.trusted.iter().any(|network| network.contains(address))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop")]
    use super::*;

    #[test]
    fn the_defaults_are_within_their_bounds() {
        assert_eq!(Settings::default().check(), Ok(()));
    }

    #[test]
    fn every_figure_outside_its_bounds_is_named() {
        let settings = Settings {
            service_names: vec![" ".to_owned()],
            codes: CodeSettings {
                lifetime_ms: 11 * MINUTE,
                accepted: 3,
                resend_waits_ms: Vec::new(),
                ..CodeSettings::default()
            },
            sessions: SessionSettings { absolute_ms: 0, ..SessionSettings::default() },
            ..Settings::default()
        };
        let keys: Vec<_> = settings.check().unwrap_err().into_iter().map(|error| error.key).collect();
        assert_eq!(
            keys,
            ["codes.lifetime_ms", "codes.accepted", "sessions.absolute_ms", "service_names", "codes.resend_waits_ms"]
        );
    }

    #[test]
    fn the_figures_of_the_rules() {
        let Settings { codes, passwords, .. } = Settings::default();
        assert_eq!((codes.lifetime_ms, codes.tries, codes.sends_per_hour, codes.accepted), (5 * MINUTE, 5, 5, 2));
        let policy = &passwords.policy;
        assert_eq!((policy.min(false), policy.min(true), policy.max()), (15, 8, 256));
        let waits = (passwords.failures_before_wait, passwords.first_wait_ms, passwords.longest_wait_ms);
        assert_eq!(waits, (5, 5 * SECOND, 15 * MINUTE));
    }

    #[test]
    fn the_last_wait_repeats() {
        let codes = CodeSettings::default();
        let waits: Vec<_> = (1..=5).map(|sends| codes.wait_after(sends) / SECOND).collect();
        assert_eq!(waits, [30, 60, 120, 120, 120]);
    }
}
