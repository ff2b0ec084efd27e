//! Every reading page in every language: rendered whole, and held to what no page may break.
//!
//! `PREVIEW_DIR=target/preview cargo test -p schoolgate-app --features ssr --test pages` also writes the pages there, to be looked at.

#![cfg(feature = "ssr")]
#![recursion_limit = "512"]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs, reason = "tests may panic")]

use std::{collections::BTreeSet, env, fs, path::Path, sync::Arc};

use domain::{BirthDate, IdKind, Locale, NotRecognisedReason, UserCode};
use leptos::{prelude::*, reactive::owner::Owner};
use schoolgate_app::{
    components::{Button, ErrorItem, ErrorSummary, Field, Step, StepRail},
    icons::IconName,
    layout::{PageMeta, document},
    page_context::{PageContext, PerLocale, PortalInfo, ViewerInfo},
    pages::{
        about::{self, AboutRegistration, AboutRegistrationProps},
        accessibility::{self, Accessibility, AccessibilityProps},
        error::{self, ErrorPage, ErrorPageProps, Failure},
        gosuslugi::{
            failure::{self, Why, failure_view},
            guide::{self, Guide, GuideProps},
            start::{self, Start, StartProps},
        },
        home::{self, Home, HomeProps},
        inbox::{self, Channel, Inbox, InboxItem, InboxProps},
        me::{
            self, Me, MeInfo, MeProps,
            contact::{self, ContactPage, ContactProblem, contact_view},
            security::{self, SecurityPage, security_view},
        },
        privacy::{self, Privacy, PrivacyProps},
        sessions::{self, Ended, SessionItem, Sessions, SessionsProps, SignInMethod},
        topics::{self, Topic, TopicPage, TopicPageProps},
    },
};

const NOW: i64 = 1_795_329_660_000;

fn context(locale: Locale, path: &str, everything: bool, signed_in: bool) -> PageContext {
    let name = |text: &str| text.to_owned();
    PageContext {
        locale,
        path: path.to_owned(),
        viewer: signed_in.then(|| ViewerInfo {
            given_name: name("דנה"),
            display_name: name("דנה לדוגמה"),
            staff: None,
        }),
        portal: Arc::new(PortalInfo {
            names: PerLocale {
                he: name("פורטל ההורים"),
                ar: name("بوابة الأهالي"),
                ru: name("Портал школы"),
                en: name("School portal"),
            },
            help_line: Some(name("*6552")),
            contact_email: everything.then(|| name("help@portal.example")),
            esia_enabled: everything,
            registration_open: everything,
            password_reset: everything,
            demo: everything,
            id_kinds: vec![IdKind::IlId, IdKind::RuSnils],
            security_question: true,
            applications: Vec::new(),
            guide_url: everything.then(|| name("https://guide.example/")),
            video_url: None,
            time_zone: name("Asia/Jerusalem"),
            locales: Locale::ALL.to_vec(),
            default_locale: Locale::He,
        }),
        nonce: None,
        stylesheet: name("style.css"),
        request_id: name("01JDQ7F3K8"),
        now: NOW,
    }
}

struct Rendered {
    name: String,
    locale: Locale,
    html: String,
}

fn render(name: &str, ctx: &PageContext, meta: PageMeta, main: impl FnOnce() -> AnyView) -> Rendered {
    let html = Owner::new().with(|| document(ctx, meta, main).to_html());
    Rendered { name: format!("{name}.{}", ctx.locale.code()), locale: ctx.locale, html }
}

fn me_info() -> MeInfo {
    MeInfo {
        name: "דנה לדוגמה".to_owned(),
        id_number_masked: Some("••••••423".to_owned()),
        birth_date: BirthDate::new(1985, 4, 12).ok(),
        mobile_masked: Some("050-•••••67".to_owned()),
        email_masked: None,
        user_code: Some(UserCode::generate(&mut |bytes| bytes.fill(7))),
        password_set_at: Some(NOW - 5_000_000_000),
        previous_sign_in_at: Some(NOW - 3_000_000),
        sessions: 2,
        messages_locale: Locale::Ru,
        messages_locale_saved: true,
        children: Vec::new(),
    }
}

