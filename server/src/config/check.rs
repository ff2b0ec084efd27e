//! Rules between keys, checked once each key by itself is right, and what is allowed but deserves a word.

use std::sync::Arc;

use services::{SystemClock, delivery::Delivery};

use super::{Config, read::Problem};

/// What `services::hasher` takes.
const PEPPER_LIMIT: usize = 64;

impl Config {
    /// The rules that no single key can state.
    pub(super) fn check(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut refuse = |wrong: bool, key: &str, message: &str| {
            if wrong {
                problems.push(Problem::new(key, message));
            }
        };
        let portal = &self.portal;
        refuse(portal.locales.is_empty(), "portal.locales", "must name at least one language");
        refuse(
            !portal.locales.is_empty() && !portal.locales.contains(&portal.default_locale),
            "portal.default_locale",
            "must be one of portal.locales",
        );
        refuse(has_twins(&portal.locales), "portal.locales", "names a language twice");
        refuse(portal.id_kinds.is_empty(), "portal.id_kinds", "must name at least one kind of ID number");
        refuse(has_twins(&portal.id_kinds), "portal.id_kinds", "names a kind twice");
        refuse(
            app::text::Zone::parse(&portal.time_zone).is_err(),
            "portal.time_zone",
            "must be a name of the IANA database, such as Asia/Jerusalem",
        );
        for (key, url) in [("portal.guide_url", &portal.guide_url), ("portal.video_url", &portal.video_url)] {
            refuse(
                !url.is_empty() && !is_web_address(url),
                key,
                "must begin with https:// or be a path of this portal",
            );
        }
        for application in &portal.application {
            refuse(
                application.name.is_empty() || !is_web_address(&application.url),
                "portal.application",
                "needs a name and an address that begins with https:// or is a path of this portal",
            );
        }
        let url = self.database.url.expose();
        refuse(
            !["sqlite:", "postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme)),
            "database.url",
            "must begin with sqlite:// or postgres://",
        );
        refuse(
            self.server.metrics_listen == Some(self.server.listen),
            "server.metrics_listen",
            "must differ from server.listen; \"\" serves metrics there, to loopback only",
        );
        refuse(
            self.codes.flow_lifetime_s < self.codes.lifetime_s,
            "codes.flow_lifetime_s",
            "must not be shorter than codes.lifetime_s",
        );
        refuse(
            self.codes.resend_after_s.windows(2).any(|pair| pair.first() > pair.last()),
            "codes.resend_after_s",
            "must not grow shorter from one wait to the next",
        );
        refuse(
            self.throttle.longest_wait_s < self.throttle.first_wait_s,
            "throttle.longest_wait_s",
            "must not be shorter than throttle.first_wait_s",
        );
        let lease_ms = u64::from(self.outbox.lease_s) * 1_000;
        let sms_ms: u64 = self.sms.gateway.iter().map(|gateway| gateway.timeout_ms).sum();
        let mail_ms: u64 = self.mail.gateway.iter().map(|gateway| gateway.timeout_ms).sum();
        refuse(
            lease_ms <= sms_ms.max(mail_ms),
            "outbox.lease_s",
            "must be longer than the time-outs of all gateways together, or messages are sent twice",
        );
        refuse(
            self.sessions.idle_min.max(self.sessions.idle_staff_min) > self.sessions.absolute_h.saturating_mul(60),
            "sessions.absolute_h",
            "must not be shorter than the idle limits",
        );
        if let Err(wrong) = self.password_policy() {
            let what = format!("must be {} to {}", wrong.min, wrong.max);
            refuse(true, &format!("password.{}", wrong.figure), &what);
        }
        refuse(
            self.password.min_with_second_factor > self.password.min_alone,
            "password.min_with_second_factor",
            "must not be longer than password.min_alone",
        );
        refuse(
            self.password.pepper.expose().len() > PEPPER_LIMIT,
            "password.pepper",
            "must not be longer than 64 bytes",
        );
        refuse(
            self.mail.from.is_none() && !self.mail.gateway.is_empty(),
            "mail.from",
            "must be set: mail needs a sender",
        );
        // Argon2 needs 8 KiB for each lane; below that the hash can't be computed at all.
        refuse(
            self.password.argon2_m_kib < 8 * self.password.argon2_p,
            "password.argon2_m_kib",
            "must be at least 8 for each of password.argon2_p",
        );
        problems.extend(self.check_esia());
        if let Err(why) = crate::telemetry::check_filter(&self.log.filter) {
            problems.push(Problem::new("log.filter", format!("is not a log filter: {why}")));
        }
        if problems.is_empty() {
            problems.extend(self.check_services());
        }
        problems
    }

    /// What the services themselves hold against it: bounds of figures, gateways with their secrets and certificates.
    fn check_services(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if let Err(wrong) = self.settings().check() {
            problems.extend(wrong.into_iter().map(|wrong| Problem::new(wrong.key, wrong.problem)));
        }
        let gateways = self.gateways();
        if let Err(invalid) = Delivery::new(gateways.sms, gateways.mail, Arc::new(SystemClock)) {
            problems.extend(invalid.0.into_iter().map(|wrong| {
                // `sms[0].url` there is `sms.gateway[0].url` in the file.
                Problem::new(wrong.key.replacen('[', ".gateway[", 1), wrong.problem)
            }));
        }
        problems.extend(self.check_esia_services());
        problems
    }

    /// What is allowed and yet probably not meant; `config check` and `doctor` say it.
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        if self.sms.gateway.is_empty() {
            warnings.push("no SMS gateway is configured: nobody can sign in by code; add [[sms.gateway]]".to_owned());
        }
        if self.mail.gateway.is_empty() {
            warnings.push("no mail gateway is configured: no mail will be sent; add [[mail.gateway]]".to_owned());
        }
        if !self.server.public_url.is_https() {
            warnings.push(
                "server.public_url is plain http: for trying out on this machine only; set the https address"
                    .to_owned(),
            );
        }
        warnings
    }
}

/// Whether a link may lead there: nothing that runs script, nothing in the clear.
fn is_web_address(url: &str) -> bool {
    url.starts_with("https://") || (url.starts_with('/') && !url.starts_with("//"))
}

fn has_twins<T: PartialEq>(entries: &[T]) -> bool {
    entries.iter().enumerate().any(|(index, entry)| entries.iter().skip(index + 1).any(|other| other == entry))
}
