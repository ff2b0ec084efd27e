//! The topics for all parents: eight short reading pages, open to everybody.

use domain::Locale;
use leptos::prelude::*;

use crate::{
    components::{ButtonLook, Icon, LinkButton},
    icons::IconName,
    layout::PageMeta,
    page_context::PageContext,
    tr,
};

/// A topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// Procedures, rights and duties.
    Procedures,
    /// Kinds of kindergartens and schools.
    SchoolSettings,
    /// Enrichment.
    Enrichment,
    /// Exams and evaluation.
    Exams,
    /// Insurance, safety and emergencies.
    Safety,
    /// The climate in kindergarten and school.
    Climate,
    /// Transitions.
    Transitions,
    /// Parents at the centre.
    Parents,
}

/// A topic's page: a lead and three sections of a heading and a paragraph, then what to do next.
struct Text {
    title: &'static str,
    lead: &'static str,
    sections: [(&'static str, &'static str); 3],
}

/// Reads one topic's keys; they have the same shape in all eight.
macro_rules! text_of {
    ($locale:expr, $topic:ident) => {
        Text {
            title: tr!($locale, topics.$topic.title),
            lead: tr!($locale, topics.$topic.lead),
            sections: [
                (tr!($locale, topics.$topic.h1), tr!($locale, topics.$topic.p1)),
                (tr!($locale, topics.$topic.h2), tr!($locale, topics.$topic.p2)),
                (tr!($locale, topics.$topic.h3), tr!($locale, topics.$topic.p3)),
            ],
        }
    };
}

impl Topic {
    /// All, in the order of the home page.
    pub const ALL: [Self; 8] = [
        Self::Procedures,
        Self::SchoolSettings,
        Self::Enrichment,
        Self::Exams,
        Self::Safety,
        Self::Climate,
        Self::Transitions,
        Self::Parents,
    ];

    /// Its page's path.
    #[must_use]
    pub fn path(self) -> &'static str {
        match self {
            Self::Procedures => "/topics/procedures",
            Self::SchoolSettings => "/topics/school-settings",
            Self::Enrichment => "/topics/enrichment",
            Self::Exams => "/topics/exams",
            Self::Safety => "/topics/safety",
            Self::Climate => "/topics/climate",
            Self::Transitions => "/topics/transitions",
            Self::Parents => "/topics/parents",
        }
    }

    /// The topic whose path ends in this slug.
    #[must_use]
    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|topic| topic.path().strip_prefix("/topics/") == Some(slug))
    }

    /// Its icon.
    #[must_use]
    pub fn icon(self) -> IconName {
        match self {
            Self::Procedures => IconName::Scale,
            Self::SchoolSettings => IconName::School,
            Self::Enrichment => IconName::Star,
            Self::Exams => IconName::Paper,
            Self::Safety => IconName::Shield,
            Self::Climate => IconName::Smile,
            Self::Transitions => IconName::Path,
            Self::Parents => IconName::People,
        }
    }

    /// Its name.
    #[must_use]
    pub fn title(self, locale: Locale) -> &'static str {
        self.text(locale).title
    }

    fn text(self, locale: Locale) -> Text {
        match self {
            Self::Procedures => text_of!(locale, procedures),
            Self::SchoolSettings => text_of!(locale, school_settings),
            Self::Enrichment => text_of!(locale, enrichment),
            Self::Exams => text_of!(locale, exams),
            Self::Safety => text_of!(locale, safety),
            Self::Climate => text_of!(locale, climate),
            Self::Transitions => text_of!(locale, transitions),
            Self::Parents => text_of!(locale, parents),
        }
    }
}

/// What the frame says about the page.
#[must_use]
pub fn meta(ctx: &PageContext, topic: Topic) -> PageMeta {
    let text = topic.text(ctx.locale);
    PageMeta { description: Some(text.lead.to_owned()), ..PageMeta::titled(text.title) }
}

/// The page.
#[component]
pub fn TopicPage(
    /// The request.
    ctx: PageContext,
    /// Which one.
    topic: Topic,
) -> AnyView {
    let locale = ctx.locale;
    let text = topic.text(locale);
    let (href, action) = if ctx.viewer.is_some() {
        ("/me", tr!(locale, common.my_area))
    } else {
        ("/sign-in", tr!(locale, common.sign_in))
    };
    view! {
        <div class="page">
            <div class="split read">
                <article class="panel leaf">
                    <a class="back" href="/">
                        <Icon name=IconName::Back />
                        {tr!(locale, common.home)}
                    </a>
                    <h1>{text.title}</h1>
                    <p class="lead under">{text.lead}</p>
                    {text
                        .sections
                        .into_iter()
                        .map(|(heading, paragraph)| {
                            view! {
                                <section class="sec">
                                    <h2>{heading}</h2>
                                    <p>{paragraph}</p>
                                </section>
                            }
                        })
                        .collect_view()}
                    <section class="sec">
                        <h2>{tr!(locale, topics.personal)}</h2>
                        <p class="muted">{tr!(locale, topics.personal_text)}</p>
                        <div class="btns">
                            <LinkButton href=href look=ButtonLook::Second>
                                {action}
                            </LinkButton>
                        </div>
                    </section>
                </article>
                <nav aria-labelledby="h-more">
                    <h2 id="h-more" class="above">
                        {tr!(locale, topics.more)}
                    </h2>
                    <ul class="topics">
                        {Topic::ALL
                            .into_iter()
                            .filter(|other| *other != topic)
                            .map(|other| {
                                view! {
                                    <li>
                                        <a href=other.path()>
                                            <Icon name=other.icon() />
                                            <span>{other.title(locale)}</span>
                                        </a>
                                    </li>
                                }
                            })
                            .collect_view()}
                    </ul>
                </nav>
            </div>
        </div>
    }
    .into_any()
}
