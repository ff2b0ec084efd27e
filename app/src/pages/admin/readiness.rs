//! Who can sign in, class by class: students through Gosuslugi, parents with an account; by which way, and what is
//! missing. Made to be printed too.

use domain::readiness::{NotReady, Readiness, Way};
use leptos::prelude::*;

use super::frame::{AdminFrame, AdminSection, admin_head};
use crate::{
    components::{Chip, Tone},
    icons::IconName,
    layout::PageMeta,
    page_context::PageContext,
    pages::people::{SchoolChoice, Tab, readiness::ready_view},
    tr,
};

/// A student of the report.
#[derive(Clone)]
pub struct ReadyStudent {
    /// The number in the register.
    pub number: u32,
    /// The name, in the order of the reader's language.
    pub name: String,
    /// Whether the sign-in through Gosuslugi can work.
    pub readiness: Readiness,
    /// Each parent's name, whether there is an account, and whether a mobile is on file.
    pub parents: Vec<(String, bool, bool)>,
}

/// A class of the report, as a row of counts.
#[derive(Clone)]
pub struct ReadyClass {
    /// Its id.
    pub id: String,
    /// `5А`.
    pub title: String,
    /// What the columns say.
    pub tally: Tally,
}

/// The open class of the report.
#[derive(Clone)]
pub struct OpenClass {
    /// Its id.
    pub id: String,
    /// `5А`.
    pub title: String,
    /// Its students, in the order of the register.
    pub students: Vec<ReadyStudent>,
}

/// What the columns of a class count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Students.
    pub students: usize,
    /// Students who can sign in.
    pub ready: usize,
    /// By an earlier sign-in, by SNILS, by e-mail, by mobile: each student counts once, by the surest way.
    pub by: [usize; 4],
    /// Students with nothing to recognise them by.
    pub needs_contact: usize,
    /// Students whose SNILS has a wrong control number.
    pub wrong_snils: usize,
    /// Students whose only contact is somebody else's too.
    pub shared: usize,
    /// Students whose last try failed.
    pub failed: usize,
    /// Parents.
    pub parents: usize,
    /// Parents with an account.
    pub with_account: usize,
}

impl Tally {
    /// Counts a student with as many parents, of whom some have an account.
    pub fn count(&mut self, readiness: &Readiness, parents: usize, with_account: usize) {
        self.students += 1;
        self.ready += usize::from(readiness.can);
        let ways = [Way::Link, Way::Snils, Way::Email, Way::Mobile];
        let surest = ways.iter().position(|way| readiness.by.contains(way));
        if let Some(count) = surest.and_then(|at| self.by.get_mut(at)) {
            *count += 1;
        }
        match readiness.issue {
            Some(NotReady::NeedsContact) => self.needs_contact += 1,
            Some(NotReady::SnilsInvalid) => self.wrong_snils += 1,
            Some(NotReady::SharedContact { .. }) => self.shared += 1,
            Some(NotReady::LastTryFailed { .. }) => self.failed += 1,
            Some(NotReady::NotSeenYet) | None => {}
        }
        self.parents += parents;
        self.with_account += with_account;
    }

    fn add(&mut self, other: &Self) {
        self.students += other.students;
        self.ready += other.ready;
        for (sum, more) in self.by.iter_mut().zip(other.by) {
            *sum += more;
        }
        self.needs_contact += other.needs_contact;
        self.wrong_snils += other.wrong_snils;
        self.shared += other.shared;
        self.failed += other.failed;
        self.parents += other.parents;
        self.with_account += other.with_account;
    }
}

/// What the page shows.
#[derive(Clone)]
pub struct ReadinessPage {
    /// The way to the other pages.
    pub frame: AdminFrame,
    /// The schools that the reader reaches.
    pub schools: Vec<SchoolChoice>,
    /// The chosen one; none where the reader reaches none.
    pub school: Option<SchoolChoice>,
    /// The classes that the reader reaches, grade by grade.
    pub classes: Vec<ReadyClass>,
    /// The open one: its students by name.
    pub open: Option<OpenClass>,
}