fn session(id: &str, current: bool, device: Option<&str>) -> SessionItem {
    SessionItem {
        id: id.to_owned(),
        current,
        device: device.map(str::to_owned),
        method: if current { SignInMethod::Code } else { SignInMethod::PasswordAndCode },
        created_at: NOW - 4_000_000,
        last_seen_at: NOW - 90_000_000,
    }
}

fn messages() -> Vec<InboxItem> {
    let item = |id: &str, channel, to: &str, locale, subject: Option<&str>, text: &str| InboxItem {
        id: id.to_owned(),
        channel,
        to: to.to_owned(),
        subject: subject.map(str::to_owned),
        text: text.to_owned(),
        html: subject.map(|_| "<p>שלום דנה,</p><p><a href=\"http://localhost:3000/me\">לאזור האישי</a></p>".to_owned()),
        at: NOW - 60_000,
        locale,
    };
    vec![
        item(
            "m-3",
            Channel::Sms,
            "+972501234567",
            Locale::He,
            None,
            "פורטל ההורים, כניסה לאזור האישי.\nהקוד: 482715\nאל תמסרו אותו לאיש.\n@localhost #482715",
        ),
        item(
            "m-2",
            Channel::Mail,
            "dana@dugma.example",
            Locale::He,
            Some("ניסיונות כניסה שלא הצליחו לחשבון שלכם"),
            "שלום דנה,\n\nהיכנסו לאזור האישי: http://localhost:3000/me <script>alert(1)</script>",
        ),
        item(
            "m-1",
            Channel::Sms,
            "+79000000001",
            Locale::Ru,
            None,
            "Портал школы: вход в личный кабинет.\nКод: 306914",
        ),
    ]
}

/// The parts that interactive pages are made of, on one page.
fn kit(ctx: &PageContext) -> Rendered {
    let locale = ctx.locale;
    let meta = PageMeta { has_errors: true, later_icons: &[IconName::Eye], ..PageMeta::titled("Kit") };
    render("kit", ctx, meta, || {
        let steps = ["Кто вы", "Подтверждение", "Контактные данные", "Проверка"]
            .map(|name| Step { name: name.to_owned() })
            .to_vec();
        view! {
            <div class="page">
                <div class="wizard">
                    <StepRail locale=locale steps=steps current=2 />
                    <section class="panel leaf">
                        <h1>"Kit"</h1>
                        <ErrorSummary
                            title="Check what you typed"
                            items=vec![ErrorItem { field: Some("id".to_owned()), text: "Type your ID number".to_owned() }]
                        />
                        <form>
                            <Field
                                id="id"
                                name="id_number"
                                label="ID number"
                                hint="9 digits"
                                error=Some("This number cannot be right".to_owned())
                                value="12345678\"><b>"
                                ltr=true
                                class="w-10 num"
                            />
                            <Field id="code" name="code" label="Code" class="code" ltr=true inputmode="numeric" value="4827" />
                            <Field id="password" name="password" label="Password" kind="password">
                                <button type="button" class="btn second s">"Show"</button>
                            </Field>
                            <div class="btns">
                                <Button>"Go on"</Button>
                            </div>
                        </form>
                    </section>
                </div>
            </div>
        }
        .into_any()
    })
}

