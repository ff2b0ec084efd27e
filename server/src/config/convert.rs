//! What the services want, from what people configured. Units are turned here and nowhere else.

use std::thread;

use domain::{
    Locale, Policy,
    password::{PolicyError, PolicyName},
};
use services::{
    DbSettings,
    delivery::{
        FolderSettings, HttpSmsSettings, MailFolderSettings, MailGatewaySettings, Preset, Secret as GatewaySecret,
        SecretSource, SmsGatewaySettings, SmtpSettings, SmtpTls,
    },
    hasher::HashSettings,
    settings::{
        AddressSettings, CodeSettings, PasswordLinkSettings, PasswordSettings, RegistrationSettings, SessionSettings,
        Settings,
    },
};

use super::{
    Config, Gateways, MailGatewayConfig, MailKind, MailTls, PolicyChoice, PortalConfig, PresetChoice, Secret,
    SmsGatewayConfig, SmsKind,
};

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

impl Config {
    /// The figures of sign-in.
    pub fn settings(&self) -> Settings {
        let (codes, sessions, throttle) = (&self.codes, &self.sessions, &self.throttle);
        let (registration, password) = (&self.registration, &self.password);
        Settings {
            service_names: service_names(&self.portal),
            id_kinds: self.portal.id_kinds.clone(),
            codes: CodeSettings {
                lifetime_ms: i64::from(codes.lifetime_s) * SECOND,
                tries: codes.tries,
                resend_waits_ms: codes.resend_after_s.iter().map(|wait| i64::from(*wait) * SECOND).collect(),
                sends_per_hour: codes.sends_per_hour,
                flow_lifetime_ms: i64::from(codes.flow_lifetime_s) * SECOND,
                wrong_before_wait: codes.wrong_before_wait,
                accepted: codes.accepted,
            },
            passwords: PasswordSettings {
                // `check` refuses lengths that the policy does not take.
                policy: self.password_policy().unwrap_or_default(),
                failures_before_wait: throttle.failures_before_wait,
                first_wait_ms: i64::from(throttle.first_wait_s) * SECOND,
                longest_wait_ms: i64::from(throttle.longest_wait_s) * SECOND,
                forget_ms: i64::from(throttle.forget_after_min) * MINUTE,
            },
            sessions: SessionSettings {
                idle_staff_ms: i64::from(sessions.idle_staff_min) * MINUTE,
                idle_others_ms: i64::from(sessions.idle_min) * MINUTE,
                absolute_ms: i64::from(sessions.absolute_h) * HOUR,
                fresh_ms: i64::from(sessions.fresh_min) * MINUTE,
                devices: sessions.devices,
                device_lifetime_ms: i64::from(sessions.device_lifetime_days) * DAY,
            },
            addresses: AddressSettings {
                window_ms: i64::from(throttle.address_window_min) * MINUTE,
                code_requests: throttle.address_code_requests,
                failures: throttle.address_failures,
                trusted: throttle.school_networks.clone(),
            },
            registration: RegistrationSettings {
                draft_ms: i64::from(registration.draft_min) * MINUTE,
                answer_days: i64::from(registration.answer_days),
                starts: registration.starts_per_address,
                given_sends: registration.typed_mobiles_per_address,
                given_sends_in_all: registration.typed_mobiles_in_all,
            },
            password_links: PasswordLinkSettings {
                first_ms: i64::from(password.first_link_h) * HOUR,
                reset_ms: i64::from(password.reset_link_min) * MINUTE,
                wizard_ms: i64::from(password.wizard_min) * MINUTE,
                resets_per_hour: password.resets_per_hour,
                code_by_mail: password.code_by_mail,
                security_question: password.security_question,
            },
        }
    }

    /// The policy of new passwords.
    ///
    /// # Errors
    /// [`PolicyError`] for a length outside the policy's own bounds.
    pub fn password_policy(&self) -> Result<Policy, PolicyError> {
        let password = &self.password;
        match password.policy {
            PolicyChoice::Nist => Policy::nist(password.min_alone, password.min_with_second_factor, password.max),
            PolicyChoice::MoeLegacy => Ok(Policy::of(PolicyName::MoeLegacy)),
        }
    }

