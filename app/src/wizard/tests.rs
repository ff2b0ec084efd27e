//! One page with every part there is, drawn in every language, and held to what no page may break.

#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::collections::BTreeSet;

use domain::{Locale, Policy};
use leptos::prelude::*;

use super::*;
use crate::app::{Boot, Interactive};
use crate::components::Tone;
use crate::layout::PageMeta;

fn words(text: &str) -> String {
    text.to_owned()
}

fn text_field(name: &str) -> TextField {
    TextField {
        name: words(name),
        label: words("Label"),
        hint: Some(words("Hint")),
        kind: words("text"),
        ..TextField::default()
    }
}

fn reveal() -> Reveal {
    Reveal { show: words("Show"), hide: words("Hide"), show_label: words("Show it"), hide_label: words("Hide it") }
}

fn new_password_block() -> Block {
    Block::NewPassword(NewPassword {
        field: TextField { kind: words("password"), reveal: Some(reveal()), ..text_field("password") },
        policy: Policy::default(),
        second_factor: false,
        user_code: Some(words("ABCD-2345")),
        names: vec![words("Dana")],
        service_names: vec![words("Schoolgate")],
        texts: PolicyTexts { missing: words("Still missing: {a}"), met: words("met"), ..PolicyTexts::default() },
        lines: vec![
            PolicyLine { met: false, failed: false, text: words("At least 15 characters") },
            PolicyLine { met: false, failed: true, text: words("Not the name of the school") },
            PolicyLine { met: true, failed: false, text: words("Not common") },
        ],
        about: words("The policy"),
        about_text: words("The policy in full"),
    })
}

fn every_question() -> Vec<Block> {
    let option = |value: &str| ChoiceOption { value: words(value), text: words(value), lang: Some(words("he")) };
    let error = || Some(words("Mend this"));
    vec![
        Block::Field(TextField {
            error: error(),
            value: words("12\"><b>"),
            ltr: true,
            class: words("w-10 num"),
            ..text_field("id_number")
        }),
        Block::Choices(Choices {
            name: words("locale"),
            legend: words("Language"),
            error: error(),
            options: vec![option("he"), option("ar")],
            chosen: words("ar"),
            ..Choices::default()
        }),
        Block::Tick(Tick {
            name: words("consent"),
            value: words("2026-01"),
            text: Rich(vec![
                Span::plain("I have read "),
                Span { new_window: true, ..Span::link("the consent", "/register/consent") },
            ]),
            error: error(),
            ..Tick::default()
        }),
        Block::Pick(Pick {
            name: words("question"),
            label: words("Question"),
            options: vec![option("first_job"), option("own")],
            chosen: words("own"),
            more_when: Some(words("own")),
            more: Some(text_field("own_question")),
            ..Pick::default()
        }),
        new_password_block(),
        Block::Field(TextField { kind: words("password"), reveal: Some(reveal()), ..text_field("password_again") }),
    ]
}

fn everything() -> WizardPage {
    let link = |text: &str| Link { href: words("/elsewhere"), text: words(text) };
    let row = |change: bool| AnswerRow {
        name: words("E-mail"),
        value: words("dana@dugma.example"),
        ltr: true,
        change: change.then(|| link("Change")),
        change_label: words("Change the e-mail"),
    };
    let stage = |state| Stage { text: words("The account"), state, word: words("state") };
    let number = Span { strong: true, href: Some(words("tel:*6552")), ..Span::ltr("*6552") };
    WizardPage {
        path: words("/register/contact"),
        steps: ["Who", "Check", "Contact", "Finish"].map(words).to_vec(),
        current: 2,
        back: Some(link("Back")),
        title: words("Everything"),
        lead: Some(Rich::around(&format!("Call {} now", crate::text::SLOT), number)),
        problems: vec![
            ProblemLine { field: Some(words("id_number")), text: words("Mend the number") },
            ProblemLine { field: None, text: words("Too many") },
        ],
        problems_title: words("Two places"),
        before: vec![
            Block::Heading(words("Before")),
            Block::Text(Rich::plain("Text")),
            Block::Answers(vec![row(true), row(false)]),
            Block::Stages([StageState::Done, StageState::Running, StageState::Waiting].map(stage).to_vec()),
            Block::Note {
                tone: Tone::Good,
                icon: IconName::Sms,
                role: Some(words("status")),
                text: Rich::plain("Sent"),
            },
        ],
        forms: vec![
            Form {
                name: words("main"),
                blocks: every_question(),
                button: Some(words("On")),
                primary: true,
                forward: true,
                ..Form::default()
            },
            Form {
                name: words("resend"),
                hidden: vec![(words("resend"), words("1"))],
                blocks: vec![Block::Resend(Resend {
                    wait_s: 30,
                    clock: words("in {a}"),
                    words: words("in 30 seconds"),
                    button: words("Send again"),
                    none: None,
                })],
                ..Form::default()
            },
            Form {
                name: words("mobile"),
                heading: Some(words("Another number")),
                blocks: vec![Block::Field(text_field("mobile"))],
                button: Some(words("Send there")),
                ..Form::default()
            },
        ],
        after: vec![
            Block::Text(Rich::plain("A footnote")),
            Block::Details { summary: words("Why?"), text: Rich::plain("Because") },
            Block::Links(vec![link("First"), link("Second")]),
        ],
        aside: Some(Aside { heading: words("Help"), texts: vec![Rich::plain("Call")], links: vec![link("Guide")] }),
        refresh_ms: Some(1000),
    }
}

