//! Times for programs: RFC 3339, written in UTC.

use services::Timestamp;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// `2026-11-22T10:04:05.678Z`. A time outside of the calendar's years gives the epoch.
pub fn rfc3339(at: Timestamp) -> String {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(at) * 1_000_000)
        .ok()
        .and_then(|time| time.format(&Rfc3339).ok())
        .unwrap_or_else(|| "1970-01-01T00:00:00Z".to_owned())
}

/// Reads what [`rfc3339`] writes, and the same with another offset.
pub fn from_rfc3339(text: &str) -> Option<Timestamp> {
    let time = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    i64::try_from(time.unix_timestamp_nanos() / 1_000_000).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        for at in [0, 1_768_464_000_000, 1_768_464_000_250] {
            assert_eq!(from_rfc3339(&rfc3339(at)), Some(at));
        }
        assert_eq!(from_rfc3339("2026-01-15T10:00:00+02:00"), Some(1_768_464_000_000));
        assert_eq!(from_rfc3339("2026-01-15"), None);
    }
}
