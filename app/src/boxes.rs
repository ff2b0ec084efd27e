//! Groups × students as check boxes that save by themselves («Зачисление в группы»). Without script they are one form with one button.
//!
//! The server composes the words, so that the browser's bundle carries none. What is wished, sent and stored is kept by
//! [`domain::boxes::Boxes`]; here it is drawn, and the browser's side sends it.

#[cfg(feature = "hydrate")]
mod driver;

use domain::Locale;
use domain::boxes::{BoxId, BoxState, Boxes, BoxesLook};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::components::Icon;
use crate::editor::{StatusWords, clock, put};
use crate::icons::IconName;

/// `id` of the element around the boxes: what is hydrated.
pub const BOXES_ID: &str = "boxes";
/// `name` of the field that says which form was posted.
pub const DO: &str = "do";
/// `name` of the boxes: the value is `group:student`.
pub const MEMBER: &str = "in";
/// `name` of what the form showed: the value is `group:student student …`.
pub const SHOWN: &str = "was";

/// A student's row.
#[derive(Clone, Serialize, Deserialize)]
pub struct GroupStudent {
    /// The person's id.
    pub id: String,
    /// The whole name, in the order of the reader's language.
    pub name: String,
}

/// A group's column.
#[derive(Clone, Serialize, Deserialize)]
pub struct GroupColumn {
    /// The group's id.
    pub id: String,
    /// Its name.
    pub title: String,
    /// Which students of this class are in it.
    pub members: Vec<String>,
    /// The classes that it is a part of: id and title.
    pub classes: Vec<(String, String)>,
    /// What tells whether its title or classes have changed since.
    pub version: String,
}

/// The words, in the reader's language.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct BoxesWords {
    /// The page's title.
    pub title: String,
    /// What the table is.
    pub table: String,
    /// «Ученик»
    pub student: String,
    /// «Всего»
    pub in_all: String,
    /// What a box is for, with the marks `{student}` and `{group}`.
    pub in_group: String,
    /// The button of the form.
    pub save: String,
    /// What is said about saving.
    pub status: StatusWords,
}

/// What the browser needs to draw the boxes again and to save them.
#[derive(Clone, Serialize, Deserialize)]
pub struct BoxesBoot {
    /// The page's path.
    pub path: String,
    /// The class, in the order of the register.
    pub students: Vec<GroupStudent>,
    /// The groups of this class.
    pub groups: Vec<GroupColumn>,
    /// How far the school's clock is ahead of UTC, in minutes.
    pub utc_offset_min: i32,
    /// The words.
    pub words: BoxesWords,
}

impl GroupColumn {
    /// `5А, 5Б`, of a group of several classes; one of this class alone needs no word.
    pub fn span(&self) -> Option<String> {
        let titles = || self.classes.iter().map(|(_, title)| title.as_str()).collect::<Vec<_>>();
        (self.classes.len() > 1).then(|| titles().join(", "))
    }
}

impl BoxesBoot {
    fn boxes(&self) -> Boxes {
        let of_group = |group: &GroupColumn| {
            let (id, members) = (group.id.clone(), group.members.clone());
            self.students.iter().map(move |student| {
                let at = BoxId { group: id.clone(), student: student.id.clone() };
                (at, members.contains(&student.id))
            })
        };
        Boxes::new(self.groups.iter().flat_map(of_group))
    }
}

/// The inside of the element [`BOXES_ID`].
pub fn boxes_view(locale: Locale, boot: BoxesBoot) -> AnyView {
    let boxes = RwSignal::new(boot.boxes());
    #[cfg(feature = "hydrate")]
    driver::start(boxes);
    let cell = |student: &GroupStudent, group: &GroupColumn| box_view(&boot, boxes, student, group);
    let sum = |group: &GroupColumn| {
        let id = group.id.clone();
        view! { {move || boxes.with(|boxes| boxes.members(&id)).to_string()} }.into_any()
    };
    let table = table_view(&boot.words, &boot.students, &boot.groups, cell, sum);
    let shown = boot
        .groups
        .iter()
        .map(|group| {
            let was = format!("{}:{}", group.id, group.members.join(" "));
            view! { <input type="hidden" name=SHOWN value=was /> }
        })
        .collect_view();
    let look = Memo::new(move |_| boxes.with(Boxes::look));
    let status = {
        let boot = boot.clone();
        move || status_view(locale, &boot, look.get())
    };
    view! {
        <div class="save" role="status" id="save">
            {status}
        </div>
        <form method="post" action=boot.path.clone()>
            <input type="hidden" name=DO value="members" />
            {shown}
            {table}
            <div class="btns stay by-hand">
                <button class="btn s">
                    <Icon name=IconName::Check />
                    {boot.words.save.clone()}
                </button>
            </div>
        </form>
    }
    .into_any()
}