fn drawn(locale: Locale, page: WizardPage) -> String {
    Owner::new().with(|| wizard_view(locale, page).into_any().to_html())
}

/// Values of an attribute, in order.
fn values<'html>(html: &'html str, attribute: &str) -> Vec<&'html str> {
    html.split(&format!(" {attribute}=\"")).skip(1).map(|rest| rest.split('"').next().unwrap()).collect()
}

#[test]
fn a_page_with_everything_holds_together_in_every_language() {
    for locale in Locale::ALL {
        let html = drawn(locale, everything());
        let ids = values(&html, "id");
        let unique: BTreeSet<_> = ids.iter().collect();
        assert_eq!(ids.len(), unique.len(), "{locale:?}: an id twice in {ids:?}");
        for attribute in ["aria-labelledby", "aria-describedby", "for"] {
            for id in values(&html, attribute).iter().flat_map(|ids| ids.split(' ')) {
                assert!(unique.contains(&id), "{locale:?}: {attribute} names {id}, which is not there");
            }
        }
        assert!(!html.contains(" style=") && !html.contains("<script"));
        assert_eq!(html.matches("<h1").count(), 1);
        assert_eq!(html.matches("class=\"panel leaf\"").count(), 1);
        // Leptos marks the places of its parts by empty comments.
        let html = html.replace("<!>", "");
        assert!(html.contains(&format!("<strong>{}</strong>", crate::tr!(locale, common.step_of, n = 3, total = 4))));
    }
}

#[test]
fn every_control_is_there_without_script() {
    let html = drawn(Locale::En, everything());
    assert_eq!(values(&html, "action"), ["/register/contact"; 3]);
    assert_eq!(values(&html, "method"), ["post"; 3]);
    let names = ["main", "resend", "mobile", "id_number", "locale", "consent", "question", "own_question", "password"];
    for name in names {
        assert!(values(&html, "name").contains(&name), "{name}");
    }
    assert!(html.contains("value=\"12&quot;&gt;&lt;b&gt;\""), "what was typed stays text: {html}");
    // Hidden are the two buttons that only a script can use, and the user code for password managers; nothing else.
    assert_eq!(html.matches("aria-pressed=\"false\"").count(), 2);
    assert_eq!(html.matches(" hidden").count(), 3, "{html}");
    assert!(html.contains("in 30 seconds") && !html.contains("{a}"));
}

#[test]
fn what_is_wrong_stands_beside_its_control_and_in_the_list() {
    let html = drawn(Locale::En, everything());
    for name in ["id_number", "locale", "consent"] {
        assert!(html.contains(&format!("id=\"{name}-e\"")), "{name}");
        assert!(values(&html, "aria-describedby").iter().any(|ids| ids.contains(&format!("{name}-e"))), "{name}");
    }
    assert!(values(&html, "href").contains(&"#id_number"));
    assert!(values(&html, "id").contains(&"locale"), "the list can lead to radio buttons");
    assert!(html.contains("Still missing: 2") && html.contains(" (met)"));
    let description = values(&html, "aria-describedby").into_iter().find(|ids| ids.contains("password-policy"));
    assert_eq!(description, Some("password-h password-policy"));
}

#[test]
fn a_page_without_steps_has_no_rail() {
    let html = drawn(Locale::Ru, WizardPage { title: words("Ended"), ..WizardPage::default() });
    assert!(!html.contains("class=\"rail\"") && !html.contains("<aside") && !html.contains("<form"));
    assert!(html.contains("class=\"wizard alone\""));
}

#[test]
fn the_frame_knows_the_page() {
    let meta = |page: WizardPage| -> (PageMeta, String) {
        let boot = Boot { locale: Locale::En, page: Interactive::Wizard(page) };
        let mut meta = Owner::new().with(|| boot.meta(None, "/app.js", "/app.wasm"));
        let head = meta.head.take().unwrap();
        (meta, Owner::new().with(|| head.to_html()))
    };
    let (frame, head) = meta(everything());
    assert_eq!(frame.title, "Everything");
    assert!(frame.has_errors && frame.private);
    assert!(head.contains(r#"<noscript><meta http-equiv="refresh" content="2"></noscript>"#), "{head}");
    let (frame, head) = meta(WizardPage { problems: Vec::new(), refresh_ms: None, ..everything() });
    assert!(!frame.has_errors && !head.contains("noscript"));
}

#[test]
fn the_browser_reads_what_the_server_wrote() {
    let page = everything();
    let json = serde_json::to_string(&page).unwrap();
    assert_eq!(serde_json::from_str::<WizardPage>(&json).unwrap(), page);
}