/// The sign-in through Gosuslugi: only a portal that has it shows these pages.
fn gosuslugi_pages(pages: &mut Vec<Rendered>, locale: Locale) {
    let ctx = context(locale, "/sign-in/esia", true, false);
    pages.push(render("gosuslugi-full-start", &ctx, start::meta(&ctx), || {
        Start(StartProps { ctx: ctx.clone() }).into_any()
    }));
    let ctx = context(locale, "/sign-in/esia/guide", true, false);
    pages.push(render("gosuslugi-full-guide", &ctx, guide::meta(&ctx), || {
        Guide(GuideProps { ctx: ctx.clone() }).into_any()
    }));
    let others = [
        ("cancelled", Why::Cancelled),
        ("unavailable", Why::Unavailable),
        ("rejected", Why::Rejected),
        ("ended", Why::Ended),
        ("too-many", Why::TooMany { wait_s: 90 }),
        ("staff", Why::Staff),
        ("barred", Why::Barred),
    ];
    let reasons = NotRecognisedReason::ALL.map(|reason| (reason.code(), Why::NotRecognised(reason)));
    for (name, why) in others.into_iter().chain(reasons) {
        for (who, teacher) in [("", None), ("-teacher", Some("<Бутрович В. И.>".to_owned()))] {
            let ctx = context(locale, "/sign-in/esia", true, false);
            let failed = failure::Failure { why, teacher };
            pages.push(render(&format!("gosuslugi-full-{name}{who}"), &ctx, failure::meta(&ctx, &failed), || {
                failure_view(&ctx, failed)
            }));
        }
    }
}

fn all_pages() -> Vec<Rendered> {
    let mut pages = Vec::new();
    for locale in Locale::ALL {
        for (state, everything) in [("first", false), ("full", true)] {
            let ctx = context(locale, "/", everything, false);
            pages.push(render(&format!("home-{state}"), &ctx, home::meta(&ctx), || {
                Home(HomeProps { ctx: ctx.clone() }).into_any()
            }));
            let ctx = context(locale, "/about/registration", everything, everything);
            pages.push(render(&format!("about-{state}"), &ctx, about::meta(&ctx), || {
                AboutRegistration(AboutRegistrationProps { ctx: ctx.clone() }).into_any()
            }));
            let ctx = context(locale, "/privacy", everything, false);
            pages.push(render(&format!("privacy-{state}"), &ctx, privacy::meta(&ctx), || {
                Privacy(PrivacyProps { ctx: ctx.clone() }).into_any()
            }));
        }
        for topic in Topic::ALL {
            let ctx = context(locale, topic.path(), false, false);
            let name = topic.path().trim_start_matches('/').replace('/', "-");
            pages.push(render(&name, &ctx, topics::meta(&ctx, topic), || {
                TopicPage(TopicPageProps { ctx: ctx.clone(), topic }).into_any()
            }));
        }
        let ctx = context(locale, "/accessibility", false, false);
        pages.push(render("accessibility", &ctx, accessibility::meta(&ctx), || {
            Accessibility(AccessibilityProps { ctx: ctx.clone() }).into_any()
        }));
        for failure in [
            Failure::Forbidden,
            Failure::CrossSite,
            Failure::NotFound,
            Failure::MethodNotAllowed,
            Failure::TooLarge,
            Failure::Invalid,
            Failure::TooMany,
            Failure::Internal,
            Failure::Unavailable,
        ] {
            let ctx = context(locale, "/nowhere", false, failure == Failure::Forbidden);
            pages.push(render(&format!("error-{failure:?}"), &ctx, error::meta(&ctx, failure), || {
                ErrorPage(ErrorPageProps { ctx: ctx.clone(), failure }).into_any()
            }));
        }
        let ctx = context(locale, "/me", false, true);
        pages.push(render("me", &ctx, me::meta(&ctx), || Me(MeProps { ctx: ctx.clone(), me: me_info() }).into_any()));
        let page = ContactPage {
            mobile_masked: Some("050-•••••67".to_owned()),
            mobile_typed: "02-6234567".to_owned(),
            problem: Some(ContactProblem::Mobile(domain::MobileError::Landline)),
            ..ContactPage::default()
        };
        let ctx = context(locale, contact::PATH, false, true);
        pages.push(render("me-contact", &ctx, contact::meta(&ctx, &page), || contact_view(&ctx, page)));
        for everything in [true, false] {
            let ctx = context(locale, security::PATH, everything, true);
            let page = SecurityPage {
                user_code: "ABCD-234Z".to_owned(),
                password_set_at: everything.then_some(NOW - 5_000_000_000),
                question: Some(everything),
                sessions: 2,
                tries: Vec::new(),
            };
            let name = if everything { "me-security-full" } else { "me-security" };
            pages.push(render(name, &ctx, security::meta(&ctx), || security_view(&ctx, page)));
        }
        for (name, list, ended) in [
            (
                "sessions",
                vec![session("s-1", true, Some("Chrome · Android")), session("s-2", false, None)],
                Some(Ended::One),
            ),
            ("sessions-one", vec![session("s-1", true, Some("Chrome · Android"))], Some(Ended::Others)),
        ] {
            let ctx = context(locale, "/me/sessions", false, true);
            pages.push(render(name, &ctx, sessions::meta(&ctx), || {
                Sessions(SessionsProps { ctx: ctx.clone(), sessions: list, ended }).into_any()
            }));
        }
        for (name, items, selected) in [
            ("inbox", messages(), None),
            ("inbox-mail", messages(), Some("m-2".to_owned())),
            ("inbox-empty", Vec::new(), None),
        ] {
            let ctx = context(locale, "/demo/inbox?m=m-2", true, false);
            pages.push(render(name, &ctx, inbox::meta(&ctx), || {
                Inbox(InboxProps { ctx: ctx.clone(), items, show: None, selected }).into_any()
            }));
        }
        gosuslugi_pages(&mut pages, locale);
        pages.push(kit(&context(locale, "/kit", false, false)));
    }
    pages
}