/// The table: a column a group, a row a student, and below how many are in each.
pub fn table_view(
    words: &BoxesWords,
    students: &[GroupStudent],
    groups: &[GroupColumn],
    cell: impl Fn(&GroupStudent, &GroupColumn) -> AnyView,
    sum: impl Fn(&GroupColumn) -> AnyView,
) -> AnyView {
    let heads = groups
        .iter()
        .map(|group| {
            view! {
                <th scope="col">
                    <bdi>{group.title.clone()}</bdi>
                    {group
                        .span()
                        .map(|span| {
                            view! {
                                <small>
                                    <bdi>{span}</bdi>
                                </small>
                            }
                        })}
                </th>
            }
        })
        .collect_view();
    let rows = students
        .iter()
        .map(|student| {
            let cells = groups.iter().map(|group| view! { <td>{cell(student, group)}</td> }).collect_view();
            view! {
                <tr>
                    <th scope="row">
                        <bdi>{student.name.clone()}</bdi>
                    </th>
                    {cells}
                </tr>
            }
        })
        .collect_view();
    let sums = groups.iter().map(|group| view! { <td class="num">{sum(group)}</td> }).collect_view();
    view! {
        <div class="scroll" role="region" tabindex="0" aria-label=words.table.clone()>
            <table class="tbl boxes">
                <caption class="vh">{words.table.clone()}</caption>
                <thead>
                    <tr>
                        <th scope="col">{words.student.clone()}</th>
                        {heads}
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
                <tfoot>
                    <tr>
                        <th scope="row">{words.in_all.clone()}</th>
                        {sums}
                    </tr>
                </tfoot>
            </table>
        </div>
    }
    .into_any()
}

/// What a box is for.
pub fn label(words: &BoxesWords, student: &GroupStudent, group: &GroupColumn) -> String {
    put(&put(&words.in_group, "group", &group.title), "student", &student.name)
}

fn box_view(boot: &BoxesBoot, boxes: RwSignal<Boxes>, student: &GroupStudent, group: &GroupColumn) -> AnyView {
    let at = BoxId { group: group.id.clone(), student: student.id.clone() };
    let state = {
        let at = at.clone();
        move || code(boxes.with(|boxes| boxes.state(&at)))
    };
    let is_ticked = {
        let at = at.clone();
        move || boxes.with(|boxes| boxes.is_ticked(&at))
    };
    let tick = move |member: bool| {
        boxes.update(|boxes| boxes.tick(&at, member));
        #[cfg(feature = "hydrate")]
        driver::pump(boxes);
    };
    view! {
        <label class="box" data-state=state>
            <input
                type="checkbox"
                name=MEMBER
                value=format!("{}:{}", group.id, student.id)
                checked=group.members.contains(&student.id)
                prop:checked=is_ticked
                on:change=move |event| tick(event_target_checked(&event))
                autocomplete="off"
            />
            <span class="vh">{label(&boot.words, student, group)}</span>
        </label>
    }
    .into_any()
}

/// A state as the style sheet knows it.
fn code(state: BoxState) -> &'static str {
    match state {
        BoxState::Rest => "rest",
        BoxState::Waiting => "waiting",
        BoxState::Saving => "saving",
        BoxState::Saved => "saved",
        BoxState::Refused => "refused",
    }
}

/// Problems first, then what is under way, then what is saved.
fn status_view(locale: Locale, boot: &BoxesBoot, look: BoxesLook) -> AnyView {
    let words = &boot.words.status;
    let line = |class: &'static str, icon: IconName, text: String, link: Option<(String, &String)>| {
        view! {
            <span class=class>
                <Icon name=icon />
                {text}
                {link.map(|(href, text)| view! { " " <a class=class href=href>{text.clone()}</a> })}
            </span>
        }
    };
    let unsent = u64::from(look.unsent);
    let signed_out = look.signed_out.then(|| {
        let sign_in = format!("/sign-in?next={}", boot.path);
        let text = words.failed.of(locale, unsent);
        line("bad", IconName::Alert, text, Some((sign_in, &words.sign_in)))
    });
    let refused = (look.refused > 0).then(|| {
        let text = format!("{}. {}", words.failed.of(locale, look.refused.into()), words.outdated);
        line("bad", IconName::Stop, text, Some((boot.path.clone(), &words.reload)))
    });
    let under_way = (look.unsent > 0 && !look.signed_out).then(|| {
        if look.cut_off {
            line("warn", IconName::Off, words.waiting.of(locale, unsent), None)
        } else {
            line("going", IconName::Spin, words.saving.of(locale, unsent), None)
        }
    });
    let saved = look.saved_at.map(|at| {
        let text = if look.unsent == 0 { &words.saved } else { &words.rest_saved };
        line("good", IconName::Check, put(text, "t", &clock(at, boot.utc_offset_min)), None)
    });
    view! {
        {signed_out}
        {refused}
        {under_way}
        {saved}
    }
    .into_any()
}
