//! Text messages. Each fits two parts in every language, with a short name as long as the configuration allows.

use app::tr;
use domain::Locale;
use serde_json::Value;
use services::codes::FlowPurpose;

use super::payload::{Code, OwnUserCode, SignInCode, read};
use super::{ComposeError, MessageTexts};

impl MessageTexts {
    /// The text message of an event.
    pub(super) fn sms(&self, event: &str, locale: Locale, content: &Value) -> Result<String, ComposeError> {
        let (service, host) = (self.short_name.as_str(), self.host.as_str());
        Ok(match event {
            "sign_in_code" => {
                let SignInCode { code, purpose } = read(event, content)?;
                let code = code.as_str();
                if purpose == FlowPurpose::SecondFactor.code() {
                    tr!(locale, messages.second_factor_code, service = service, code = code, host = host)
                } else {
                    tr!(locale, messages.sign_in_code, service = service, code = code, host = host)
                }
            }
            "registration_code" => {
                let Code { code } = read(event, content)?;
                tr!(locale, messages.registration_code, service = service, code = code.as_str(), host = host)
            }
            "mobile_code" => {
                let Code { code } = read(event, content)?;
                tr!(locale, messages.mobile_code, service = service, code = code.as_str(), host = host)
            }
            "password_code" => {
                let Code { code } = read(event, content)?;
                tr!(locale, messages.password_code, service = service, code = code.as_str(), host = host)
            }
            "account_created" => tr!(locale, messages.account_created, service = service),
            "already_registered" => {
                let OwnUserCode { user_code } = read(event, content)?;
                tr!(locale, messages.already_registered_sms, service = service, user_code = user_code.to_string())
            }
            "mobile_changed" => {
                let help = self.help(locale, &self.help_line);
                tr!(locale, messages.mobile_changed, service = service, help = help)
            }
            "id_number_changed" => {
                let help = self.help(locale, &self.help_line);
                tr!(locale, messages.id_number_changed, service = service, help = help)
            }
            "review_refused" => {
                let help = self.help(locale, &self.help_line);
                tr!(locale, messages.review_refused_sms, service = service, help = help)
            }
            "password_failures" => {
                let help = self.help(locale, &self.help_line);
                tr!(locale, messages.failures_sms, service = service, help = help)
            }
            other => return Err(ComposeError::UnknownEvent(other.to_owned())),
        })
    }
}
