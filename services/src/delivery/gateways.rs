//! The gateways there are, made from their settings.

use std::collections::HashSet;
use std::time::Duration;

use super::chain::Gateway;
use super::error::Failure;
use super::folder::{Folder, sms_file};
use super::http::HttpGateway;
use super::mail::Sender;
use super::settings::{
    FolderSettings, MailFolderSettings, MailGatewaySettings, Problems, SettingsProblem, SmsGatewaySettings,
};
use super::smtp::SmtpGateway;
use super::{Mail, Sms};
use crate::Timestamp;

/// Writing a file takes no longer unless the disk is gone.
const FOLDER_TIMEOUT: Duration = Duration::from_secs(20);

/// Settings that a gateway can be made of.
pub(super) trait Build {
    type Gateway;

    fn name(&self) -> &str;

    /// The gateway; on `None` the problems say why.
    fn build(&self, problems: &mut Problems<'_>) -> Option<Self::Gateway>;
}

/// Makes all gateways of a section and collects what is wrong with it.
pub(super) fn build<S: Build>(section: &str, settings: &[S], found: &mut Vec<SettingsProblem>) -> Vec<S::Gateway> {
    let mut names = HashSet::new();
    let mut gateways = Vec::with_capacity(settings.len());
    for (index, one) in settings.iter().enumerate() {
        let mut problems = Problems::under(format!("{section}[{index}]"), found);
        problems.name(one.name());
        if !names.insert(one.name()) {
            problems.add("name", format!("another gateway is called `{}` too", one.name()));
        }
        gateways.extend(one.build(&mut problems));
    }
    gateways
}

pub(super) struct SmsGateway {
    name: String,
    timeout: Duration,
    way: SmsWay,
}

enum SmsWay {
    Http(Box<HttpGateway>),
    Folder(Folder),
}

impl Build for SmsGatewaySettings {
    type Gateway = SmsGateway;

    fn name(&self) -> &str {
        match self {
            Self::Http(settings) => &settings.name,
            Self::Folder(settings) => &settings.name,
        }
    }

    fn build(&self, problems: &mut Problems<'_>) -> Option<SmsGateway> {
        let (timeout, way) = match self {
            Self::Http(settings) => {
                problems.timeouts(settings.connect_timeout_ms, settings.timeout_ms);
                let gateway = HttpGateway::new(settings, problems)?;
                (Duration::from_millis(settings.timeout_ms), SmsWay::Http(Box::new(gateway)))
            }
            Self::Folder(FolderSettings { path, .. }) => {
                (FOLDER_TIMEOUT, SmsWay::Folder(Folder::new(path.clone(), "json")))
            }
        };
        Some(SmsGateway { name: self.name().to_owned(), timeout, way })
    }
}

impl Gateway for SmsGateway {
    type Message = Sms;

    fn name(&self) -> &str {
        &self.name
    }

    fn timeout(&self) -> Duration {
        self.timeout
    }

    async fn send(&self, sms: &Sms, now: Timestamp) -> Result<(), Failure> {
        match &self.way {
            SmsWay::Http(gateway) => gateway.send(sms).await,
            SmsWay::Folder(folder) => folder.put(&sms.idempotency_key, now, sms_file(sms, now)?).await,
        }
    }

    async fn probe(&self) -> Result<(), Failure> {
        match &self.way {
            SmsWay::Http(gateway) => gateway.probe().await,
            SmsWay::Folder(folder) => folder.probe().await,
        }
    }
}

pub(super) struct MailGateway {
    name: String,
    timeout: Duration,
    sender: Sender,
    way: MailWay,
}

enum MailWay {
    Smtp(Box<SmtpGateway>),
    Folder(Folder),
}

impl Build for MailGatewaySettings {
    type Gateway = MailGateway;

    fn name(&self) -> &str {
        match self {
            Self::Smtp(settings) => &settings.name,
            Self::Folder(settings) => &settings.name,
        }
    }

    fn build(&self, problems: &mut Problems<'_>) -> Option<MailGateway> {
        let (from, from_name) = match self {
            Self::Smtp(settings) => (&settings.from, &settings.from_name),
            Self::Folder(MailFolderSettings { from, from_name, .. }) => (from, from_name),
        };
        let sender = problems.take("from", Sender::new(from, from_name.as_deref()));
        let (timeout, way) = match self {
            Self::Smtp(settings) => {
                problems.timeouts(settings.connect_timeout_ms, settings.timeout_ms);
                let gateway = SmtpGateway::new(settings, problems)?;
                (Duration::from_millis(settings.timeout_ms), MailWay::Smtp(Box::new(gateway)))
            }
            Self::Folder(MailFolderSettings { path, .. }) => {
                (FOLDER_TIMEOUT, MailWay::Folder(Folder::new(path.clone(), "eml")))
            }
        };
        Some(MailGateway { name: self.name().to_owned(), timeout, sender: sender?, way })
    }
}

impl Gateway for MailGateway {
    type Message = Mail;

    fn name(&self) -> &str {
        &self.name
    }

    fn timeout(&self) -> Duration {
        self.timeout
    }

    async fn send(&self, mail: &Mail, now: Timestamp) -> Result<(), Failure> {
        let message = self.sender.compose(mail, now)?;
        match &self.way {
            MailWay::Smtp(gateway) => gateway.send(&message).await,
            MailWay::Folder(folder) => folder.put(&mail.idempotency_key, now, message.formatted()).await,
        }
    }

    async fn probe(&self) -> Result<(), Failure> {
        match &self.way {
            MailWay::Smtp(gateway) => gateway.probe().await,
            MailWay::Folder(folder) => folder.probe().await,
        }
    }
}