    /// What hashing costs and how much of it waits.
    pub fn hash_settings(&self) -> HashSettings {
        let password = &self.password;
        let threads = if password.threads == 0 { cores() } else { password.threads };
        let pepper = password.pepper.expose();
        HashSettings {
            m_kib: password.argon2_m_kib,
            t: password.argon2_t,
            p: password.argon2_p,
            threads,
            queue: if password.queue == 0 { 64 * threads } else { password.queue },
            pepper: (!pepper.is_empty()).then(|| pepper.as_bytes().to_vec()),
        }
    }

    /// Where the database is.
    pub fn db_settings(&self) -> DbSettings {
        DbSettings { url: self.database.url.expose().to_owned(), max_connections: self.database.max_connections }
    }

    /// Threads that answer requests: at least 4, so that a slow one does not stop the others on a small machine.
    pub fn worker_threads(&self) -> usize {
        match self.server.worker_threads {
            0 => cores().max(4),
            threads => threads,
        }
    }

    /// The gateways in the order of the file.
    pub fn gateways(&self) -> Gateways {
        Gateways {
            sms: self.sms.gateway.iter().map(sms_gateway).collect(),
            mail: self.mail.gateway.iter().map(|gateway| self.mail_gateway(gateway)).collect(),
        }
    }

    fn mail_gateway(&self, gateway: &MailGatewayConfig) -> MailGatewaySettings {
        let name = gateway.name.clone();
        let from = self.mail.from.as_ref().map_or_else(String::new, |from| from.email().as_str().to_owned());
        let from_name = match self.mail.from_name.as_str() {
            "" => self.portal.name.get(self.portal.default_locale).to_owned(),
            configured => configured.to_owned(),
        };
        match gateway.kind {
            MailKind::Folder => MailGatewaySettings::Folder(MailFolderSettings {
                name,
                path: gateway.path.clone().unwrap_or_default(),
                from,
                from_name: Some(from_name),
            }),
            MailKind::Smtp => MailGatewaySettings::Smtp(SmtpSettings {
                name,
                host: gateway.host.clone(),
                port: gateway.port,
                tls: match gateway.tls {
                    MailTls::StartTls => SmtpTls::Starttls,
                    MailTls::Implicit => SmtpTls::Implicit,
                    MailTls::None => SmtpTls::None,
                },
                allow_plain: gateway.allow_plain,
                user: gateway.user.clone(),
                password: secret_source(&gateway.password),
                from,
                from_name: Some(from_name),
                hello_name: gateway.hello_name.clone(),
                root_certificate: gateway.root_certificate.clone(),
                connect_timeout_ms: gateway.connect_timeout_ms,
                timeout_ms: gateway.timeout_ms,
            }),
        }
    }
}

/// The short name, then the name in each language, none twice.
fn service_names(portal: &PortalConfig) -> Vec<String> {
    let mut names = vec![portal.short_name.clone()];
    for name in Locale::ALL.map(|locale| portal.name.get(locale)) {
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    names
}

fn sms_gateway(gateway: &SmsGatewayConfig) -> SmsGatewaySettings {
    let name = gateway.name.clone();
    match gateway.kind {
        SmsKind::Folder => {
            SmsGatewaySettings::Folder(FolderSettings { name, path: gateway.path.clone().unwrap_or_default() })
        }
        SmsKind::Http => SmsGatewaySettings::Http(HttpSmsSettings {
            name,
            preset: match gateway.preset {
                PresetChoice::None => None,
                PresetChoice::Inforu => Some(Preset::Inforu),
                PresetChoice::Sms019 => Some(Preset::Sms019),
                PresetChoice::Smsc => Some(Preset::Smsc),
                PresetChoice::SmsAero => Some(Preset::SmsAero),
                PresetChoice::Exolve => Some(Preset::Exolve),
                PresetChoice::Twilio => Some(Preset::Twilio),
            },
            api: gateway.api.0.clone(),
            url: gateway.url.clone(),
            values: gateway.values.0.clone(),
            secrets: gateway.secrets.0.clone(),
            root_certificate: gateway.root_certificate.clone(),
            allow_plain: gateway.allow_plain,
            connect_timeout_ms: gateway.connect_timeout_ms,
            timeout_ms: gateway.timeout_ms,
        }),
    }
}

fn secret_source(secret: &Secret) -> Option<SecretSource> {
    (!secret.is_empty()).then(|| SecretSource::Value(GatewaySecret::new(secret.expose())))
}

fn cores() -> usize {
    thread::available_parallelism().map_or(1, std::num::NonZero::get)
}
