//! Rosters from files, and as files. A file is checked first and changes nothing; what it would do stands on a page
//! of its own, from where it is applied.

mod report;

use domain::Locale;
use leptos::prelude::*;
use services::exports::ExportFormat;
use services::imports::{ImportFormat, ImportState, ImportView};

use super::days::short;
use super::frame::{AdminFrame, AdminSection, admin_head, admin_nav};
use super::{DO, empty, field_class};
use crate::{
    components::{Chip, ErrorItem, ErrorSummary, Icon, Note, Tone, described_by, error_line},
    icons::IconName,
    layout::PageMeta,
    page_context::PageContext,
    pages::people::SchoolChoice,
    tr,
};

/// How often the page of a running import comes again, in seconds.
pub const REFRESH_S: u32 = 3;
/// `id` and `name` of the field with the file.
pub const FILE: &str = "file";
/// `name` of the field with the school.
pub const SCHOOL: &str = "school";
/// `name` of the tick that overwrites what was changed here.
pub const OVERWRITE: &str = "overwrite";

/// Why a file was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileProblem {
    /// None was chosen.
    Missing,
    /// Neither a zip of OneRoster nor a table.
    NotRecognised,
    /// It is not whole.
    Damaged,
    /// A file of the roster is missing.
    MissingFile(String),
    /// A column is missing: file and column.
    MissingColumn(String, String),
    /// No line names the columns.
    NoHeader,
    /// It holds changes only.
    Delta,
    /// Bytes that are no text.
    NoText(String),
    /// A quotation mark is never closed: file and line.
    Quotes(String, u64),
    /// Too large.
    TooLarge,
    /// It names no school.
    NoSchool,
    /// It is about a school that the reader may not import.
    OtherSchool(String),
    /// A table that does not say which school it is about.
    SchoolNeeded,
    /// Two schools have this name.
    SchoolAmbiguous(String),
}

impl FileProblem {
    fn words(&self, locale: Locale) -> String {
        match self {
            Self::Missing => tr!(locale, admin.file_missing).to_owned(),
            Self::NotRecognised => tr!(locale, admin.file_not_recognised).to_owned(),
            Self::Damaged => tr!(locale, admin.file_damaged).to_owned(),
            Self::MissingFile(file) => tr!(locale, admin.file_missing_file, file = file.clone()),
            Self::MissingColumn(file, column) => {
                tr!(locale, admin.file_missing_column, file = file.clone(), column = column.clone())
            }
            Self::NoHeader => tr!(locale, admin.file_no_header).to_owned(),
            Self::Delta => tr!(locale, admin.file_delta).to_owned(),
            Self::NoText(file) => tr!(locale, admin.file_no_text, file = file.clone()),
            Self::Quotes(file, line) => tr!(locale, admin.file_quotes, file = file.clone(), line = *line),
            Self::TooLarge => tr!(locale, admin.file_too_large).to_owned(),
            Self::NoSchool => tr!(locale, admin.file_no_school).to_owned(),
            Self::OtherSchool(school) => tr!(locale, admin.file_other_school, school = school.clone()),
            Self::SchoolNeeded => tr!(locale, admin.file_school_needed).to_owned(),
            Self::SchoolAmbiguous(school) => tr!(locale, admin.file_school_ambiguous, school = school.clone()),
        }
    }

    fn field(&self) -> &'static str {
        if matches!(self, Self::SchoolNeeded | Self::SchoolAmbiguous(_)) { SCHOOL } else { FILE }
    }
}

/// What the form holds; a file can't be kept, browsers don't let a page fill it in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UploadForm {
    /// The chosen school's id.
    pub school: String,
    /// What was changed here is overwritten too.
    pub overwrite: bool,
    /// Why the file was not taken.
    pub problem: Option<FileProblem>,
}

/// What the page shows.
#[derive(Clone)]
pub struct ImportsPage {
    /// The way to the other pages.
    pub frame: AdminFrame,
    /// The schools that the reader reaches.
    pub schools: Vec<SchoolChoice>,
    /// The latest imports, the newest first.
    pub imports: Vec<ImportView>,
    /// The form; none where the reader may only look.
    pub form: Option<UploadForm>,
    /// What the reader may take away as a file.
    pub export: Option<ExportReach>,
}

/// How much of the roster somebody may take away as a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportReach {
    /// One school at a time.
    School,
    /// All schools at once too.
    Everything,
}

/// The address of an import.
#[must_use]
pub fn path(id: &str) -> String {
    format!("{}/{id}", AdminSection::Import.path())
}

