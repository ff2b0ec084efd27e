//! «Зачисление в группы»: groups × students as check boxes.
//!
//! The boxes save by themselves ([`crate::boxes`]). The rule of the form without script: it says what it showed, so that only what the
//! reader changed is changed; what somebody else did meanwhile stays.

use domain::Locale;
use leptos::prelude::*;

use super::frame::{ClassFrame, class_head};
use super::list::save_button;
use crate::{
    boxes::{BOXES_ID, BoxesBoot, BoxesWords, DO, GroupColumn, GroupStudent, boxes_view, label, table_view},
    components::{Button, ButtonLook, ErrorItem, ErrorSummary, Field, Icon, Note, Tone},
    editor::{status_words, utc_offset_min},
    icons::IconName,
    layout::PageMeta,
    page_context::PageContext,
    tr, tr_count,
};

/// Form field: another class that a group is a part of.
pub const CLASS: &str = "class";

/// Form field: the version of a group that the form was made from.
pub const SEEN: &str = "seen";

/// What the post before this page did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupsDone {
    /// So many memberships were changed.
    Members(u64),
    /// A group was made.
    Created,
    /// A group got another name, or other classes.
    Changed,
    /// A group was deleted.
    Deleted,
}

/// A group that was not made, changed or deleted as it was asked for.
#[derive(Clone)]
pub struct RefusedGroup {
    /// Somebody else has changed it meanwhile; otherwise the name was refused.
    pub stale: bool,
    /// The group that was to get it; none for a new one.
    pub group: Option<String>,
    /// What was typed, if anything.
    pub typed: Option<String>,
    /// The other classes that were ticked.
    pub classes: Vec<String>,
}

/// What the page shows.
#[derive(Clone)]
pub struct GroupsPage {
    /// Picker and tabs.
    pub frame: ClassFrame,
    /// The class, in the order of the register.
    pub students: Vec<GroupStudent>,
    /// The groups of this class.
    pub groups: Vec<GroupColumn>,
    /// The other classes of the school that the reader reaches, with which a group may be shared: id and title.
    pub others: Vec<(String, String)>,
    /// The reader may change them.
    pub may_edit: bool,
    /// What has just happened.
    pub done: Option<GroupsDone>,
    /// What was just refused.
    pub refused: Option<RefusedGroup>,
}

impl GroupsPage {
    /// What the browser needs for boxes that save by themselves; `None` when there are none to tick.
    pub fn boot(&self, ctx: &PageContext) -> Option<BoxesBoot> {
        (self.may_edit && !self.groups.is_empty()).then(|| BoxesBoot {
            path: self.frame.path(),
            students: self.students.clone(),
            groups: self.groups.clone(),
            utc_offset_min: utc_offset_min(ctx),
            words: words(ctx.locale, &self.frame.class_title),
        })
    }
}

/// What the frame says about the page.
#[must_use]
pub fn meta(ctx: &PageContext, page: &GroupsPage) -> PageMeta {
    let title = tr!(ctx.locale, people.groups_title, class = page.frame.class_title.clone());
    PageMeta { private: true, has_errors: page.refused.is_some(), ..PageMeta::titled(title) }
}

