#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed unwrap is a failed test")]

use std::collections::HashSet;

use serde_json::{Value, json};
use services::Timestamp;
use services::delivery::sms::parts;

use super::*;

const AT: Timestamp = 1_795_341_600_000; // 2026-11-22 10:00 UTC
const ORIGIN: &str = "https://portal.school.example.org";
const TOKEN: &str = "q1W2e3R4t5Y6u7I8o9P0a1S2d3F4g5H6j7K8l9Z0-_C";
const USER_CODE: &str = "ABCD-234Z";
const CODE: &str = "482715";
/// Made to be seen when it is not escaped.
const PASSWORD: &str = "mint<kettle&7";

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
        origin: name(ORIGIN),
        help_line: name("*6552"),
        zone: Zone::parse("Asia/Jerusalem").unwrap(),
    }
}

/// Every event on every channel that it goes by, with the payload that it has.
fn rows() -> Vec<(&'static str, Channel, Value)> {
    let until = AT + 3 * 86_400_000;
    let code = json!({ "code": CODE });
    let own = json!({ "user_code": USER_CODE });
    let first =
        json!({ "user_code": "abcd234z", "password": PASSWORD, "ticket": TOKEN, "expires_at": until, "other": true });
    vec![
        ("sign_in_code", Channel::Sms, json!({ "code": CODE, "purpose": "sign_in" })),
        ("sign_in_code", Channel::Sms, json!({ "code": CODE, "purpose": "second_factor" })),
        ("registration_code", Channel::Sms, json!({ "code": CODE, "purpose": "registration" })),
        ("mobile_code", Channel::Sms, code.clone()),
        ("password_code", Channel::Sms, code.clone()),
        ("password_code", Channel::Mail, code.clone()),
        ("email_code", Channel::Mail, code),
        ("password_failures", Channel::Sms, json!({ "at": AT })),
        ("password_failures", Channel::Mail, json!({ "at": AT })),
        ("registration_link", Channel::Mail, json!({ "draft": TOKEN })),
        ("account_created", Channel::Sms, json!({})),
        ("first_password", Channel::Mail, first),
        ("already_registered", Channel::Sms, own.clone()),
        ("already_registered", Channel::Mail, own.clone()),
        ("review_received", Channel::Mail, json!({ "answer_by": until })),
        ("review_refused", Channel::Sms, json!({})),
        ("review_refused", Channel::Mail, json!({})),
        ("password_reset", Channel::Mail, json!({ "ticket": TOKEN, "expires_at": until })),
        ("password_chosen", Channel::Mail, own),
        ("email_changed", Channel::Mail, json!({})),
        ("mobile_changed", Channel::Sms, json!({})),
        ("id_number_changed", Channel::Sms, json!({})),
        ("id_number_changed", Channel::Mail, json!({})),
        ("mobile_replaced", Channel::Mail, json!({ "mobile": "050-•••••67" })),
    ]
}

fn messages(texts: &MessageTexts) -> Vec<(&'static str, Locale, Composed)> {
    let compose = |(event, channel, payload): (&'static str, Channel, Value)| {
        Locale::ALL.map(|locale| (event, locale, texts.compose(channel, event, locale, &payload).unwrap()))
    };
    rows().into_iter().flat_map(compose).collect()
}

struct Mail {
    event: &'static str,
    locale: Locale,
    subject: String,
    text: String,
    html: String,
}

fn mails(texts: &MessageTexts) -> Vec<Mail> {
    let mail = |(event, locale, composed)| match composed {
        Composed::Mail { subject, text, html } => Some(Mail { event, locale, subject, text, html }),
        Composed::Sms(_) => None,
    };
    messages(texts).into_iter().filter_map(mail).collect()
}

fn mail_of(event: &str, locale: Locale) -> Mail {
    mails(&texts()).into_iter().find(|mail| mail.event == event && mail.locale == locale).unwrap()
}

fn text_messages(texts: &MessageTexts) -> Vec<(&'static str, Locale, String)> {
    let sms = |(event, locale, composed)| match composed {
        Composed::Sms(text) => Some((event, locale, text)),
        Composed::Mail { .. } => None,
    };
    messages(texts).into_iter().filter_map(sms).collect()
}