/// The address of the report on a school, with a class open.
#[must_use]
pub fn path(school: &str, class: Option<&str>) -> String {
    let path = AdminSection::Readiness.path();
    match class {
        Some(class) => format!("{path}?school={school}&class={class}#class"),
        None => format!("{path}?school={school}"),
    }
}

/// What the frame says about the page.
#[must_use]
pub fn meta(ctx: &PageContext) -> PageMeta {
    PageMeta { private: true, ..PageMeta::titled(AdminSection::Readiness.name(ctx.locale)) }
}

/// The page.
pub fn readiness_view(ctx: &PageContext, page: ReadinessPage) -> AnyView {
    let locale = ctx.locale;
    let ReadinessPage { frame, schools, school, classes, open } = page;
    let picker = school.as_ref().and_then(|school| picker(ctx, &schools, school));
    let body = match &school {
        Some(school) if !classes.is_empty() => view! {
            {summary(ctx, school, &classes, open.as_ref().map(|class| class.id.as_str()))}
            {open.map(|class| class_view(ctx, class))}
        }
        .into_any(),
        _ => super::empty(tr!(locale, admin.readiness_empty)),
    };
    let name = school.map(|school| {
        view! {
            <p>
                <strong>
                    <bdi>{school.name}</bdi>
                </strong>
                " · "
                <span class="muted">{tr!(locale, admin.as_of, when = ctx.moment(ctx.now).human)}</span>
            </p>
        }
    });
    view! {
        <div class="work report">
            {admin_head(locale, &frame, tr!(locale, admin.readiness_lead), None)} {picker} <div class="stack">
                {name} {body} <p class="small muted screen-only">{tr!(locale, admin.print_how)}</p>
            </div>
        </div>
    }
    .into_any()
}

fn picker(ctx: &PageContext, schools: &[SchoolChoice], chosen: &SchoolChoice) -> Option<AnyView> {
    if schools.len() < 2 {
        return None;
    }
    let links = schools
        .iter()
        .map(|school| {
            view! {
                <a href=path(&school.id, None) aria-current=(school.id == chosen.id).then_some("page")>
                    <bdi>{school.name.clone()}</bdi>
                </a>
            }
        })
        .collect_view();
    Some(
        view! {
            <nav class="tabs" aria-label=tr!(ctx.locale, admin.choose_school)>
                {links}
            </nav>
        }
        .into_any(),
    )
}

fn summary(ctx: &PageContext, school: &SchoolChoice, classes: &[ReadyClass], open: Option<&str>) -> AnyView {
    let locale = ctx.locale;
    let mut total = Tally::default();
    let rows = classes
        .iter()
        .map(|class| {
            total.add(&class.tally);
            let current = open == Some(class.id.as_str());
            view! {
                <tr class=current.then_some("on")>
                    <th scope="row">
                        <a href=path(&school.id, Some(&class.id)) aria-current=current.then_some("true")>
                            <bdi>{class.title.clone()}</bdi>
                        </a>
                    </th>
                    {cells(ctx, &class.tally)}
                </tr>
            }
        })
        .collect_view();
    let total = cells(ctx, &total);
    view! {
        <div class="scroll" role="region" tabindex="0" aria-label=tr!(locale, admin.readiness_title)>
            <table class="tbl counts">
                <caption class="vh">{tr!(locale, admin.readiness_title)}</caption>
                <thead>
                    <tr>
                        <th scope="col" rowspan="2">
                            {tr!(locale, admin.class)}
                        </th>
                        <th scope="col" rowspan="2">
                            {tr!(locale, admin.can_sign_in)}
                        </th>
                        <th scope="colgroup" colspan="4">
                            {tr!(locale, admin.by_which_way)}
                        </th>
                        <th scope="colgroup" colspan="4">
                            {tr!(locale, admin.what_is_missing)}
                        </th>
                        <th scope="col" rowspan="2">
                            {tr!(locale, admin.parents_with_account)}
                        </th>
                    </tr>
                    <tr>
                        <th scope="col">{tr!(locale, admin.way_link)}</th>
                        <th scope="col">{tr!(locale, admin.id_snils)}</th>
                        <th scope="col">{tr!(locale, admin.way_email)}</th>
                        <th scope="col">{tr!(locale, admin.way_mobile)}</th>
                        <th scope="col">{tr!(locale, admin.miss_contact)}</th>
                        <th scope="col">{tr!(locale, admin.miss_snils)}</th>
                        <th scope="col">{tr!(locale, admin.miss_shared)}</th>
                        <th scope="col">{tr!(locale, admin.miss_failed)}</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
                <tfoot>
                    <tr>
                        <th scope="row">{tr!(locale, admin.in_all)}</th>
                        {total}
                    </tr>
                </tfoot>
            </table>
        </div>
    }
    .into_any()
}