/// The page.
pub fn groups_view(ctx: &PageContext, page: GroupsPage) -> AnyView {
    let locale = ctx.locale;
    let boot = page.boot(ctx);
    let GroupsPage { frame, students, groups, others, may_edit, done, refused } = page;
    let saves = boot.is_some();
    let problem = refused.as_ref().map(|refused| ErrorItem {
        field: Some(title_id(refused.group.as_deref())),
        text: why(locale, refused).to_owned(),
    });
    let body = if let Some(boot) = boot {
        view! { <div id=BOXES_ID>{boxes_view(locale, boot)}</div> }.into_any()
    } else if groups.is_empty() {
        view! {
            <div class="empty">
                <p>{tr!(locale, people.groups_empty)}</p>
            </div>
        }
        .into_any()
    } else {
        marks(&words(locale, &frame.class_title), &students, &groups)
    };
    let manage = may_edit.then(|| manage(locale, &frame, &groups, &others, refused.as_ref()));
    let problem_items: Vec<_> = problem.into_iter().collect();
    view! {
        <div class="work">
            {class_head(ctx, &frame, None)} <div class="toolbar">
                <div class="title">
                    <h1>{tr!(locale, people.groups_title, class = frame.class_title.clone())}</h1>
                    <p class="muted small">
                        {tr!(locale, people.groups_lead)}
                        {saves.then(|| view! { <span class="live">" " {tr!(locale, editor.notice)} "."</span> })}
                    </p>
                </div>
            </div> <div class="stack">
                <ErrorSummary
                    title=tr!(locale, people.check).to_owned()
                    items=problem_items
                />
                {done.map(|done| done_view(locale, done))}
                {body}
                {manage}
            </div>
        </div>
    }
    .into_any()
}

fn done_view(locale: Locale, done: GroupsDone) -> AnyView {
    let words = match done {
        GroupsDone::Members(0) => tr!(locale, people.groups_unchanged).to_owned(),
        GroupsDone::Members(count) => tr_count!(locale, count, people.groups_saved),
        GroupsDone::Created => tr!(locale, people.group_created).to_owned(),
        GroupsDone::Changed => tr!(locale, people.group_changed).to_owned(),
        GroupsDone::Deleted => tr!(locale, people.group_deleted).to_owned(),
    };
    view! {
        <Note tone=Tone::Good icon=IconName::Check role="status">
            <p>{words}</p>
        </Note>
    }
    .into_any()
}

/// Who is in which group, for whoever may not change it.
fn marks(words: &BoxesWords, students: &[GroupStudent], groups: &[GroupColumn]) -> AnyView {
    let mark = |student: &GroupStudent, group: &GroupColumn| {
        let mark = group.members.contains(&student.id).then(|| {
            view! {
                <Icon name=IconName::Check />
                <span class="vh">{label(words, student, group)}</span>
            }
        });
        mark.into_any()
    };
    table_view(words, students, groups, mark, |group| group.members.len().to_string().into_any())
}

fn words(locale: Locale, class: &str) -> BoxesWords {
    BoxesWords {
        title: tr!(locale, people.groups_title, class = class.to_owned()),
        table: tr!(locale, people.tab_groups).to_owned(),
        student: tr!(locale, people.student).to_owned(),
        in_all: tr!(locale, people.in_all).to_owned(),
        in_group: tr!(locale, people.in_group, student = "{student}", group = "{group}"),
        save: tr!(locale, people.save).to_owned(),
        status: status_words(locale),
    }
}

/// `id` of the field with a group's name.
fn title_id(group: Option<&str>) -> String {
    group.map_or_else(|| "group-new".to_owned(), |group| format!("group-{group}"))
}

fn why(locale: Locale, refused: &RefusedGroup) -> &'static str {
    if refused.stale { tr!(locale, people.group_stale) } else { tr!(locale, people.group_title_bad) }
}

/// The boxes that make a group one of several classes; nothing for whoever reaches no other class.
fn class_boxes(locale: Locale, others: &[(String, String)], ticked: impl Fn(&str) -> bool) -> Option<AnyView> {
    if others.is_empty() {
        return None;
    }
    let boxes = others
        .iter()
        .map(|(id, title)| {
            view! {
                <label class="tick">
                    <input type="checkbox" name=CLASS value=id.clone() checked=ticked(id) />
                    <span>
                        <bdi>{title.clone()}</bdi>
                    </span>
                </label>
            }
        })
        .collect_view();
    Some(
        view! {
            <fieldset class="plain">
                <legend>{tr!(locale, people.group_classes)}</legend>
                <div class="ticks">{boxes}</div>
            </fieldset>
        }
        .into_any(),
    )
}