#[test]
fn every_event_has_a_text_of_its_own_in_every_language() {
    let mut seen = HashSet::new();
    for (event, locale, composed) in messages(&texts()) {
        let (Composed::Sms(text) | Composed::Mail { text, .. }) = composed;
        assert!(!text.contains("{{") && !text.contains("  "), "{event} {locale:?}: {text}");
        assert!(seen.insert(text.clone()), "{event} {locale:?} says what another message says: {text}");
    }
    assert_eq!(seen.len(), rows().len() * Locale::ALL.len());
}

#[test]
fn code_messages_name_service_purpose_and_code_and_end_with_the_line_that_phones_read() {
    let codes = text_messages(&texts()).into_iter().filter(|(event, ..)| event.ends_with("_code"));
    for (event, locale, text) in codes {
        let lines: Vec<&str> = text.lines().collect();
        let [purpose, code, warning, last] = lines.as_slice() else { panic!("{event} {locale:?}: {text}") };
        assert!(purpose.starts_with("Schoolgate") && purpose.len() > "Schoolgate: ".len(), "{text}");
        assert!(code.ends_with(CODE) && !warning.is_empty(), "{text}");
        // The last line as phones read it (WICG "SMS one-time codes").
        assert_eq!(*last, "@portal.school.example.org #482715", "{text}");
    }
}

#[test]
fn text_messages_fit_two_parts() {
    // The longest short name and a long host, in letters for which a part holds fewest.
    let service = "Школа имени Пушкина!";
    let host = "portal.beit-sefer-nitzanim.tel-aviv.test";
    assert_eq!((service.chars().count(), host.len()), (20, 40));
    let texts = MessageTexts {
        short_name: service.to_owned(),
        host: host.to_owned(),
        help_line: "+972-3-555-0123".to_owned(),
        ..texts()
    };
    for (event, locale, text) in text_messages(&texts) {
        let units = text.encode_utf16().count();
        assert!(units <= 134 && parts(&text) <= 2, "{event} {locale:?}: {units} units: {text}");
        assert!(text.starts_with(service), "{text}");
    }
}

#[test]
fn a_user_code_stands_at_the_end_of_its_message_on_a_line_of_its_own() {
    for (_, _, text) in text_messages(&texts()).iter().filter(|(event, ..)| *event == "already_registered") {
        assert_eq!(text.lines().last(), Some(USER_CODE), "{text}");
    }
}

#[test]
fn the_mails_of_the_guide_have_its_subjects() {
    for (event, locale, subject) in [
        ("first_password", Locale::He, "סיסמה למערכות משרד החינוך באינטרנט"),
        ("first_password", Locale::Ar, "كلمة مرور لأنظمة وزارة التربية والتعليم على الإنترنت"),
        ("first_password", Locale::Ru, "Пароль для систем Министерства просвещения в интернете"),
        ("first_password", Locale::En, "Password for the Ministry of Education’s systems on the internet"),
        ("password_chosen", Locale::He, "אישור סיום תהליך קביעת סיסמה למערכות משרד החינוך באינטרנט"),
    ] {
        assert_eq!(mail_of(event, locale).subject, subject);
    }
    let mails = mails(&texts());
    let subjects: HashSet<&str> = mails.iter().map(|mail| mail.subject.as_str()).collect();
    assert_eq!(subjects.len(), mails.len(), "two mails have the same subject");
}

#[test]
fn links_lead_to_the_portal_and_stand_alone_on_their_line() {
    let draft = format!("/register?draft={TOKEN}");
    let ticket = format!("/password/start?ticket={TOKEN}");
    for mail in mails(&texts()) {
        let paths = match mail.event {
            "registration_link" => vec![draft.as_str()],
            "first_password" | "password_reset" => vec![ticket.as_str()],
            "already_registered" => vec!["/sign-in", "/password/forgot"],
            "password_chosen" => vec!["/sign-in"],
            _ => vec![],
        };
        let urls: Vec<String> = paths.iter().map(|path| format!("{ORIGIN}{path}")).collect();
        let lines: Vec<&str> = mail.text.lines().filter(|line| line.contains("://")).collect();
        assert_eq!(lines, urls, "{}", mail.text);
        for url in &urls {
            assert!(mail.html.contains(&format!("<p><a href=\"{url}\">")), "{}", mail.html);
        }
        // Words and address lead to the same place, and nothing leads anywhere else.
        assert_eq!(mail.html.matches("href=").count(), 2 * urls.len(), "{}", mail.html);
        assert_eq!(mail.html.replace("<wbr>", "").matches(ORIGIN).count(), 3 * urls.len(), "{}", mail.html);
        assert_eq!(mail.html.matches("://").count(), 3 * urls.len(), "{}", mail.html);
    }
    assert!(mail_of("first_password", Locale::He).html.contains(">לקביעת סיסמה לחץ כאן</a>"));
}

