//! The icons: names for both sides, drawings for the server's sprite. Our own, on a 24-unit grid, stroke only.
//!
//! The rule: a page's sprite holds the icons that the page shows, or may show later, and no others.

use serde::{Deserialize, Serialize};

/// An icon of the sprite.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum IconName {
    /// Attention.
    Alert,
    /// One step back; points along the text.
    Back,
    /// Done, chosen.
    Check,
    /// Waiting, a time limit.
    Clock,
    /// Refused, missing.
    Cross,
    /// A phone or computer.
    Device,
    /// Not there yet.
    Dot,
    /// Opens downwards.
    Down,
    /// Show what is hidden.
    Eye,
    /// Some of many.
    Filter,
    /// Onwards; points along the text.
    Forward,
    /// Language.
    Globe,
    /// News.
    Info,
    /// Password.
    Key,
    /// Not open, or not yours to change.
    Lock,
    /// E-mail.
    Mail,
    /// No connection.
    Off,
    /// Exams.
    Paper,
    /// Transitions.
    Path,
    /// People.
    People,
    /// The help line.
    Phone,
    /// One more.
    Plus,
    /// To paper.
    Print,
    /// Do again what was taken back.
    Redo,
    /// Rights and duties.
    Scale,
    /// Schools and kindergartens.
    School,
    /// Find.
    Search,
    /// Safety.
    Shield,
    /// Leave; points along the text.
    SignOut,
    /// Climate.
    Smile,
    /// Text message.
    Sms,
    /// Under way.
    Spin,
    /// Enrichment.
    Star,
    /// Error.
    Stop,
    /// Take back.
    Undo,
    /// A person.
    User,
}

impl IconName {
    /// What `<use>` refers to.
    #[must_use]
    pub fn href(self) -> &'static str {
        match self {
            Self::Alert => "#i-alert",
            Self::Back => "#i-back",
            Self::Check => "#i-check",
            Self::Clock => "#i-clock",
            Self::Cross => "#i-x",
            Self::Device => "#i-device",
            Self::Dot => "#i-dot",
            Self::Down => "#i-down",
            Self::Eye => "#i-eye",
            Self::Filter => "#i-filter",
            Self::Forward => "#i-fwd",
            Self::Globe => "#i-globe",
            Self::Info => "#i-info",
            Self::Key => "#i-key",
            Self::Lock => "#i-lock",
            Self::Mail => "#i-mail",
            Self::Off => "#i-off",
            Self::Paper => "#i-paper",
            Self::Path => "#i-path",
            Self::People => "#i-people",
            Self::Phone => "#i-phone",
            Self::Plus => "#i-plus",
            Self::Print => "#i-print",
            Self::Redo => "#i-redo",
            Self::Scale => "#i-scale",
            Self::School => "#i-school",
            Self::Search => "#i-search",
            Self::Shield => "#i-shield",
            Self::SignOut => "#i-out",
            Self::Smile => "#i-smile",
            Self::Sms => "#i-sms",
            Self::Spin => "#i-spin",
            Self::Star => "#i-star",
            Self::Stop => "#i-stop",
            Self::Undo => "#i-undo",
            Self::User => "#i-user",
        }
    }

    /// It points along the text, so it turns round where text runs from right to left.
    #[must_use]
    pub fn points_along_text(self) -> bool {
        matches!(self, Self::Back | Self::Forward | Self::SignOut)
    }
}

#[cfg(feature = "ssr")]
mod sprite;
#[cfg(feature = "ssr")]
pub use sprite::{IconSet, note_use, sprite};
