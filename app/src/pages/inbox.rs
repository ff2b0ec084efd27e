//! The demo's inbox: every message that the demo sends, in place of a phone and a mailbox. Exists in the demo only.

mod links;

use domain::Locale;
use leptos::prelude::*;

use crate::{
    components::{ButtonLook, Icon, LinkButton},
    icons::IconName,
    layout::PageMeta,
    page_context::PageContext,
    text::{Moment, own_name},
    tr,
};
use links::with_links;

/// How a message went out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// A text message.
    Sms,
    /// An e-mail.
    Mail,
}

impl Channel {
    /// Its name in the page's address.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Sms => "sms",
            Self::Mail => "mail",
        }
    }

    /// The channel of a name.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Sms, Self::Mail].into_iter().find(|channel| channel.code() == code)
    }

    fn icon(self) -> IconName {
        match self {
            Self::Sms => IconName::Sms,
            Self::Mail => IconName::Mail,
        }
    }
}

/// A message of the demo, whose people are invented.
#[derive(Clone, Debug)]
pub struct InboxItem {
    /// Names it in the page's address: letters, digits and dashes.
    pub id: String,
    /// How it went out.
    pub channel: Channel,
    /// Phone number or address.
    pub to: String,
    /// An e-mail's subject.
    pub subject: Option<String>,
    /// The text, or an e-mail's text part.
    pub text: String,
    /// An e-mail's HTML part.
    pub html: Option<String>,
    /// When it was sent, Unix milliseconds UTC.
    pub at: i64,
    /// The language that it is written in.
    pub locale: Locale,
}

impl InboxItem {
    /// One line that tells messages apart.
    fn line(&self) -> String {
        self.subject.clone().unwrap_or_else(|| self.text.split('\n').collect::<Vec<_>>().join(" "))
    }
}

/// What the frame says about the page.
#[must_use]
pub fn meta(ctx: &PageContext) -> PageMeta {
    PageMeta { private: true, ..PageMeta::titled(tr!(ctx.locale, inbox.title)) }
}

/// The page's address with a filter and a message.
fn address(channel: Option<Channel>, message: Option<&str>) -> String {
    let mut address = String::from("/demo/inbox");
    let mut mark = '?';
    for (name, value) in [("show", channel.map(Channel::code)), ("m", message)] {
        if let Some(value) = value {
            address.push(mark);
            address.push_str(name);
            address.push('=');
            address.push_str(value);
            mark = '&';
        }
    }
    address
}

/// The page. Without a chosen message it shows the newest.
#[component]
pub fn Inbox(
    /// The request.
    ctx: PageContext,
    /// All messages, newest first.
    items: Vec<InboxItem>,
    /// Show this channel only.
    show: Option<Channel>,
    /// The chosen message.
    selected: Option<String>,
) -> AnyView {
    let locale = ctx.locale;
    let items: Vec<_> = items.into_iter().filter(|item| show.is_none_or(|channel| item.channel == channel)).collect();
    let open = selected.and_then(|id| items.iter().find(|item| item.id == id)).or(items.first()).cloned();
    let tabs = [
        (None, tr!(locale, inbox.all)),
        (Some(Channel::Sms), tr!(locale, inbox.sms)),
        (Some(Channel::Mail), tr!(locale, inbox.mail)),
    ];
    view! {
        <div class="page">
            <div class="row above">
                <div class="grow">
                    <h1>{tr!(locale, inbox.title)}</h1>
                    <p class="muted">{tr!(locale, inbox.lead)}</p>
                </div>
                <LinkButton href=address(show, None) look=ButtonLook::Small>
                    {tr!(locale, inbox.refresh)}
                </LinkButton>
            </div>
            <nav class="tabs above" aria-label=tr!(locale, inbox.filter)>
                {tabs
                    .into_iter()
                    .map(|(channel, name)| {
                        view! {
                            <a href=address(channel, None) aria-current=(channel == show).then_some("page")>
                                {name}
                            </a>
                        }
                    })
                    .collect_view()}
            </nav>
            {match open {
                None => {
                    view! {
                        <div class="empty">
                            <p>{tr!(locale, inbox.empty)}</p>
                        </div>
                    }
                        .into_any()
                }
                Some(open) => {
                    view! {
                        <div class="split mail">
                            <ul class="inbox" aria-label=tr!(locale, inbox.messages)>
                                {items.iter().map(|item| row(&ctx, item, show, item.id == open.id)).collect_view()}
                            </ul>
                            {reading_pane(&ctx, open)}
                        </div>
                    }
                        .into_any()
                }
            }}
        </div>
    }
    .into_any()
}

