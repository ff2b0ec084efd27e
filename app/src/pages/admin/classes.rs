//! `/admin/classes`: the schools, and the classes of one of them: added, renamed, closed when their year is over.

use domain::{Country, Locale, SchoolYear};
use leptos::prelude::*;

use super::DO;
use super::frame::{AdminFrame, AdminSection, admin_head};
use crate::{
    components::{Button, ButtonLook, Chip, ErrorItem, ErrorSummary, Field, Icon, Note, Tone},
    icons::IconName,
    layout::PageMeta,
    page_context::PageContext,
    pages::people::{SchoolChoice, Tab, school_picker},
    text::own_name,
    tr, tr_count,
};

/// `name` of the field that carries what the form was filled from.
pub const SEEN: &str = "seen";

/// A class in the list.
#[derive(Clone)]
pub struct ClassRow {
    /// Its id.
    pub id: String,
    /// `5А`.
    pub title: String,
    /// Its school year.
    pub year: SchoolYear,
    /// It is over.
    pub archived: bool,
    /// How many students are in it.
    pub students: u32,
}

/// The chosen school.
#[derive(Clone)]
pub struct OpenSchool {
    /// Its id and name.
    pub choice: SchoolChoice,
    /// Its country.
    pub country: Country,
    /// Its language.
    pub locale: Locale,
    /// What tells whether somebody has changed it since.
    pub version: String,
}

/// What the post before this page did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClassesDone {
    /// A school was added.
    SchoolAdded,
    /// A school was changed.
    SchoolChanged,
    /// A class was added.
    Added,
    /// A class was renamed.
    Renamed,
    /// A class was closed.
    Closed,
    /// A class was opened again.
    Opened,
}

impl ClassesDone {
    /// Each with its word in the address.
    const ALL: [(Self, &'static str); 6] = [
        (Self::SchoolAdded, "school-added"),
        (Self::SchoolChanged, "school-changed"),
        (Self::Added, "added"),
        (Self::Renamed, "renamed"),
        (Self::Closed, "closed"),
        (Self::Opened, "opened"),
    ];

    /// Its word in the address.
    #[must_use]
    pub fn code(self) -> &'static str {
        Self::ALL.into_iter().find(|(done, _)| *done == self).map_or("", |(_, code)| code)
    }

    /// What a word in the address says.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, known)| *known == code).map(|(done, _)| done)
    }

    fn words(self, locale: Locale) -> &'static str {
        match self {
            Self::SchoolAdded => tr!(locale, admin.school_added),
            Self::SchoolChanged => tr!(locale, admin.school_changed),
            Self::Added => tr!(locale, admin.class_added),
            Self::Renamed => tr!(locale, admin.class_renamed),
            Self::Closed => tr!(locale, admin.class_closed),
            Self::Opened => tr!(locale, admin.class_opened),
        }
    }
}

/// Why a form was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClassesProblem {
    /// The title is no class's.
    Title,
    /// The school has such a class.
    Taken,
    /// The class is over.
    Archived,
    /// The school's name cannot be used.
    Name,
    /// Somebody else has changed it since the form was filled.
    Stale,
}

impl ClassesProblem {
    fn words(self, locale: Locale) -> &'static str {
        match self {
            Self::Title => tr!(locale, admin.class_title_bad),
            Self::Taken => tr!(locale, admin.class_taken),
            Self::Archived => tr!(locale, admin.class_over),
            Self::Name => tr!(locale, admin.school_name_bad),
            Self::Stale => tr!(locale, admin.class_stale),
        }
    }
}

/// A form that was refused, with what was typed.
#[derive(Clone)]
pub struct RefusedForm {
    /// Which form.
    pub form: ClassesForm,
    /// Why.
    pub problem: ClassesProblem,
    /// The title or the name.
    pub typed: String,
    /// The school year, of a new class.
    pub year: Option<SchoolYear>,
    /// Country and language, of a school.
    pub place: Option<(Country, Locale)>,
    /// What the form was filled from; none when it is to be what is stored now.
    pub seen: Option<String>,
}

/// A form of the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClassesForm {
    /// A new class.
    NewClass,
    /// Another title for this class.
    Class(String),
    /// A new school.
    NewSchool,
    /// Other details of the open school.
    School,
}