/// What the frame says about the page.
#[must_use]
pub fn meta(ctx: &PageContext, page: &ImportsPage) -> PageMeta {
    PageMeta {
        private: true,
        has_errors: page.form.as_ref().is_some_and(|form| form.problem.is_some()),
        ..PageMeta::titled(AdminSection::Import.name(ctx.locale))
    }
}

/// The page.
pub fn imports_view(ctx: &PageContext, page: ImportsPage) -> AnyView {
    let locale = ctx.locale;
    let ImportsPage { frame, schools, imports, form, export } = page;
    let items: Vec<ErrorItem> = form
        .as_ref()
        .and_then(|form| form.problem.as_ref())
        .map(|problem| ErrorItem { field: Some(problem.field().to_owned()), text: problem.words(locale) })
        .into_iter()
        .collect();
    let list = if imports.is_empty() { empty(tr!(locale, admin.imports_empty)) } else { table(ctx, &imports) };
    let export = export.map(|reach| export_view(locale, &schools, reach));
    view! {
        <div class="work">
            {admin_head(locale, &frame, tr!(locale, admin.import_lead), None)} <div class="stack">
                <ErrorSummary title=tr!(locale, admin.check).to_owned() items=items />
                <div class="forms">{form.map(|form| upload(locale, form, &schools))} {export}</div>
                <section class="stack" aria-labelledby="earlier">
                    <h2 id="earlier">{tr!(locale, admin.imports_earlier)}</h2>
                    {list}
                </section>
            </div>
        </div>
    }
    .into_any()
}

fn school_options(schools: &[SchoolChoice], chosen: &str) -> AnyView {
    schools
        .iter()
        .map(|school| {
            let selected = school.id == chosen;
            view! {
                <option value=school.id.clone() selected=selected>
                    {school.name.clone()}
                </option>
            }
        })
        .collect_view()
        .into_any()
}

fn upload(locale: Locale, form: UploadForm, schools: &[SchoolChoice]) -> AnyView {
    let UploadForm { school, overwrite, problem } = form;
    let error = |of: &'static str| {
        problem.as_ref().filter(|problem| problem.field() == of).map(|problem| problem.words(locale))
    };
    let (file_error, school_error) = (error(FILE), error(SCHOOL));
    let wrong = file_error.is_some();
    let (class, described) = (field_class(wrong), described_by(FILE, true, wrong));
    let school = (schools.len() > 1).then(|| {
        let wrong = school_error.is_some();
        let (class, described) = (field_class(wrong), described_by(SCHOOL, true, wrong));
        view! {
            <div class=class>
                <label for=SCHOOL>{tr!(locale, admin.school)}</label>
                <p class="hint" id=format!("{SCHOOL}-h")>
                    {tr!(locale, admin.school_hint)}
                </p>
                {school_error.map(|error| error_line(format!("{SCHOOL}-e"), error))}
                <span class="pick">
                    <select class="select" id=SCHOOL name=SCHOOL aria-describedby=described>
                        <option value="">{tr!(locale, admin.school_of_file)}</option>
                        {school_options(schools, &school)}
                    </select>
                    <Icon name=IconName::Down />
                </span>
            </div>
        }
    });
    view! {
        <section class="card" aria-labelledby="h-upload">
            <h2 id="h-upload">{tr!(locale, admin.upload)}</h2>
            // The choices come before the file: whoever reads the form from its beginning knows them by then.
            <form method="post" action=AdminSection::Import.path() enctype="multipart/form-data" class="fields apart">
                {school} <label class="tick">
                    <input
                        type="checkbox"
                        name=OVERWRITE
                        value="1"
                        checked=overwrite
                        aria-describedby="overwrite-h"
                    />
                    <span>{tr!(locale, admin.overwrite)}</span>
                </label> <p class="hint" id="overwrite-h">
                    {tr!(locale, admin.overwrite_why)}
                </p> <div class=class>
                    <label for=FILE>{tr!(locale, admin.file)}</label>
                    <p class="hint" id=format!("{FILE}-h")>
                        {tr!(locale, admin.file_hint)}
                    </p>
                    {file_error.map(|error| error_line(format!("{FILE}-e"), error))}
                    <input
                        class="file"
                        id=FILE
                        name=FILE
                        type="file"
                        accept=".zip,.csv,.txt,.xlsx"
                        aria-describedby=described
                    />
                </div> <div class="btns">
                    <button class="btn s">
                        <Icon name=IconName::Search />
                        {tr!(locale, admin.check_file)}
                    </button>
                </div>
                <p class="small muted apart">{tr!(locale, admin.check_file_why)}</p>
            </form>
        </section>
    }
    .into_any()
}

