//! Ready descriptions of SMS providers. Each is a file in the form a deployment would write itself under
//! `api`, so that a provider's next change needs no new program.

use serde::Deserialize;

use super::settings::HttpSmsApi;

/// A provider whose interface is described already. Each file names the provider's document and what the
/// deployment fills in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Preset {
    /// `InforU` (Israel).
    Inforu,
    /// 019 SMS (Israel).
    #[serde(rename = "019")]
    Sms019,
    /// SMSC (Russia).
    Smsc,
    /// SMS Aero (Russia).
    SmsAero,
    /// MTS Exolve (Russia).
    Exolve,
    /// Twilio (everywhere).
    Twilio,
}

impl Preset {
    /// Every preset.
    pub const ALL: [Self; 6] = [Self::Inforu, Self::Sms019, Self::Smsc, Self::SmsAero, Self::Exolve, Self::Twilio];

    /// The description as text, with its comments.
    pub fn source(self) -> &'static str {
        match self {
            Self::Inforu => include_str!("presets/inforu.toml"),
            Self::Sms019 => include_str!("presets/019.toml"),
            Self::Smsc => include_str!("presets/smsc.toml"),
            Self::SmsAero => include_str!("presets/sms_aero.toml"),
            Self::Exolve => include_str!("presets/exolve.toml"),
            Self::Twilio => include_str!("presets/twilio.toml"),
        }
    }

    /// The description.
    ///
    /// # Errors
    /// When the file is not a description; a test holds that this does not happen.
    pub fn api(self) -> Result<HttpSmsApi, toml::de::Error> {
        toml::from_str(self.source())
    }
}

#[cfg(test)]
mod tests {
    use super::Preset;

    #[test]
    fn every_preset_is_a_description_over_https() {
        for preset in Preset::ALL {
            let api = preset.api().map_err(|error| error.to_string());
            assert!(api.is_ok_and(|api| api.url.starts_with("https://")), "{preset:?}");
        }
    }
}
