//! Dates: the `timestamp` of a request, the times of a certificate, and what the log shows.

use crate::clock::Seconds;

const DAY: i64 = 86_400;

/// Days from 1970-01-01 to a date of the Gregorian calendar.
pub fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    // Years begin in March here, so that the leap day is a year's last (Howard Hinnant's «chrono-compatible low-level date algorithms»).
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// Year, month and day of a day that is counted from 1970-01-01.
pub fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// A number of digits only.
fn digits(text: &str) -> Option<i64> {
    (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok()).flatten()
}

/// A date and a time of day that exist, as Unix seconds.
fn civil(parts: [i64; 6]) -> Option<Seconds> {
    let [year, month, day, hour, minute, second] = parts;
    let days = days_from_civil(year, month, day);
    let exists = civil_from_days(days) == (year, month, day) && hour < 24 && minute < 60 && second < 60;
    exists.then(|| days * DAY + hour * 3_600 + minute * 60 + second)
}

/// Reads `yyyy.MM.dd HH:mm:ss Z`, such as `2013.01.25 14:36:11 +0400`: no colon in the offset, one space between the parts.
pub fn parse_timestamp(text: &str) -> Option<Seconds> {
    if text.len() != 25 || !text.is_ascii() {
        return None;
    }
    let fixed = [(4, "."), (7, "."), (10, " "), (13, ":"), (16, ":"), (19, " ")];
    if fixed.iter().any(|(at, mark)| text.get(*at..*at + 1) != Some(*mark)) {
        return None;
    }
    let part = |from: usize, to: usize| text.get(from..to).and_then(digits);
    let local = civil([part(0, 4)?, part(5, 7)?, part(8, 10)?, part(11, 13)?, part(14, 16)?, part(17, 19)?])?;
    let (hours, minutes) = (part(21, 23)?, part(23, 25)?);
    if hours > 18 || minutes > 59 {
        return None;
    }
    let offset = hours * 3_600 + minutes * 60;
    match text.get(20..21)? {
        "+" => Some(local - offset),
        "-" => Some(local + offset),
        _ => None,
    }
}

/// Writes the timestamp of a request, in UTC.
pub fn timestamp(at: Seconds) -> String {
    let [year, month, day, hour, minute, second] = parts(at);
    format!("{year:04}.{month:02}.{day:02} {hour:02}:{minute:02}:{second:02} +0000")
}

/// Writes a time as RFC 3339 does, in UTC.
pub fn iso(at: Seconds) -> String {
    let [year, month, day, hour, minute, second] = parts(at);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

fn parts(at: Seconds) -> [i64; 6] {
    let (days, of_day) = (at.div_euclid(DAY), at.rem_euclid(DAY));
    let (year, month, day) = civil_from_days(days);
    [year, month, day, of_day / 3_600, of_day / 60 % 60, of_day % 60]
}

/// Reads the time of a certificate: `UTCTime` (two digits of the year) or `GeneralizedTime` (four), in UTC.
pub fn parse_asn1(text: &str, four_digit_year: bool) -> Option<Seconds> {
    let text = text.strip_suffix('Z')?;
    let width = if four_digit_year { 4 } else { 2 };
    if !text.is_ascii() || text.len() != width + 10 {
        return None;
    }
    let part = |from: usize, to: usize| text.get(from..to).and_then(digits);
    let year = match part(0, width)? {
        year if four_digit_year => year,
        // RFC 5280: 50 and later are of the twentieth century.
        year if year < 50 => 2_000 + year,
        year => 1_900 + year,
    };
    let two = |at: usize| part(width + at, width + at + 2);
    civil([year, two(0)?, two(2)?, two(4)?, two(6)?, two(8)?])
}

/// Writes the time of a certificate: its text, and whether it has four digits of the year.
pub fn asn1(at: Seconds) -> (String, bool) {
    let [year, month, day, hour, minute, second] = parts(at);
    let rest = format!("{month:02}{day:02}{hour:02}{minute:02}{second:02}Z");
    if (1950..2050).contains(&year) {
        (format!("{:02}{rest}", year.rem_euclid(100)), false)
    } else {
        (format!("{year:04}{rest}"), true)
    }
}

/// Is it a date as ESIA writes one, `dd.MM.yyyy`?
pub fn is_russian_date(text: &str) -> bool {
    let part = |from: usize, to: usize| text.get(from..to).and_then(digits);
    let marks = text.len() == 10 && text.get(2..3) == Some(".") && text.get(5..6) == Some(".");
    marks
        && match (part(6, 10), part(3, 5), part(0, 2)) {
            (Some(year), Some(month), Some(day)) => civil([year, month, day, 0, 0, 0]).is_some(),
            _ => false,
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_survive_a_round() {
        for (date, days) in [((1970, 1, 1), 0), ((2000, 2, 29), 11_016), ((2026, 11, 22), 20_779), ((1969, 12, 31), -1)]
        {
            let (year, month, day) = date;
            assert_eq!(days_from_civil(year, month, day), days);
            assert_eq!(civil_from_days(days), date);
        }
        for days in (-200_000..200_000).step_by(97) {
            let (year, month, day) = civil_from_days(days);
            assert_eq!(days_from_civil(year, month, day), days);
        }
    }

    #[test]
    fn timestamps_of_requests_are_read() {
        assert_eq!(parse_timestamp("2013.01.25 14:36:11 +0400"), Some(1_359_110_171));
        assert_eq!(parse_timestamp("2026.11.22 02:00:00 +0300"), Some(1_795_302_000));
        assert_eq!(parse_timestamp("1970.01.01 00:00:00 -0130"), Some(5_400));
        assert_eq!(timestamp(1_795_302_000), "2026.11.21 23:00:00 +0000");
        assert_eq!(parse_timestamp(&timestamp(1_795_302_000)), Some(1_795_302_000));
        for bad in [
            "",
            "2013.01.25 14:36:11  0400",
            "2013.01.25 14:36:11 +04:00",
            "2013.01.25 14:36:11 0400",
            "2013-01-25 14:36:11 +0400",
            "2013.02.30 14:36:11 +0400",
            "2013.01.25 24:36:11 +0400",
            "2013.01.25T14:36:11 +0400",
            "2013.01.25 14:36:11 +9900",
            "2013.1.25 14:36:11 +0400 ",
            "2013.01.25 14:36:11 \u{2212}04",
        ] {
            assert_eq!(parse_timestamp(bad), None, "{bad}");
        }
    }

    #[test]
    fn times_of_certificates_are_read_and_written() {
        assert_eq!(parse_asn1("261121234353Z", false), Some(1_795_304_633));
        assert_eq!(asn1(1_795_304_633), ("261121234353Z".to_owned(), false));
        assert_eq!(asn1(2_524_608_000), ("20500101000000Z".to_owned(), true));
        assert_eq!(parse_asn1("20500101000000Z", true), Some(2_524_608_000));
        assert_eq!(parse_asn1("500101000000Z", false), Some(-631_152_000));
        assert_eq!(parse_asn1("2611212343Z", false), None);
        assert_eq!(parse_asn1("261121234353+0300", false), None);
        assert_eq!(iso(0), "1970-01-01T00:00:00Z");
    }

    #[test]
    fn russian_dates_exist() {
        assert!(is_russian_date("29.02.2016"));
        for bad in ["29.02.2015", "2015-02-28", "1.2.2015", "", "32.01.2015"] {
            assert!(!is_russian_date(bad), "{bad}");
        }
    }
}