/// Values of an attribute, in order.
fn values<'a>(html: &'a str, attribute: &str) -> Vec<&'a str> {
    html.split(&format!(" {attribute}=\"")).skip(1).map(|rest| rest.split('"').next().unwrap()).collect()
}

#[test]
fn every_page_holds_what_no_page_may_break() {
    let pages = all_pages();
    if let Some(folder) = env::var_os("PREVIEW_DIR") {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(folder);
        fs::create_dir_all(&folder).unwrap();
        for page in &pages {
            fs::write(folder.join(format!("{}.html", page.name)), &page.html).unwrap();
        }
    }
    for Rendered { name, locale, html } in &pages {
        let head = format!("<!DOCTYPE html><html lang=\"{}\" dir=\"{}\">", locale.code(), locale.dir());
        assert!(html.starts_with(&head), "{name}: {}", &html[..120.min(html.len())]);
        assert_eq!(html.matches("<h1").count(), 1, "{name}: one heading of the page");
        assert_eq!(html.matches("<main").count(), 1, "{name}");
        assert_eq!(html.matches("class=\"panel leaf\"").count().max(1), 1, "{name}: one leaf a page");
        // The policy allows neither styles in the page nor scripts without a nonce, and reading pages have none at all.
        assert!(!html.contains(" style="), "{name}: a style attribute");
        assert!(!html.contains("<script"), "{name}: a script");
        assert!(!html.contains(" onclick"), "{name}");

        let ids: Vec<_> = values(html, "id");
        let unique: BTreeSet<_> = ids.iter().collect();
        assert_eq!(ids.len(), unique.len(), "{name}: an id twice in {ids:?}");
        for attribute in ["aria-labelledby", "aria-describedby", "for"] {
            for id in values(html, attribute).iter().flat_map(|ids| ids.split(' ')) {
                assert!(unique.contains(&id), "{name}: {attribute} names {id}, which is not there");
            }
        }
        let used: BTreeSet<_> = values(html, "href").into_iter().filter_map(|href| href.strip_prefix("#i-")).collect();
        for icon in &used {
            assert!(unique.contains(&&*format!("i-{icon}")), "{name}: icon {icon} is not in the sprite");
        }
        let drawn = html.matches("<symbol").count();
        let later = usize::from(name.starts_with("kit"));
        assert_eq!(drawn, used.len() + later, "{name}: the sprite holds what is used and no more");
    }
}