/// New groups, other names and classes, and the end of a group.
fn manage(
    locale: Locale,
    frame: &ClassFrame,
    groups: &[GroupColumn],
    others: &[(String, String)],
    refused: Option<&RefusedGroup>,
) -> AnyView {
    let path = frame.path();
    // Only who reaches all classes of a group may change it.
    let reached = |(id, _): &(String, String)| *id == frame.class_id || others.iter().any(|(other, _)| other == id);
    let groups: Vec<_> = groups.iter().filter(|group| group.classes.iter().all(reached)).collect();
    let of = |group: Option<&str>| refused.filter(|refused| refused.group.as_deref() == group);
    let typed = |group: Option<&str>| of(group).and_then(|refused| refused.typed.clone());
    let error = |group: Option<&str>| of(group).map(|refused| why(locale, refused).to_owned());
    let wanted = |id: &str| refused.is_some_and(|it| it.group.is_none() && it.classes.iter().any(|class| class == id));
    let new = view! {
        <form method="post" action=path.clone() class="inline">
            <input type="hidden" name=DO value="create" />
            <Field
                id=title_id(None)
                name="title"
                label=tr!(locale, people.group_title)
                hint=tr!(locale, people.group_title_hint).to_owned()
                error=error(None)
                value=typed(None).unwrap_or_default()
                maxlength=60_u16
            />
            {class_boxes(locale, others, wanted)}
            {save_button(tr!(locale, people.group_create))}
        </form>
    };
    let each = groups
        .iter()
        .map(|group| {
            let id = Some(group.id.as_str());
            let value = typed(id).unwrap_or_else(|| group.title.clone());
            let kept = of(id).filter(|refused| refused.typed.is_some()).map(|refused| &refused.classes);
            let ticked = |class: &str| match kept {
                Some(kept) => kept.iter().any(|kept| kept == class),
                None => group.classes.iter().any(|(has, _)| has == class),
            };
            one_group(locale, &path, group, value, error(id), class_boxes(locale, others, ticked))
        })
        .collect_view();
    view! {
        <div class="forms">
            <section class="card" aria-labelledby="h-new">
                <h2 id="h-new">{tr!(locale, people.group_new)}</h2>
                {new}
            </section>
            {(!groups.is_empty())
                .then(|| {
                    view! {
                        <details class="more card" open=refused.is_some_and(|refused| refused.group.is_some())>
                            <summary>{tr!(locale, people.group_manage)}</summary>
                            <ul class="links">{each}</ul>
                        </details>
                    }
                })}
        </div>
    }
    .into_any()
}

fn one_group(
    locale: Locale,
    path: &str,
    group: &GroupColumn,
    value: String,
    error: Option<String>,
    classes: Option<AnyView>,
) -> AnyView {
    view! {
        <li>
            <form method="post" action=path.to_owned() class="inline what">
                <input type="hidden" name=DO value="change" />
                <input type="hidden" name="group" value=group.id.clone() />
                <input type="hidden" name=SEEN value=group.version.clone() />
                <Field
                    id=title_id(Some(&group.id))
                    name="title"
                    label=tr!(locale, people.group_title)
                    error=error
                    value=value
                    maxlength=60_u16
                />
                {classes}
                {save_button(tr!(locale, people.group_change))}
            </form>
            <details class="more">
                <summary>{tr!(locale, people.group_delete)}</summary>
                <form method="post" action=path.to_owned()>
                    <input type="hidden" name=DO value="delete" />
                    <input type="hidden" name="group" value=group.id.clone() />
                    <input type="hidden" name=SEEN value=group.version.clone() />
                    <p class="small above">{tr!(locale, people.group_delete_sure)}</p>
                    <Button look=ButtonLook::Danger>{tr!(locale, people.group_delete)}</Button>
                </form>
            </details>
        </li>
    }
    .into_any()
}
