#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed unwrap is a failed test")]

use services::Timestamp;
use services::delivery::sms::parts;

use super::*;

const AT: Timestamp = 1_795_341_600_000; // 2026-11-22 10:00 UTC

fn texts() -> MessageTexts {
    let name = |text: &str| text.to_owned();
    MessageTexts {
        short_name: name("Schoolgate"),
        names: app::page_context::PerLocale {
            he: name("פורטל ההורים"),
            ar: name("بوابة أولياء الأمور"),
            ru: name("Портал школы"),
            en: name("School portal"),
        },
        host: name("portal.school.example.org"),
        help_line: name("*6552"),
        zone: Zone::parse("Asia/Jerusalem").unwrap(),
    }
}

fn sms(event: &str, locale: Locale, payload: serde_json::Value) -> String {
    match texts().compose(Channel::Sms, event, locale, &payload) {
        Ok(Composed::Sms(text)) => text,
        _ => panic!("no text message for {event}"),
    }
}

#[test]
fn code_messages_fit_two_parts_and_name_service_purpose_and_code() {
    for purpose in ["sign_in", "second_factor"] {
        let payload = serde_json::json!({ "code": "482715", "purpose": purpose });
        let mut seen = std::collections::HashSet::new();
        for locale in Locale::ALL {
            let text = sms("sign_in_code", locale, payload.clone());
            assert!(parts(&text) <= 2, "{} parts in {}: {text}", parts(&text), locale.code());
            assert!(text.starts_with("Schoolgate"), "{text}");
            assert!(text.find("Schoolgate") < text.find("482715"), "the service comes before the code: {text}");
            // The last line as phones read it (WICG "SMS one-time codes").
            assert_eq!(text.lines().last(), Some("@portal.school.example.org #482715"), "{text}");
            assert!(seen.insert(text), "each language has a text of its own");
        }
    }
}

#[test]
fn the_second_factor_is_not_called_a_sign_in_by_code() {
    let code = |purpose: &str| sms("sign_in_code", Locale::En, serde_json::json!({ "code": "1", "purpose": purpose }));
    assert_ne!(code("sign_in"), code("second_factor"));
}

#[test]
fn the_failures_mail_reads_right_to_left_where_it_should() {
    for locale in Locale::ALL {
        let payload = serde_json::json!({ "at": AT });
        let Ok(Composed::Mail { subject, text, html }) =
            texts().compose(Channel::Mail, "password_failures", locale, &payload)
        else {
            panic!("no mail");
        };
        assert!(!subject.is_empty() && text.contains("12:00"), "the school's time: {text}");
        assert!(html.contains(&format!("lang=\"{}\" dir=\"{}\"", locale.code(), locale.dir())));
        assert!(text.contains("*6552"));
    }
    let text = sms("password_failures", Locale::He, serde_json::json!({ "at": AT }));
    assert!(text.contains("*6552"), "{text}");
}

#[test]
fn rows_that_no_text_can_be_made_of_are_told_apart() {
    let compose = |event: &str, payload: serde_json::Value| texts().compose(Channel::Sms, event, Locale::En, &payload);
    assert!(matches!(compose("from_the_future", serde_json::json!({})), Err(ComposeError::UnknownEvent(_))));
    assert!(matches!(compose("sign_in_code", serde_json::json!({ "c": 1 })), Err(ComposeError::Payload { .. })));
}

#[test]
fn html_is_escaped() {
    assert_eq!(escaped("<a href=\"x\">&'</a>"), "&lt;a href=&quot;x&quot;&gt;&amp;&#39;&lt;/a&gt;");
}