#[test]
fn mails_say_their_language_and_direction_and_load_nothing() {
    for Mail { event, locale, text, html, .. } in mails(&texts()) {
        let marks = format!("lang=\"{}\" dir=\"{}\"", locale.code(), if locale.is_rtl() { "rtl" } else { "ltr" });
        for element in ["html", "body"] {
            assert!(html.contains(&format!("<{element} {marks}>")), "{event} {locale:?}: {html}");
        }
        for loaded in ["<img", "<link", "<script", "<style", "style=", "src=", "url("] {
            assert!(!html.contains(loaded), "{event} {locale:?}: {html}");
        }
        for line in text.lines().filter(|line| line.contains(['\u{2066}', '\u{2069}'])) {
            let ends = |line: &str, mark: char| line.matches(mark).count();
            assert!(locale.is_rtl() && ends(line, '\u{2066}') == ends(line, '\u{2069}'), "{line}");
            assert!(!line.contains("://") && !line.contains(PASSWORD) && !line.contains(USER_CODE), "{line}");
        }
        assert!(!html.contains(['\u{2066}', '\u{2069}']), "{html}");
        assert!(text.contains("*6552"), "the help line is in every mail: {text}");
    }
}

#[test]
fn times_are_told_with_their_date_in_the_zone_of_the_school() {
    for (event, date) in [
        ("password_failures", "22.11.2026, 12:00"),
        ("first_password", "25.11.2026, 12:00"),
        ("password_reset", "25.11.2026, 12:00"),
        ("review_received", "25.11.2026."),
    ] {
        for locale in [Locale::He, Locale::Ar, Locale::Ru] {
            assert!(mail_of(event, locale).text.contains(date), "{event} {locale:?}");
        }
    }
    assert!(mail_of("first_password", Locale::En).text.contains("25 November 2026, 12:00"));
    assert!(mail_of("review_received", Locale::En).text.contains("by 25 November 2026."));
}

#[test]
fn values_stand_alone_on_their_line_and_are_escaped() {
    let values = |event: &str| match event {
        "first_password" => vec![USER_CODE, PASSWORD],
        "password_chosen" | "already_registered" => vec![USER_CODE],
        "password_code" | "email_code" => vec![CODE],
        _ => vec![],
    };
    for Mail { event, text, html, .. } in mails(&texts()) {
        for value in values(event) {
            assert!(text.lines().any(|line| line == value), "{text}");
            let written = value.replace('&', "&amp;").replace('<', "&lt;");
            let whole =
                format!("<br><bdi dir=\"ltr\" translate=\"no\"><big><strong>{written}</strong></big></bdi></p>");
            assert!(html.contains(&whole), "{html}");
        }
    }
    let mut texts = texts();
    texts.names.he = "<b>".to_owned();
    let html = mails(&texts).into_iter().find(|mail| mail.locale == Locale::He).unwrap().html;
    assert!(html.contains("&lt;b&gt;") && !html.contains("<b>"), "{html}");
}

#[test]
fn the_first_password_is_in_one_mail_only() {
    for Mail { event, text, html, .. } in mails(&texts()) {
        let told = text.contains(PASSWORD) || html.contains("mint&lt;kettle");
        assert_eq!(told, event == "first_password", "{text}");
    }
}

#[test]
fn without_a_help_line_the_school_helps() {
    let texts = MessageTexts { help_line: String::new(), ..texts() };
    for (event, locale, composed) in messages(&texts) {
        let (Composed::Sms(text) | Composed::Mail { text, .. }) = composed;
        assert!(!text.contains("*6552") && !text.contains(" .") && !text.contains(": ."), "{event} {locale:?}: {text}");
    }
    let texts: String = text_messages(&texts).into_iter().map(|(.., text)| text).collect();
    assert!(texts.contains("the school office") && texts.contains("מזכירות בית הספר"), "{texts}");
}