/// The roster as a file. Taking it away is written down by the services; it changes nothing, so it is a plain `get`.
fn export_view(locale: Locale, schools: &[SchoolChoice], reach: ExportReach) -> AnyView {
    let school = if let ([only], ExportReach::School) = (schools, reach) {
        view! { <input type="hidden" name=SCHOOL value=only.id.clone() /> }.into_any()
    } else {
        let all = (reach == ExportReach::Everything)
            .then(|| view! { <option value="">{tr!(locale, admin.all_schools)}</option> });
        view! {
            <div class="field">
                <label for="export-school">{tr!(locale, admin.school)}</label>
                <span class="pick">
                    <select class="select" id="export-school" name=SCHOOL>
                        {all}
                        {school_options(schools, "")}
                    </select>
                    <Icon name=IconName::Down />
                </span>
            </div>
        }
        .into_any()
    };
    let buttons = ExportFormat::ALL
        .into_iter()
        .map(|format| {
            let words = match format {
                ExportFormat::OneRoster => tr!(locale, admin.export_oneroster),
                ExportFormat::Csv => tr!(locale, admin.export_csv),
                ExportFormat::Xlsx => tr!(locale, admin.export_xlsx),
            };
            view! {
                <button class="btn second s" name="format" value=format.code()>
                    <Icon name=IconName::Paper />
                    {words}
                </button>
            }
        })
        .collect_view();
    view! {
        <section class="card" aria-labelledby="h-export">
            <h2 id="h-export">{tr!(locale, admin.export)}</h2>
            <p class="small muted near">{tr!(locale, admin.export_why)}</p>
            <form action="/admin/export">{school} <div class="btns">{buttons}</div></form>
        </section>
    }
    .into_any()
}

fn format_words(locale: Locale, format: ImportFormat) -> &'static str {
    match format {
        ImportFormat::OneRoster12 => "OneRoster 1.2",
        ImportFormat::OneRoster11 => "OneRoster 1.1",
        ImportFormat::Csv => tr!(locale, admin.format_csv),
        ImportFormat::Xlsx => tr!(locale, admin.format_xlsx),
    }
}

fn state_chip(locale: Locale, state: ImportState) -> AnyView {
    let (tone, icon, words) = match state {
        ImportState::Checked => (Tone::Info, IconName::Info, tr!(locale, admin.import_checked)),
        ImportState::Applying => (Tone::Info, IconName::Spin, tr!(locale, admin.import_applying)),
        ImportState::Applied => (Tone::Good, IconName::Check, tr!(locale, admin.import_applied)),
        ImportState::Failed => (Tone::Bad, IconName::Stop, tr!(locale, admin.import_failed)),
    };
    view! {
        <Chip tone=tone icon=icon>
            {words}
        </Chip>
    }
    .into_any()
}