fn cells(ctx: &PageContext, tally: &Tally) -> AnyView {
    let locale = ctx.locale;
    let count = |count: usize| {
        // What is not there is no news.
        let class = if count == 0 { "num none" } else { "num" };
        view! { <td class=class>{count.to_string()}</td> }
    };
    let missing = [tally.needs_contact, tally.wrong_snils, tally.shared, tally.failed];
    view! {
        <td class="num">
            <strong>{tr!(locale, admin.n_of_m, n = tally.ready, m = tally.students)}</strong>
        </td>
        {tally.by.map(count).collect_view()}
        {missing.map(count).collect_view()}
        <td class="num">{tr!(locale, admin.n_of_m, n = tally.with_account, m = tally.parents)}</td>
    }
    .into_any()
}

fn class_view(ctx: &PageContext, class: OpenClass) -> AnyView {
    let locale = ctx.locale;
    let mend = Tab::Esia.path(&class.id);
    let rows = class
        .students
        .iter()
        .map(|student| {
            let parents = student.parents.iter().map(|parent| parent_view(ctx, parent)).collect_view();
            view! {
                <tr>
                    <td class="num nr">{student.number.to_string()}</td>
                    <th scope="row">
                        <bdi>{student.name.clone()}</bdi>
                    </th>
                    <td data-l=tr!(locale, admin.can_sign_in)>{ready_view(locale, &student.readiness)}</td>
                    <td data-l=tr!(locale, admin.parents)>
                        <ul class="parents">{parents}</ul>
                    </td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <section class="stack" aria-labelledby="class">
            <div class="row">
                <h2 id="class">{tr!(locale, admin.class_named, class = class.title.clone())}</h2>
                <a class="btn second s screen-only" href=mend>
                    {tr!(locale, admin.mend)}
                </a>
            </div>
            <table class="tbl cards">
                <caption class="vh">{tr!(locale, admin.class_named, class = class.title.clone())}</caption>
                <thead>
                    <tr>
                        <th scope="col">{tr!(locale, admin.nr)}</th>
                        <th scope="col">{tr!(locale, admin.student)}</th>
                        <th scope="col">{tr!(locale, admin.can_sign_in)}</th>
                        <th scope="col">{tr!(locale, admin.parents)}</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </section>
    }
    .into_any()
}

fn parent_view(ctx: &PageContext, (name, has_account, has_mobile): &(String, bool, bool)) -> AnyView {
    let locale = ctx.locale;
    let (tone, icon, words) = match (*has_account, *has_mobile) {
        (true, _) => (Tone::Good, IconName::Check, tr!(locale, admin.account_active)),
        (false, true) => (Tone::Plain, IconName::Clock, tr!(locale, admin.account_none)),
        (false, false) => (Tone::Warn, IconName::Phone, tr!(locale, admin.no_mobile)),
    };
    view! {
        <li>
            <bdi>{name.clone()}</bdi>
            <Chip tone=tone icon=icon>
                {words}
            </Chip>
        </li>
    }
    .into_any()
}
