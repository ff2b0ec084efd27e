//! The texts themselves: the same keys and arguments in every language, nothing left untranslated, messages within their budget.

#![allow(clippy::indexing_slicing, clippy::unwrap_used, clippy::panic, reason = "tests may panic")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use domain::Locale;
use serde_json::Value;

use super::{Moment, Zone, in_time};

/// Key path → text, for every file of a language.
fn texts(locale: Locale) -> BTreeMap<String, String> {
    fn walk(path: &str, value: &Value, found: &mut BTreeMap<String, String>) {
        match value {
            Value::String(text) => {
                found.insert(path.to_owned(), text.clone());
            }
            Value::Object(fields) => {
                for (key, value) in fields {
                    walk(&format!("{path}.{key}"), value, found);
                }
            }
            other => panic!("{path}: {other} is not a text"),
        }
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("locales").join(locale.code());
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let area = path.file_stem().unwrap().to_string_lossy().into_owned();
        let value: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        walk(&area, &value, &mut found);
    }
    found
}

fn arguments(text: &str) -> BTreeSet<String> {
    text.split("{{").skip(1).map(|rest| rest.split("}}").next().unwrap().trim().to_owned()).collect()
}

#[test]
fn all_languages_have_the_same_keys() {
    let hebrew: Vec<_> = texts(Locale::He).into_keys().collect();
    assert!(hebrew.len() > 300, "{} keys", hebrew.len());
    for locale in Locale::ALL {
        let keys: Vec<_> = texts(locale).into_keys().collect();
        assert_eq!(keys, hebrew, "{locale:?}");
    }
}

#[test]
fn all_languages_take_the_same_arguments() {
    let english = texts(Locale::En);
    for locale in Locale::ALL {
        for (key, text) in texts(locale) {
            let counted = ["one", "two", "few", "many", "other"].iter().any(|form| key.ends_with(&format!(".{form}")));
            if counted {
                // A form may say the number in a word, so it may do without `n`, but takes nothing else.
                assert!(arguments(&text).iter().all(|name| name == "n"), "{locale:?} {key}");
            } else {
                assert_eq!(arguments(&text), arguments(&english[&key]), "{locale:?} {key}");
            }
        }
    }
}

#[test]
fn texts_are_whole_and_in_their_own_script() {
    let own = |locale, c: char| match locale {
        Locale::He => ('\u{590}'..='\u{5ff}').contains(&c),
        Locale::Ar => ('\u{600}'..='\u{6ff}').contains(&c),
        Locale::Ru => ('\u{400}'..='\u{4ff}').contains(&c),
        Locale::En => c.is_ascii_alphabetic(),
    };
    // The name of a Russian number, of a text message where people call it that, and of a standard.
    let foreign = ["id_snils", "inbox.sms", "admin.export_oneroster"];
    for locale in Locale::ALL {
        for (key, text) in texts(locale) {
            assert_eq!(text, text.trim(), "{locale:?} {key}: space at an end");
            assert!(!text.contains("  ") && !text.is_empty(), "{locale:?} {key}: {text}");
            // An em dash, straight quotes or three dots would be somebody's typewriter.
            assert!(!text.contains('—') && !text.contains("...") && !text.contains('"'), "{locale:?} {key}: {text}");
            let bare: String = {
                let mut rest = text.as_str();
                let mut kept = String::new();
                while let Some((before, after)) = rest.split_once("{{") {
                    kept.push_str(before);
                    rest = after.split_once("}}").unwrap().1;
                }
                kept + rest
            };
            let says_something = bare.chars().any(char::is_alphabetic);
            let excused = foreign.iter().any(|end| key.ends_with(end));
            assert!(
                !says_something || excused || bare.chars().any(|c| own(locale, c)),
                "{locale:?} {key} is not translated: {text}"
            );
            for word in bare.split(|c: char| !c.is_alphabetic()) {
                let latin = word.chars().any(|c| c.is_ascii_alphabetic());
                let cyrillic = word.chars().any(|c| own(Locale::Ru, c));
                assert!(!(latin && cyrillic), "{locale:?} {key}: {word} mixes two scripts");
            }
        }
    }
}

#[test]
fn a_code_fits_two_sms_parts_and_ends_with_the_line_that_phones_read() {
    for locale in Locale::ALL {
        let service = "Портал школы 15";
        let host = "portal.beit-sefer-nitzanim.org.example";
        for text in [
            tr!(locale, messages.sign_in_code, service = service, code = "482715", host = host),
            tr!(locale, messages.second_factor_code, service = service, code = "482715", host = host),
        ] {
            // Two parts of 67 UCS-2 units: the header that joins them takes three of each 70.
            let units = text.encode_utf16().count();
            assert!(units <= 134, "{locale:?}: {units} units: {text}");
            assert!(text.starts_with(service), "{text}");
            assert_eq!(text.lines().last(), Some(&*format!("@{host} #482715")));
            assert_eq!(text.lines().count(), 4, "{text}");
        }
    }
}

#[test]
fn waits_are_written_in_words_of_their_number() {
    for (locale, seconds, text) in [
        (Locale::En, 0, "in one second"),
        (Locale::En, 30, "in 30 seconds"),
        (Locale::En, 121, "in 3 minutes"),
        (Locale::He, 1, "בעוד שנייה אחת"),
        (Locale::He, 120, "בעוד שתי דקות"),
        (Locale::Ru, 21, "через 21 секунду"),
        (Locale::Ru, 24, "через 24 секунды"),
        (Locale::Ru, 900, "через 15 минут"),
        (Locale::Ar, 5, "بعد 5 ثوانٍ"),
        (Locale::Ar, 30, "بعد 30 ثانية"),
    ] {
        assert_eq!(in_time(locale, seconds), text);
    }
}

#[test]
fn moments_are_written_for_the_day_and_the_zone_of_the_school() {
    let zone = Zone::parse("Asia/Jerusalem").unwrap();
    // 2026-11-22T06:41:00Z is 08:41 in Jerusalem.
    let at = 1_795_329_660_000;
    let day = 86_400_000;
    let write = |locale, now| Moment::new(locale, &zone, at, now).human;
    assert_eq!(write(Locale::He, at + 1000), "היום, 08:41");
    assert_eq!(write(Locale::Ru, at + day), "вчера, 08:41");
    assert_eq!(write(Locale::Ar, at + 2 * day), "22.11.2026, 08:41");
    assert_eq!(write(Locale::En, at + 2 * day), "22 November 2026, 08:41");
    assert_eq!(Moment::new(Locale::En, &zone, at, at).machine, "2026-11-22T06:41:00Z");
    assert_eq!(Moment::clock(&zone, at), "08:41");
    assert!(Zone::parse("Asia/Atlantis").is_err());
}
