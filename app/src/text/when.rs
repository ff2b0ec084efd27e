//! Moments as people write them: today and yesterday by name, other days by date, in the school's time zone.

use domain::Locale;
use jiff::{Timestamp, ToSpan, tz::TimeZone};

use crate::tr;

/// The name is not in the time zone database.
#[derive(Debug, thiserror::Error)]
#[error("unknown time zone `{0}`: use a name of the IANA database, such as Asia/Jerusalem")]
pub struct ZoneError(String);

/// The school's time zone.
#[derive(Clone, Debug)]
pub struct Zone(TimeZone);

impl Zone {
    /// A zone by its IANA name; the database is compiled in.
    pub fn parse(name: &str) -> Result<Self, ZoneError> {
        TimeZone::get(name).map(Self).map_err(|_| ZoneError(name.to_owned()))
    }

    /// Coordinated universal time.
    #[must_use]
    pub fn utc() -> Self {
        Self(TimeZone::UTC)
    }
}

fn day(locale: Locale, local: &jiff::Zoned) -> String {
    local.strftime(if locale == Locale::En { "%-d %B %Y" } else { "%-d.%-m.%Y" }).to_string()
}

fn dated(locale: Locale, local: &jiff::Zoned) -> String {
    format!("{}, {}", day(locale, local), local.strftime("%H:%M"))
}

/// A moment ready to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// For `<time datetime>`: RFC 3339 in UTC, whole seconds.
    pub machine: String,
    /// For people: "today, 08:41", "22.11.2026, 08:41".
    pub human: String,
}

impl Moment {
    /// Writes `at` as seen at `now` (both Unix milliseconds, UTC). Outside jiff's range (years −9999 to 9999) it is the epoch.
    #[must_use]
    pub fn new(locale: Locale, zone: &Zone, at: i64, now: i64) -> Self {
        let instant = |ms| Timestamp::from_millisecond(ms).unwrap_or_default();
        let local = instant(at).to_zoned(zone.0.clone());
        let today = instant(now).to_zoned(zone.0.clone()).date();
        let clock = local.strftime("%H:%M");
        let human = if local.date() == today {
            tr!(locale, common.today_at, time = clock)
        } else if today.checked_sub(1.day()).is_ok_and(|day| day == local.date()) {
            tr!(locale, common.yesterday_at, time = clock)
        } else {
            dated(locale, &local)
        };
        Self { machine: local.timestamp().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(), human }
    }

    /// Date and time in words that stay true whenever they are read: for messages.
    #[must_use]
    pub fn dated(locale: Locale, zone: &Zone, at: i64) -> String {
        let local = Timestamp::from_millisecond(at).unwrap_or_default().to_zoned(zone.0.clone());
        dated(locale, &local)
    }

    /// The day alone, of what a school promises: nobody counts its minutes.
    #[must_use]
    pub fn day(locale: Locale, zone: &Zone, at: i64) -> String {
        day(locale, &Timestamp::from_millisecond(at).unwrap_or_default().to_zoned(zone.0.clone()))
    }

    /// The time of day alone, with the date left to the place it is shown in.
    #[must_use]
    pub fn clock(zone: &Zone, at: i64) -> String {
        Timestamp::from_millisecond(at).unwrap_or_default().to_zoned(zone.0.clone()).strftime("%H:%M").to_string()
    }
}