fn row(ctx: &PageContext, item: &InboxItem, show: Option<Channel>, current: bool) -> AnyView {
    view! {
        <li>
            <a href=address(show, Some(&item.id)) aria-current=current.then_some("true")>
                <Icon name=item.channel.icon() />
                <strong>
                    <bdi class="ltr num">{item.to.clone()}</bdi>
                </strong>
                <time>{Moment::clock(&ctx.zone(), item.at)}</time>
                <span lang=item.locale.code() dir=item.locale.dir()>
                    {item.line()}
                </span>
            </a>
        </li>
    }
    .into_any()
}

/// A text message; the line that phones read runs from left to right whatever the language.
fn sms_text(text: &str) -> AnyView {
    match text.rsplit_once('\n') {
        Some((words, line)) if line.starts_with('@') => view! {
            {with_links(words)}
            "\n"
            <bdi class="ltr num">{line.to_owned()}</bdi>
        }
        .into_any(),
        _ => with_links(text),
    }
}

fn reading_pane(ctx: &PageContext, item: InboxItem) -> AnyView {
    let locale = ctx.locale;
    let (lang, dir) = (item.locale.code(), item.locale.dir());
    let sent = ctx.moment(item.at);
    let title = match item.channel {
        Channel::Sms => view! { <h2 id="m"><bdi class="ltr num">{item.to.clone()}</bdi></h2> }.into_any(),
        Channel::Mail => view! {
            <h2 id="m" lang=lang dir=dir>
                {item.subject.clone().unwrap_or_default()}
            </h2>
        }
        .into_any(),
    };
    let body = match item.channel {
        Channel::Sms => view! {
            <div class="bubble" lang=lang dir=dir>
                {sms_text(&item.text)}
            </div>
        }
        .into_any(),
        Channel::Mail => view! {
            <p class="mail-text" lang=lang dir=dir>
                {with_links(&item.text)}
            </p>
        }
        .into_any(),
    };
    // The HTML part is foreign to this page: it gets a frame without scripts and forms, whose links open in the whole window.
    let html = item.html.map(|html| {
        view! {
            <details class="more apart">
                <summary>{tr!(locale, inbox.as_mail)}</summary>
                <iframe
                    class="mail-body"
                    title=tr!(locale, inbox.as_mail)
                    sandbox="allow-top-navigation-by-user-activation"
                    srcdoc=format!("<base target=\"_top\">{html}")
                ></iframe>
            </details>
        }
    });
    view! {
        <article class="card" aria-labelledby="m">
            <div class="msg-h">
                {title}
                <dl class="kv">
                    <dt>{tr!(locale, inbox.to)}</dt>
                    <dd>
                        <bdi class="ltr num">{item.to.clone()}</bdi>
                    </dd>
                    <dt>{tr!(locale, inbox.language)}</dt>
                    <dd lang=lang>{own_name(item.locale)}</dd>
                    <dt>{tr!(locale, inbox.sent)}</dt>
                    <dd>
                        <time datetime=sent.machine>{sent.human}</time>
                    </dd>
                </dl>
            </div>
            {body}
            {html}
        </article>
    }
    .into_any()
}
