//! What a message says: an event of the outbox and the person's language become a text.
//!
//! Texts are keys of `app/locales/*/messages.json`. Values that come from people are escaped in the HTML part.

mod letter;
mod mails;
mod payload;
mod sms;

use app::text::Zone;
use app::tr;
use domain::Locale;
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
    /// The origin under which people reach the portal, such as `https://portal.example.org`: links begin with it.
    pub origin: String,
    /// The help line as people dial it; empty when there is none.
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
        match channel {
            Channel::Sms => self.sms(event, locale, content).map(Composed::Sms),
            Channel::Mail => self.mail(event, locale, content),
        }
    }

    /// Who helps, as the end of a sentence: the help line, written as `line`, or the school where there is no line.
    fn help(&self, locale: Locale, line: &str) -> String {
        if self.help_line.is_empty() {
            tr!(locale, messages.help_school).to_owned()
        } else {
            tr!(locale, messages.help_line, line = line)
        }
    }
}

#[cfg(test)]
#[path = "messages/tests.rs"]
mod tests;
