//! What a message says: an event of the outbox and the person's language become a text.
//!
//! Texts are keys of `app/locales/*/messages.json`. Values that come from people are escaped in the HTML part.

use app::text::{Moment, Zone};
use app::tr;
use domain::Locale;
use serde::Deserialize;
use services::codes::FlowPurpose;
use services::outbox::Channel;

/// What every message names.
#[derive(Clone, Debug)]
pub struct MessageTexts {
    /// Begins every text message; short, so that the message fits two parts.
    pub short_name: String,
    /// The portal's name by language.
    pub names: app::page_context::PerLocale<String>,
    /// The host of the portal's address: phones fill the code in on that host only.
    pub host: String,
    /// The help line as people dial it.
    pub help_line: String,
    /// The zone in which times are told.
    pub zone: Zone,
}

/// A message ready to go.
pub enum Composed {
    /// A text message.
    Sms(String),
    /// A mail, in plain text and HTML.
    Mail {
        /// Subject.
        subject: String,
        /// Plain text.
        text: String,
        /// HTML.
        html: String,
    },
}

/// A row of the outbox that no text can be made of.
#[derive(Debug, thiserror::Error)]
pub enum ComposeError {
    /// No such event on this channel: the row is from a newer version.
    #[error("no text for the event {0}")]
    UnknownEvent(String),
    /// The payload lacks what the text needs.
    #[error("the payload of {event} is not whole")]
    Payload {
        /// The event.
        event: String,
    },
}

impl ComposeError {
    /// Stable code for the outbox and the log.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::UnknownEvent(_) => "MSG-01",
            Self::Payload { .. } => "MSG-02",
        }
    }
}

#[derive(Deserialize)]
struct CodePayload {
    code: String,
    purpose: String,
}

#[derive(Deserialize)]
struct FailuresPayload {
    at: services::Timestamp,
}

impl MessageTexts {
    /// Writes the text.
    ///
    /// # Errors
    /// When the row is of an unknown event or not whole; trying again does not help.
    pub fn compose(
        &self,
        channel: Channel,
        event: &str,
        locale: Locale,
        content: &serde_json::Value,
    ) -> Result<Composed, ComposeError> {
        match event {
            "sign_in_code" => {
                let CodePayload { code, purpose } = payload(event, content)?;
                let (service, code, host) = (self.short_name.as_str(), code.as_str(), self.host.as_str());
                Ok(Composed::Sms(if purpose == FlowPurpose::SecondFactor.code() {
                    tr!(locale, messages.second_factor_code, service = service, code = code, host = host)
                } else {
                    tr!(locale, messages.sign_in_code, service = service, code = code, host = host)
                }))
            }
            "password_failures" => {
                let failures: FailuresPayload = payload(event, content)?;
                Ok(match channel {
                    Channel::Sms => Composed::Sms(self.failures_sms(locale)),
                    Channel::Mail => self.failures_mail(locale, &failures),
                })
            }
            other => Err(ComposeError::UnknownEvent(other.to_owned())),
        }
    }

    fn failures_sms(&self, locale: Locale) -> String {
        tr!(locale, messages.failures_sms, service = self.short_name.as_str(), line = self.help_line.as_str())
    }

    fn failures_mail(&self, locale: Locale, failures: &FailuresPayload) -> Composed {
        // Seen from the moment of sending: "today" would be wrong for whoever reads it tomorrow.
        let when = Moment::dated(locale, &self.zone, failures.at);
        let paragraphs = [
            tr!(locale, messages.failures_what, when = when),
            tr!(locale, messages.failures_you).to_owned(),
            tr!(locale, messages.failures_not_you, line = self.help_line.as_str()),
            tr!(locale, messages.failures_never).to_owned(),
        ];
        self.mail(locale, tr!(locale, messages.failures_subject), &paragraphs)
    }

    /// A mail of plain paragraphs with greeting and sign-off.
    fn mail(&self, locale: Locale, subject: &str, paragraphs: &[String]) -> Composed {
        let mut lines = vec![tr!(locale, messages.mail_greeting).to_owned()];
        lines.extend_from_slice(paragraphs);
        lines.push(tr!(locale, messages.mail_sign_off, service = self.names.get(locale).as_str()));
        lines.push(tr!(locale, messages.mail_no_reply, line = self.help_line.as_str()));
        let body: String = lines.iter().map(|line| format!("<p>{}</p>", escaped(line))).collect();
        // No style: each mail program then shows it in the size, the font and the colours, dark ones too, that its reader
        // has chosen. The direction stands on the body as well, since many programs drop the head and `<html>`.
        let html = format!(
            "<!DOCTYPE html><html lang=\"{lang}\" dir=\"{dir}\"><head><meta charset=\"utf-8\">\
             <title>{title}</title></head><body lang=\"{lang}\" dir=\"{dir}\">{body}</body></html>",
            lang = locale.code(),
            dir = locale.dir(),
            title = escaped(subject),
        );
        Composed::Mail { subject: subject.to_owned(), text: lines.join("\n\n") + "\n", html }
    }
}

fn payload<T: serde::de::DeserializeOwned>(event: &str, content: &serde_json::Value) -> Result<T, ComposeError> {
    T::deserialize(content).map_err(|_| ComposeError::Payload { event: event.to_owned() })
}

/// Text for HTML (OWASP: escape the five characters).
fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            other => html.push(other),
        }
    }
    html
}

#[cfg(test)]
#[path = "messages/tests.rs"]
mod tests;