impl ClassesForm {
    /// `id` of its text field.
    fn field_id(&self) -> String {
        match self {
            Self::NewClass => "new-title".to_owned(),
            Self::Class(id) => format!("title-{id}"),
            Self::NewSchool => "new-name".to_owned(),
            Self::School => "name".to_owned(),
        }
    }
}

/// What the page shows.
#[derive(Clone)]
pub struct ClassesPage {
    /// The way to the other pages.
    pub frame: AdminFrame,
    /// The schools that the reader reaches.
    pub schools: Vec<SchoolChoice>,
    /// The chosen one; none where there is none yet.
    pub school: Option<OpenSchool>,
    /// Its classes: the newest year first.
    pub classes: Vec<ClassRow>,
    /// The school year of today.
    pub this_year: SchoolYear,
    /// The reader may change the classes.
    pub may_edit: bool,
    /// The reader may add schools and change them.
    pub may_manage_schools: bool,
    /// What has just happened.
    pub done: Option<ClassesDone>,
    /// What was just refused.
    pub refused: Option<RefusedForm>,
}

/// The address of a school's classes.
#[must_use]
pub fn path(school: &str) -> String {
    format!("{}?school={school}", AdminSection::Classes.path())
}

/// What the frame says about the page.
#[must_use]
pub fn meta(ctx: &PageContext, page: &ClassesPage) -> PageMeta {
    let title = tr!(ctx.locale, admin.classes_title);
    PageMeta { private: true, has_errors: page.refused.is_some(), ..PageMeta::titled(title) }
}

/// The page.
pub fn classes_view(ctx: &PageContext, page: ClassesPage) -> AnyView {
    let locale = ctx.locale;
    let errors = page.refused.iter().map(|refused| ErrorItem {
        field: Some(refused.form.field_id()),
        text: refused.problem.words(locale).to_owned(),
    });
    let errors: Vec<_> = errors.collect();
    let done = page.done.map(|done| {
        view! {
            <Note tone=Tone::Good icon=IconName::Check role="status">
                <p>{done.words(locale)}</p>
            </Note>
        }
    });
    let picker = page.school.as_ref().and_then(|open| school_picker(locale, &open.choice, &page.schools, path));
    let lead = page.school.as_ref().map(|open| {
        view! {
            <h2>
                <bdi>{open.choice.name.clone()}</bdi>
            </h2>
        }
    });
    view! {
        <div class="work">
            {admin_head(locale, &page.frame, tr!(locale, admin.classes_lead), None)} {picker} <div class="stack">
                <ErrorSummary title=tr!(locale, admin.check).to_owned() items=errors />
                {done}
                {lead}
                {page.school.as_ref().map(|_| table(locale, &page))}
                <div class="forms">
                    {page.school.as_ref().filter(|_| page.may_edit).map(|open| new_class(locale, &page, open))}
                    {page
                        .school
                        .as_ref()
                        .filter(|_| page.may_manage_schools)
                        .map(|open| school_form(locale, &page, Some(open)))}
                    {page.may_manage_schools.then(|| school_form(locale, &page, None))}
                </div>
            </div>
        </div>
    }
    .into_any()
}