fn table(ctx: &PageContext, imports: &[ImportView]) -> AnyView {
    let locale = ctx.locale;
    let rows = imports
        .iter()
        .map(|import| {
            view! {
                <tr>
                    <th scope="row">
                        <a href=path(&import.id.to_string())>
                            <bdi>{import.file_name.clone()}</bdi>
                        </a>
                    </th>
                    <td data-l=tr!(locale, admin.format)>{format_words(locale, import.format)}</td>
                    <td data-l=tr!(locale, admin.state)>{state_chip(locale, import.state)}</td>
                    <td data-l=tr!(locale, admin.people_in_file) class="num">
                        {import.total.to_string()}
                    </td>
                    <td data-l=tr!(locale, admin.handed_in)>
                        <time>{short(ctx, import.created_at)}</time>
                    </td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <table class="tbl cards">
            <caption class="vh">{tr!(locale, admin.imports_earlier)}</caption>
            <thead>
                <tr>
                    <th scope="col">{tr!(locale, admin.file)}</th>
                    <th scope="col">{tr!(locale, admin.format)}</th>
                    <th scope="col">{tr!(locale, admin.state)}</th>
                    <th scope="col">{tr!(locale, admin.people_in_file)}</th>
                    <th scope="col">{tr!(locale, admin.handed_in)}</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}

/// What the page of one import shows.
#[derive(Clone)]
pub struct ImportPage {
    /// The way to the other pages.
    pub frame: AdminFrame,
    /// The import.
    pub import: ImportView,
    /// The name of its school, when it is about one.
    pub school: Option<String>,
    /// The reader may apply it.
    pub may_apply: bool,
    /// It was asked to be applied, and is under way, done, or was kept too long.
    pub too_late: bool,
}

/// What the frame says about the page of one import. While it runs the page comes again by itself, without script too.
#[must_use]
pub fn import_meta(ctx: &PageContext, page: &ImportPage) -> PageMeta {
    let running = page.import.state == ImportState::Applying;
    let again = running.then(|| {
        view! {
            <noscript>
                <meta http-equiv="refresh" content=REFRESH_S.to_string() />
            </noscript>
        }
        .into_any()
    });
    let title = tr!(ctx.locale, admin.import_of, file = page.import.file_name.clone());
    PageMeta { private: true, has_errors: page.too_late, head: again, ..PageMeta::titled(title) }
}

/// The page of one import.
pub fn import_view(ctx: &PageContext, page: ImportPage) -> AnyView {
    let locale = ctx.locale;
    let ImportPage { frame, import, school, may_apply, too_late } = page;
    let school = school.map(|name| {
        view! {
            " · "
            <bdi>{name}</bdi>
        }
    });
    let progress = matches!(import.state, ImportState::Applying | ImportState::Failed).then(|| progress(ctx, &import));
    let news = news(locale, &import);
    let waits = matches!(import.state, ImportState::Checked | ImportState::Failed);
    let apply = (waits && may_apply && !is_useless(&import)).then(|| apply(locale, &import));
    let useless = (import.state == ImportState::Checked && is_useless(&import)).then(|| {
        view! {
            <Note tone=Tone::Good icon=IconName::Check>
                <p>{tr!(locale, admin.nothing_to_change)}</p>
            </Note>
        }
    });
    view! {
        <div class="work">
            {admin_nav(locale, &frame)} <a class="back" href=AdminSection::Import.path()>
                <Icon name=IconName::Back />
                {tr!(locale, admin.import_title)}
            </a> <div class="toolbar tight">
                <div>
                    <h1>
                        <bdi>{import.file_name.clone()}</bdi>
                    </h1>
                    <p class="muted small">
                        {format_words(locale, import.format)} {school} " · "
                        <time>{short(ctx, import.created_at)}</time>
                    </p>
                </div>
                {state_chip(locale, import.state)}
            </div> <div class="stack">
                {too_late.then(|| super::problem_note(tr!(locale, admin.import_too_late).to_owned()))} {news} {useless}
                {progress} {report::counts(locale, &import.report.counts)}
                {report::guarded(locale, import.report.guarded)} {apply}
                {report::bad_rows(locale, &import.report)} {report::conflicts(locale, &import.report)}
            </div>
        </div>
    }
    .into_any()
}

/// The file says what is there already.
fn is_useless(import: &ImportView) -> bool {
    import.report.counts.changes() == 0
}

/// What the state means for the reader.
fn news(locale: Locale, import: &ImportView) -> AnyView {
    let (tone, icon, words) = match import.state {
        ImportState::Checked => (Tone::Info, IconName::Info, tr!(locale, admin.checked_why).to_owned()),
        ImportState::Applying => (Tone::Info, IconName::Clock, tr!(locale, admin.applying_why).to_owned()),
        ImportState::Applied => (Tone::Good, IconName::Check, tr!(locale, admin.applied_why).to_owned()),
        ImportState::Failed => {
            let code = import.error.clone().unwrap_or_else(|| "–".to_owned());
            (Tone::Bad, IconName::Stop, tr!(locale, admin.failed_why, code = code))
        }
    };
    view! {
        <Note tone=tone icon=icon role="status">
            <p>{words}</p>
        </Note>
    }
    .into_any()
}

fn progress(ctx: &PageContext, import: &ImportView) -> AnyView {
    let locale = ctx.locale;
    let (done, total) = (import.done, import.total);
    // The address without a query: asking again is all that it does.
    let again = (import.state == ImportState::Applying).then(|| {
        view! {
            <a class="btn second s" href=path(&import.id.to_string())>
                <Icon name=IconName::Redo />
                {tr!(locale, admin.look_again)}
            </a>
        }
    });
    view! {
        <div class="progress">
            <progress id="progress" max=total.max(1).to_string() value=done.to_string()></progress>
            <label for="progress">{tr!(locale, admin.done_of, done = done, total = total)}</label>
            {again}
        </div>
    }
    .into_any()
}

fn apply(locale: Locale, import: &ImportView) -> AnyView {
    let words =
        if import.state == ImportState::Failed { tr!(locale, admin.apply_again) } else { tr!(locale, admin.apply) };
    let without = (import.report.bad_total > 0).then(|| tr!(locale, admin.apply_without_bad));
    view! {
        <form method="post" action=path(&import.id.to_string()) class="row">
            <button class="btn s" name=DO value="apply">
                <Icon name=IconName::Check />
                {words}
            </button>
            <span class="small muted">{without}</span>
        </form>
    }
    .into_any()
}
