//! What all tabs of a class share: the class picker and the tabs below it.
//!
//! The rule: the picker leads to the same tab of another class, so that whoever goes from class to class stays at their
//! task.

use leptos::prelude::*;

use crate::{page_context::PageContext, tr};

/// A tab of «Ученики и родители».
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tab {
    /// The class register.
    List,
    /// Photos.
    Photos,
    /// Groups.
    Groups,
    /// The contacts that the sign-in through Gosuslugi goes by.
    Esia,
    /// The whole record of a person.
    Personal,
}

impl Tab {
    /// Every tab, in order.
    pub const ALL: [Self; 5] = [Self::List, Self::Photos, Self::Groups, Self::Esia, Self::Personal];

    /// Its part of the address.
    #[must_use]
    pub const fn slug(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Photos => "photos",
            Self::Groups => "groups",
            Self::Esia => "esia",
            Self::Personal => "personal",
        }
    }

    /// Its address for a class.
    #[must_use]
    pub fn path(self, class_id: &str) -> String {
        format!("/people/pupils/{class_id}/{}", self.slug())
    }

    /// Its name in the reader's language.
    #[must_use]
    pub fn name(self, locale: domain::Locale) -> &'static str {
        match self {
            Self::List => tr!(locale, people.tab_list),
            Self::Photos => tr!(locale, people.tab_photos),
            Self::Groups => tr!(locale, people.tab_groups),
            Self::Esia => tr!(locale, people.tab_esia),
            Self::Personal => tr!(locale, people.tab_personal),
        }
    }
}

/// A school that can be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchoolChoice {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// A class that can be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassChoice {
    /// Its id.
    pub id: String,
    /// `5А`.
    pub title: String,
    /// The grade: between grades the picker leaves a gap.
    pub grade: u8,
    /// How many of how many students can sign in through Gosuslugi, where that was counted.
    pub ready: Option<(u32, u32)>,
}

impl ClassChoice {
    /// The ready ones in percent, rounded down: a full meter means everybody.
    fn percent(&self) -> Option<u32> {
        let (ready, total) = self.ready?;
        ready.saturating_mul(100).checked_div(total)
    }
}

/// What stands above every tab of a class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassFrame {
    /// The class's school.
    pub school: SchoolChoice,
    /// The classes of this school that the reader reaches, by grade and letter.
    pub classes: Vec<ClassChoice>,
    /// The class's id.
    pub class_id: String,
    /// `5А`.
    pub class_title: String,
    /// The open tab.
    pub tab: Tab,
    /// The reader reaches more than one class, so there is a page with all of them.
    pub has_more: bool,
}

impl ClassFrame {
    /// The address of this tab.
    #[must_use]
    pub fn path(&self) -> String {
        self.tab.path(&self.class_id)
    }
}

/// The picker and the tabs. `beside` stands at the end of the picker's row: who else is in this class.
pub fn class_head(ctx: &PageContext, frame: &ClassFrame, beside: Option<AnyView>) -> AnyView {
    let locale = ctx.locale;
    let tabs = Tab::ALL
        .into_iter()
        .map(|tab| {
            view! {
                <a href=tab.path(&frame.class_id) aria-current=(tab == frame.tab).then_some("page")>
                    {tab.name(locale)}
                </a>
            }
        })
        .collect_view();
    view! {
        <div class="pick-class">
            {picker(ctx, frame)}
            {frame
                .has_more
                .then(|| {
                    view! {
                        <a class="btn quiet s" href="/people/pupils?all=1">
                            {tr!(locale, people.all_classes)}
                        </a>
                    }
                })}
            {beside}
        </div>
        <nav class="tabs" aria-label=tr!(locale, people.class_named, class = frame.class_title.clone())>
            {tabs}
        </nav>
    }
    .into_any()
}

/// The classes as buttons; the keyboard reaches each by Tab, as every link.
fn picker(ctx: &PageContext, frame: &ClassFrame) -> AnyView {
    let mut before = None;
    let buttons = frame
        .classes
        .iter()
        .map(|class| {
            let gap = before.replace(class.grade).is_some_and(|grade| grade != class.grade);
            button(ctx, class, frame, gap)
        })
        .collect_view();
    view! {
        <nav class="classes-row" aria-label=tr!(ctx.locale, people.choose_class)>
            <ul class="classes">{buttons}</ul>
        </nav>
    }
    .into_any()
}

fn button(ctx: &PageContext, class: &ClassChoice, frame: &ClassFrame, gap: bool) -> AnyView {
    let current = class.id == frame.class_id;
    view! {
        <li class=if gap { "gap" } else { "next" }>
            <a href=frame.tab.path(&class.id) aria-current=current.then_some("page")>
                {class_label(ctx, class)}
            </a>
        </li>
    }
    .into_any()
}

/// A class's title with its meter, and the meter in words.
pub(super) fn class_label(ctx: &PageContext, class: &ClassChoice) -> AnyView {
    let meter = class.percent().map(|percent| {
        view! {
            {meter(percent)}
            <span class="vh">{tr!(ctx.locale, people.ready_percent, percent = percent)}</span>
        }
    });
    view! {
        <bdi>{class.title.clone()}</bdi>
        {meter}
    }
    .into_any()
}

/// A thin bar, filled by so much of a hundred. Drawn as a picture, since the page's policy allows no style of its own.
fn meter(percent: u32) -> AnyView {
    view! {
        <svg class="meter" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
            <rect width=percent.min(100).to_string() height="4"></rect>
        </svg>
    }
    .into_any()
}