fn table(locale: Locale, page: &ClassesPage) -> AnyView {
    if page.classes.is_empty() {
        return view! {
            <div class="empty">
                <p>{tr!(locale, admin.classes_empty)}</p>
            </div>
        }
        .into_any();
    }
    let rows = page.classes.iter().map(|class| row(locale, page, class)).collect_view();
    view! {
        <table class="tbl cards">
            <caption class="vh">{tr!(locale, admin.classes_title)}</caption>
            <thead>
                <tr>
                    <th scope="col">{tr!(locale, admin.class)}</th>
                    <th scope="col">{tr!(locale, admin.school_year)}</th>
                    <th scope="col">{tr!(locale, admin.students)}</th>
                    {page.may_edit.then(|| view! { <th scope="col">{tr!(locale, admin.change)}</th> })}
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}

fn row(locale: Locale, page: &ClassesPage, class: &ClassRow) -> AnyView {
    let name = if class.archived {
        view! {
            <bdi>{class.title.clone()}</bdi>
            " "
            <Chip tone=Tone::Plain icon=IconName::Lock>
                {tr!(locale, admin.class_is_over)}
            </Chip>
        }
        .into_any()
    } else {
        view! {
            <a href=Tab::List.path(&class.id)>
                <bdi>{class.title.clone()}</bdi>
            </a>
        }
        .into_any()
    };
    view! {
        <tr>
            <th scope="row">{name}</th>
            <td>
                <bdi class="num">{class.year.to_string()}</bdi>
            </td>
            <td>{tr_count!(locale, u64::from(class.students), people.students)}</td>
            {page.may_edit.then(|| view! { <td>{change(locale, page, class)}</td> })}
        </tr>
    }
    .into_any()
}

/// What a form is filled from: what it was before, if it is only shown again.
fn seen(refused: Option<&RefusedForm>, stored: &str) -> String {
    refused.and_then(|refused| refused.seen.clone()).unwrap_or_else(|| stored.to_owned())
}

/// What can be done with a class.
fn change(locale: Locale, page: &ClassesPage, class: &ClassRow) -> AnyView {
    let school = page.school.as_ref().map(|open| open.choice.id.clone()).unwrap_or_default();
    let here = path(&school);
    let form = ClassesForm::Class(class.id.clone());
    let refused = page.refused.as_ref().filter(|refused| refused.form == form);
    let rename = (!class.archived).then(|| {
        view! {
            <form method="post" action=here.clone() class="inline">
                <input type="hidden" name=DO value="rename" />
                <input type="hidden" name="class" value=class.id.clone() />
                <input type="hidden" name=SEEN value=seen(refused, &class.title) />
                <Field
                    id=form.field_id()
                    name="title"
                    label=tr!(locale, admin.class_title)
                    error=refused.map(|refused| refused.problem.words(locale).to_owned())
                    value=refused.map_or_else(|| class.title.clone(), |refused| refused.typed.clone())
                    class="w-10"
                    maxlength=20_u16
                />
                <Button look=ButtonLook::Small>{tr!(locale, admin.class_rename)}</Button>
            </form>
        }
    });
    let (value, words, why) = if class.archived {
        ("open", tr!(locale, admin.class_open), tr!(locale, admin.class_open_why))
    } else {
        ("close", tr!(locale, admin.class_close), tr!(locale, admin.class_close_why))
    };
    let look = if class.archived { ButtonLook::Small } else { ButtonLook::Danger };
    view! {
        <details class="more" open=refused.is_some()>
            <summary>
                {tr!(locale, admin.change)} <span class="vh">": " {class.title.clone()} ", " {class.year.to_string()}</span>
            </summary>
            <div class="stack forms-in">
                {rename}
                <form method="post" action=here>
                    <input type="hidden" name="class" value=class.id.clone() />
                    <input type="hidden" name=DO value=value />
                    <p class="small">{why}</p>
                    <Button look=look>{words}</Button>
                </form>
            </div>
        </details>
    }
    .into_any()
}

fn new_class(locale: Locale, page: &ClassesPage, open: &OpenSchool) -> AnyView {
    let refused = page.refused.as_ref().filter(|refused| refused.form == ClassesForm::NewClass);
    let chosen = refused.and_then(|refused| refused.year).unwrap_or(page.this_year);
    let this = page.this_year.year();
    // The classes of the next year are made before it begins, and one of the last may have been forgotten.
    let years = [this.saturating_sub(1), this, this.saturating_add(1)].map(SchoolYear::starting);
    let years = years
        .into_iter()
        .map(|year| {
            view! {
                <option value=year.year().to_string() selected=year == chosen>
                    {year.to_string()}
                </option>
            }
        })
        .collect_view();
    view! {
        <section class="card" aria-labelledby="h-new-class">
            <h2 id="h-new-class">{tr!(locale, admin.class_new)}</h2>
            <form method="post" action=path(&open.choice.id) class="inline">
                <input type="hidden" name=DO value="add" />
                <Field
                    id=ClassesForm::NewClass.field_id()
                    name="title"
                    label=tr!(locale, admin.class_title)
                    hint=tr!(locale, admin.class_title_hint).to_owned()
                    error=refused.map(|refused| refused.problem.words(locale).to_owned())
                    value=refused.map(|refused| refused.typed.clone()).unwrap_or_default()
                    class="w-10"
                    maxlength=20_u16
                />
                <div class="field">
                    <label for="new-year">{tr!(locale, admin.school_year)}</label>
                    <span class="pick">
                        <select class="select" id="new-year" name="year">
                            {years}
                        </select>
                        <Icon name=IconName::Down />
                    </span>
                </div>
                <Button look=ButtonLook::Small>{tr!(locale, admin.class_add)}</Button>
            </form>
        </section>
    }
    .into_any()
}

/// The details of the open school, or of a new one.
fn school_form(locale: Locale, page: &ClassesPage, open: Option<&OpenSchool>) -> AnyView {
    let form = if open.is_some() { ClassesForm::School } else { ClassesForm::NewSchool };
    let refused = page.refused.as_ref().filter(|refused| refused.form == form);
    let name = refused.map(|refused| refused.typed.clone());
    let name = name.or_else(|| open.map(|open| open.choice.name.clone())).unwrap_or_default();
    let (title, value) = match open {
        Some(_) => (tr!(locale, admin.school_change), "school"),
        None => (tr!(locale, admin.school_new), "new-school"),
    };
    let action = open.map_or_else(|| AdminSection::Classes.path().to_owned(), |open| path(&open.choice.id));
    let (country_id, locale_id) = (format!("{value}-country"), format!("{value}-locale"));
    let place = refused.and_then(|refused| refused.place);
    let stored = open.map(|open| (open.country, open.locale));
    let (country, language) = place.or(stored).unwrap_or((Country::Ru, locale));
    let countries = [Country::Ru, Country::Il]
        .into_iter()
        .map(|of| {
            let words = country_words(locale, of);
            view! {
                <option value=of.code() selected=of == country>
                    {words}
                </option>
            }
        })
        .collect_view();
    let languages = Locale::ALL
        .into_iter()
        .map(|of| {
            view! {
                <option value=of.code() lang=of.code() selected=of == language>
                    {own_name(of)}
                </option>
            }
        })
        .collect_view();
    let stale = refused.is_some_and(|refused| refused.problem == ClassesProblem::Stale);
    let now = open.filter(|_| stale).map(|open| {
        let (country, language) = (country_words(locale, open.country), own_name(open.locale));
        let what = format!("{}, {country}, {language}", open.choice.name);
        view! { <p>{tr!(locale, admin.school_now, what = what)}</p> }
    });
    let version = open.map(|open| view! { <input type="hidden" name=SEEN value=seen(refused, &open.version) /> });
    view! {
        <details class="more card" open=refused.is_some()>
            <summary>{title}</summary>
            <form method="post" action=action class="fields apart">
                <input type="hidden" name=DO value=value />
                {version}
                {now}
                <Field
                    id=form.field_id()
                    name="name"
                    label=tr!(locale, admin.school_name)
                    error=refused.map(|refused| refused.problem.words(locale).to_owned())
                    value=name
                    maxlength=120_u16
                />
                <div class="field">
                    <label for=country_id.clone()>{tr!(locale, admin.country)}</label>
                    <p class="hint" id=format!("{country_id}-h")>
                        {tr!(locale, admin.country_hint)}
                    </p>
                    <span class="pick">
                        <select
                            class="select"
                            id=country_id.clone()
                            name="country"
                            aria-describedby=format!("{country_id}-h")
                        >
                            {countries}
                        </select>
                        <Icon name=IconName::Down />
                    </span>
                </div>
                <div class="field">
                    <label for=locale_id.clone()>{tr!(locale, admin.school_language)}</label>
                    <span class="pick">
                        <select class="select" id=locale_id name="locale">
                            {languages}
                        </select>
                        <Icon name=IconName::Down />
                    </span>
                </div>
                <div class="btns">
                    <Button look=ButtonLook::Small>{tr!(locale, admin.save)}</Button>
                </div>
            </form>
        </details>
    }
    .into_any()
}

fn country_words(locale: Locale, country: Country) -> &'static str {
    match country {
        Country::Ru => tr!(locale, admin.country_ru),
        Country::Il => tr!(locale, admin.country_il),
    }
}