#[test]
fn the_first_mail_in_hebrew() {
    let mail = mail_of("first_password", Locale::He);
    assert_eq!(
        mail.text,
        "שלום,

החשבון שלכם מוכן. נשאר רק לקבוע סיסמה.

קוד המשתמש שלכם:
ABCD-234Z

סיסמה ראשונית:
mint<kettle&7

הסיסמה הראשונית תקפה פעם אחת בלבד, עד 25.11.2026, 12:00, ורק כדי לבחור סיסמה משלכם.

לקביעת סיסמה לחץ כאן:
https://portal.school.example.org/password/start?ticket=q1W2e3R4t5Y6u7I8o9P0a1S2d3F4g5H6j7K8l9Z0-_C

בדף שייפתח הקלידו את מספר הזהות שלכם ולחצו על «אישור». אחר כך נשלח אליכם קוד אימות.

אפשר גם בלי הקישור: היכנסו לפורטל עם קוד המשתמש ועם הסיסמה הראשונית.

קוד המשתמש שלכם הוא קבוע ואינו ניתן לשינוי. שמרו אותו.

לעולם לא נבקש מכם סיסמה או קוד, לא בטלפון ולא בהודעה.

צוות פורטל ההורים

הודעה זו נשלחה באופן אוטומטי. לשאלות פנו אל מוקד התמיכה \u{2066}*6552\u{2069}.
"
    );
    assert_eq!(
        mail.html,
        r#"<!DOCTYPE html>
<html lang="he" dir="rtl">
<head><meta charset="utf-8"><title>סיסמה למערכות משרד החינוך באינטרנט</title></head>
<body lang="he" dir="rtl">
<p>שלום,</p>
<p><strong>החשבון שלכם מוכן. נשאר רק לקבוע סיסמה.</strong></p>
<p>קוד המשתמש שלכם:<br><bdi dir="ltr" translate="no"><big><strong>ABCD-234Z</strong></big></bdi></p>
<p>סיסמה ראשונית:<br><bdi dir="ltr" translate="no"><big><strong>mint&lt;kettle&amp;7</strong></big></bdi></p>
<p>הסיסמה הראשונית תקפה פעם אחת בלבד, עד 25.11.2026, 12:00, ורק כדי לבחור סיסמה משלכם.</p>
<p><a href="{url}">לקביעת סיסמה לחץ כאן</a><br><bdi dir="ltr" translate="no"><a href="{url}">{address}</a></bdi></p>
<p>בדף שייפתח הקלידו את מספר הזהות שלכם ולחצו על «אישור». אחר כך נשלח אליכם קוד אימות.</p>
<p>אפשר גם בלי הקישור: היכנסו לפורטל עם קוד המשתמש ועם הסיסמה הראשונית.</p>
<p>קוד המשתמש שלכם הוא קבוע ואינו ניתן לשינוי. שמרו אותו.</p>
<p>לעולם לא נבקש מכם סיסמה או קוד, לא בטלפון ולא בהודעה.</p>
<p>צוות פורטל ההורים</p>
<p>הודעה זו נשלחה באופן אוטומטי. לשאלות פנו אל מוקד התמיכה <bdi dir="ltr">*6552</bdi>.</p>
</body>
</html>
"#
        .replace("{url}", &format!("{ORIGIN}/password/start?ticket={TOKEN}"))
        .replace(
            "{address}",
            "https://portal.school.example.org<wbr>/password/start?<wbr>ticket=q1W2e3R4t<wbr>5Y6u7I8o9P0a1S2d<wbr>3F4g5H6j7K8l9Z0-<wbr>_C"
        )
    );
}

#[test]
fn rows_that_no_text_can_be_made_of_are_told_apart() {
    let compose = |channel, event: &str, payload: Value| texts().compose(channel, event, Locale::En, &payload);
    for (channel, event) in [
        (Channel::Sms, "from_the_future"),
        (Channel::Mail, "from_the_future"),
        (Channel::Sms, "first_password"),
        (Channel::Mail, "account_created"),
    ] {
        let error = compose(channel, event, json!({ "code": CODE })).err().unwrap();
        assert!(matches!(error, ComposeError::UnknownEvent(_)), "{event}");
    }
    for (channel, event, payload) in [
        (Channel::Sms, "sign_in_code", json!({ "c": 1 })),
        (Channel::Mail, "password_reset", json!({ "ticket": TOKEN })),
        // The check character is wrong: nobody has this code.
        (Channel::Mail, "password_chosen", json!({ "user_code": "ABCD-2345" })),
    ] {
        let error = compose(channel, event, payload).err().unwrap();
        assert!(matches!(error, ComposeError::Payload { .. }), "{event}");
    }
}