#[test]
fn links_lead_to_what_this_portal_has() {
    for Rendered { name, html, .. } in all_pages() {
        let later = ["/register", "/password/forgot", "/sign-in/esia"];
        let leads_on = values(&html, "href").iter().any(|href| later.contains(href));
        if name.contains("-full") || name.starts_with("inbox") {
            continue;
        }
        assert!(!leads_on, "{name} leads to a page that this portal does not have");
        assert!(!html.contains("/demo/"), "{name}");
    }
    let full: Vec<_> = all_pages().into_iter().filter(|page| page.name.starts_with("home-full")).collect();
    assert_eq!(full.len(), 4);
    for page in full {
        assert!(page.html.contains("href=\"/register\"") && page.html.contains("href=\"/sign-in/esia\""));
    }
}

#[test]
fn a_sign_in_through_gosuslugi_begins_with_a_post_and_who_can_mend_it_is_named() {
    let pages = all_pages();
    let page = |name: &str| &pages.iter().find(|page| page.name == name).unwrap().html;
    for locale in Locale::ALL {
        let code = locale.code();
        let start = page(&format!("gosuslugi-full-start.{code}"));
        assert!(start.contains("<form method=\"post\" action=\"/sign-in/esia\""), "{start}");
        // Leptos marks the places of its parts by empty comments.
        let named = page(&format!("gosuslugi-full-contact_differs-teacher.{code}")).replace("<!>", "");
        assert!(named.contains("<bdi>&lt;Бутрович В. И.&gt;</bdi>"), "{named}");
        // Who mends it at Gosuslugi is nobody at the school.
        assert!(!page(&format!("gosuslugi-full-account_not_confirmed-teacher.{code}")).contains("Бутрович"));
    }
    assert_eq!(Why::Unavailable.status().as_u16(), 503);
    assert_eq!(Why::Ended.status().as_u16(), 410);
}

#[test]
fn where_no_markup_is_read_none_is_written() {
    for page in all_pages() {
        for (begin, end) in [("<title", "</title>"), ("<script", "</script>"), ("<style", "</style>")] {
            for part in page.html.split(begin).skip(1) {
                let (_, text) = part.split_once('>').unwrap();
                let (text, _) = text.split_once(end).unwrap();
                assert!(!text.contains("<!"), "{}: {begin}>{text}", page.name);
            }
        }
        assert!(!page.html.contains("<textarea"), "{}: its text wants inner_html as well", page.name);
    }
}

#[test]
fn what_people_typed_and_what_messages_say_stays_text() {
    let pages = all_pages();
    let kit = pages.iter().find(|page| page.name == "kit.en").unwrap();
    assert!(kit.html.contains("value=\"12345678&quot;&gt;&lt;b&gt;\""), "{}", kit.html);
    assert!(kit.html.contains("<title>Error: Kit · School portal</title>"));
    assert!(kit.html.contains("aria-describedby=\"id-h id-e\""));
    let mail = pages.iter().find(|page| page.name == "inbox-mail.he").unwrap();
    assert!(mail.html.contains("&lt;script&gt;"));
    assert!(mail.html.contains("<a href=\"http://localhost:3000/me\""));
}

#[test]
fn the_language_menu_keeps_the_page() {
    let ctx = context(Locale::He, "/demo/inbox?m=m-2&lang=he", true, false);
    assert_eq!(ctx.in_language(Locale::Ru), "/demo/inbox?m=m-2&lang=ru");
    assert_eq!(context(Locale::He, "/", false, false).in_language(Locale::En), "/?lang=en");
}

#[test]
fn nobody_signs_out_or_ends_a_session_by_following_a_link() {
    for Rendered { name, html, .. } in all_pages() {
        for href in values(&html, "href") {
            assert!(!href.starts_with("/sign-out"), "{name}");
        }
        for method in values(&html, "method") {
            assert_eq!(method, "post", "{name}");
        }
    }
}
