//! An open request: what was typed beside the record, and the form that decides.

use domain::{Locale, PersonField, Relation};
use leptos::prelude::*;
use services::review_queue::{
    NOTE_MAX, ReviewDetail, ReviewField, ReviewItem, ReviewRecord, ReviewRemoval, ReviewTab, ReviewValue,
};

use super::super::days::short;
use super::super::frame::AdminSection;
use super::super::{DO, field_class};
use super::{decision_chip, due_chip, request_number, title};
use crate::{
    components::{ErrorItem, ErrorSummary, Field, Icon, Note, Tone, described_by, error_line},
    icons::IconName,
    page_context::PageContext,
    pages::people::{field_name, list::relation_name},
    tr,
};

/// `id` of the note's field.
const NOTE: &str = "note";
/// `id` of the field that looks for a child.
const CHILD_FIND: &str = "child_find";

/// A child that the decider can name.
#[derive(Clone)]
pub struct ChildChoice {
    /// The person's id.
    pub id: String,
    /// The name, in the order of the reader's language.
    pub name: String,
    /// The titles of the classes.
    pub classes: String,
}

/// What the form holds.
#[derive(Clone, Default)]
pub struct DecisionForm {
    /// How the decider made sure.
    pub note: String,
    /// The name of somebody whom the school does not know yet.
    pub surname: String,
    /// As above.
    pub given_name: String,
    /// As above.
    pub patronymic: String,
    /// What the adult is to the child.
    pub relation: Option<Relation>,
    /// What a child was looked for by.
    pub child_text: String,
    /// Who was found.
    pub children: Vec<ChildChoice>,
    /// The chosen one's id.
    pub child: String,
    /// The account that is there gets the proved mobile.
    pub replace_mobile: bool,
}

/// Why nothing was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReviewProblem {
    /// It is about the decider or their family.
    OwnFamily,
    /// It changed since it was looked at.
    Changed,
    /// The note is missing.
    NoteNeeded,
    /// The note is too long.
    NoteTooLong,
    /// The name is missing.
    NameNeeded,
    /// A part of the name is wrong.
    NameWrong(PersonField),
    /// The child is to be named.
    ChildNeeded,
    /// No child was found.
    ChildUnknown,
    /// Adult and child are one person.
    SamePerson,
    /// Two people have the number.
    Several,
}

impl ReviewProblem {
    fn item(self, locale: Locale) -> ErrorItem {
        let (field, text) = match self {
            Self::OwnFamily => (None, tr!(locale, admin.bad_own_family)),
            Self::Changed => (None, tr!(locale, admin.bad_changed)),
            Self::NoteNeeded => (Some(NOTE), tr!(locale, admin.bad_note)),
            Self::NoteTooLong => (Some(NOTE), tr!(locale, admin.bad_note_long)),
            Self::NameNeeded => (Some(PersonField::Surname.code()), tr!(locale, admin.bad_name)),
            Self::NameWrong(field) => (Some(field.code()), tr!(locale, admin.bad_name_part)),
            Self::ChildNeeded => (Some(CHILD_FIND), tr!(locale, admin.bad_child)),
            Self::ChildUnknown => (Some(CHILD_FIND), tr!(locale, admin.bad_child_unknown)),
            Self::SamePerson => (Some(CHILD_FIND), tr!(locale, admin.bad_same_person)),
            Self::Several => (None, tr!(locale, admin.bad_several)),
        };
        ErrorItem { field: field.map(str::to_owned), text: text.to_owned() }
    }
}

/// An open request.
#[derive(Clone)]
pub struct ReviewPane {
    /// The request.
    pub detail: ReviewDetail,
    /// What the form holds.
    pub form: DecisionForm,
    /// Why nothing was decided.
    pub problem: Option<ReviewProblem>,
}

/// The open request.
pub(super) fn pane_view(ctx: &PageContext, pane: ReviewPane, tab: ReviewTab) -> AnyView {
    let locale = ctx.locale;
    let ReviewPane { detail, form, problem } = pane;
    let undecided = detail.line.state.is_undecided();
    let state = if undecided { due_chip(ctx, detail.line.answer_by, true) } else { decision_chip(ctx, &detail.line) };
    let items: Vec<ErrorItem> = problem.map(|problem| problem.item(locale)).into_iter().collect();
    let note = detail.note.clone().map(|note| {
        view! {
            <div>
                <h3>{tr!(locale, admin.note_of_decision)}</h3>
                <p>
                    <bdi>{note}</bdi>
                </p>
            </div>
        }
    });
    let erased = detail.fields.is_empty().then(|| view! { <p class="muted small">{tr!(locale, admin.erased)}</p> });
    let compare = (!detail.fields.is_empty()).then(|| compare(locale, &detail));
    let decide = undecided.then(|| decide(ctx, &detail, form, problem, tab));
    view! {
        <aside class="card leaf stack" aria-labelledby="rq">
            <ErrorSummary title=tr!(locale, admin.check).to_owned() items=items />
            <div>
                {state} <h2 id="rq" class="near">
                    <bdi>{title(locale, &detail.line)}</bdi>
                </h2>
                <p class="muted small">
                    {detail.line.number.map(|number| request_number(locale, number))} " · "
                    {tr!(locale, admin.mobile_proved)}
                </p>
            </div>
            {compare}
            {erased}
            {note}
            {decide}
        </aside>
    }
    .into_any()
}

fn compare(locale: Locale, detail: &ReviewDetail) -> AnyView {
    let rows = detail.fields.iter().map(|field| compare_row(locale, field)).collect_view();
    view! {
        <table class="compare">
            <caption class="vh">{tr!(locale, admin.compare)}</caption>
            <thead>
                <tr>
                    <td></td>
                    <th scope="col">{tr!(locale, admin.claimed)}</th>
                    <th scope="col">{tr!(locale, admin.on_record)}</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}

fn compare_row(locale: Locale, field: &ReviewField) -> AnyView {
    let name = match field.item {
        ReviewItem::Name => tr!(locale, admin.item_name),
        ReviewItem::BirthDate => tr!(locale, admin.item_birth_date),
        ReviewItem::Mobile => tr!(locale, admin.item_mobile),
        ReviewItem::Email => tr!(locale, admin.item_email),
        ReviewItem::Child => tr!(locale, admin.item_child),
        ReviewItem::Relation => tr!(locale, admin.item_relation),
    };
    let not_asked = matches!(field.item, ReviewItem::Name | ReviewItem::Relation);
    let claimed_none = if not_asked { tr!(locale, admin.not_asked) } else { tr!(locale, admin.nothing) };
    let class = field.differs.then_some("diff");
    let differs = field.differs.then(|| view! { <span class="vh">{tr!(locale, admin.differs)}</span> });
    view! {
        <tr>
            <th scope="row">{name}</th>
            <td class=class>{value(locale, field.claimed.as_ref(), claimed_none)} {differs}</td>
            <td class=class>{value(locale, field.on_record.as_ref(), tr!(locale, admin.nothing))}</td>
        </tr>
    }
    .into_any()
}

fn value(locale: Locale, value: Option<&ReviewValue>, none: &'static str) -> AnyView {
    let number = |text: String| view! { <bdi class="ltr num">{text}</bdi> }.into_any();
    match value {
        None => view! { <span class="muted">{none}</span> }.into_any(),
        Some(ReviewValue::Text(text)) => view! { <bdi>{text.clone()}</bdi> }.into_any(),
        Some(ReviewValue::Date(date)) => number(PersonField::BirthDate.shown(&date.to_iso())),
        Some(ReviewValue::Mobile(mobile)) => number(PersonField::Mobile.shown(mobile.e164())),
        Some(ReviewValue::Email(email)) => number(email.as_str().to_owned()),
        Some(ReviewValue::Relation(relation)) => relation_name(locale, *relation).into_any(),
    }
}

/// The form, or why somebody else has to decide.
fn decide(
    ctx: &PageContext,
    detail: &ReviewDetail,
    form: DecisionForm,
    problem: Option<ReviewProblem>,
    tab: ReviewTab,
) -> AnyView {
    let locale = ctx.locale;
    if detail.own_family {
        return others(tr!(locale, admin.own_family));
    }
    let (advice, may_approve) = match detail.record {
        ReviewRecord::OutOfReach => return others(tr!(locale, admin.out_of_reach)),
        ReviewRecord::Several => (tr!(locale, admin.several), false),
        ReviewRecord::Nobody => (tr!(locale, admin.advice_nobody), true),
        ReviewRecord::Known(_) => (tr!(locale, admin.advice_known), true),
        ReviewRecord::HasAccount(_) => (tr!(locale, admin.advice_account), true),
    };
    let may_approve = may_approve && detail.removal.is_none_or(|removal| removal.may_undo);
    let removal = detail.removal.map(|removal| removal_note(ctx, removal));
    let error = problem.and_then(|problem| match problem {
        ReviewProblem::NoteNeeded => Some(tr!(locale, admin.bad_note).to_owned()),
        ReviewProblem::NoteTooLong => Some(tr!(locale, admin.bad_note_long).to_owned()),
        _ => None,
    });
    let has_relation =
        detail.fields.iter().any(|field| field.item == ReviewItem::Relation && field.on_record.is_some());
    let name = (detail.record == ReviewRecord::Nobody).then(|| name_fields(locale, &form, problem));
    let child = detail.line.child.is_none().then(|| child_fields(locale, &form, problem));
    let relation = (may_approve && !has_relation).then(|| relation_field(locale, form.relation));
    let account =
        matches!(detail.record, ReviewRecord::HasAccount(_)).then(|| replace_tick(locale, form.replace_mobile));
    let approve = may_approve.then(|| {
        view! {
            <button class="btn s" name=DO value="approve">
                <Icon name=IconName::Check />
                {tr!(locale, admin.approve)}
            </button>
        }
    });
    view! {
        <Note tone=Tone::Warn icon=IconName::Phone>
            <p>{tr!(locale, admin.call_first)}</p>
            <p class="small">{advice}</p>
        </Note>
        {removal}
        <form method="post" action=AdminSection::Review.path() class="decide">
            <input type="hidden" name="id" value=detail.line.id.to_string() />
            <input type="hidden" name="version" value=detail.line.version.to_string() />
            <input type="hidden" name="state" value=tab.code() />
            <Field
                id=NOTE
                name=NOTE
                label=tr!(locale, admin.note)
                hint=tr!(locale, admin.note_hint)
                error=error
                value=form.note.clone()
                maxlength=u16::try_from(NOTE_MAX).unwrap_or(u16::MAX)
            />
            {name}
            {child}
            {relation}
            {account}
            <div class="btns">
                {approve}
                <button class="btn quiet s" name=DO value="postpone">
                    {tr!(locale, admin.postpone)}
                </button>
            </div>
            {refuse(locale)}
        </form>
    }
    .into_any()
}

/// Staff have ended before what is asked for: whether approving would begin it anew, or is for others.
fn removal_note(ctx: &PageContext, removal: ReviewRemoval) -> AnyView {
    let locale = ctx.locale;
    let when = short(ctx, removal.at);
    let (icon, words) = if removal.may_undo {
        (IconName::Alert, tr!(locale, admin.removed_before, when = when))
    } else {
        (IconName::Lock, tr!(locale, admin.removed_others, when = when))
    };
    view! {
        <Note tone=Tone::Warn icon=icon>
            <p>{words}</p>
        </Note>
    }
    .into_any()
}

fn others(words: &'static str) -> AnyView {
    view! {
        <Note tone=Tone::Warn icon=IconName::Lock>
            <p>{words}</p>
        </Note>
    }
    .into_any()
}

/// Refusing can't be undone, so it asks first: the answer opens below the question.
fn refuse(locale: Locale) -> AnyView {
    view! {
        <details class="sure">
            <summary class="btn danger s">{tr!(locale, admin.refuse)}</summary>
            <p class="small">{tr!(locale, admin.refuse_sure)}</p>
            <button class="btn danger s" name=DO value="refuse">
                {tr!(locale, admin.refuse_do)}
            </button>
        </details>
    }
    .into_any()
}

/// Somebody whom the school does not know is entered with the name that the decider has seen.
fn name_fields(locale: Locale, form: &DecisionForm, problem: Option<ReviewProblem>) -> AnyView {
    let error = |field: PersonField| match problem {
        Some(ReviewProblem::NameNeeded) if field == PersonField::Surname => {
            Some(tr!(locale, admin.bad_name).to_owned())
        }
        Some(ReviewProblem::NameWrong(wrong)) if wrong == field => Some(tr!(locale, admin.bad_name_part).to_owned()),
        _ => None,
    };
    let fields = [
        (PersonField::Surname, form.surname.clone()),
        (PersonField::GivenName, form.given_name.clone()),
        (PersonField::Patronymic, form.patronymic.clone()),
    ]
    .into_iter()
    .map(|(field, value)| {
        view! {
            <Field
                id=field.code()
                name=field.code()
                label=field_name(locale, field)
                error=error(field)
                value=value
                maxlength=100_u16
            />
        }
    })
    .collect_view();
    view! {
        <fieldset class="group">
            <legend>{tr!(locale, admin.new_person)}</legend>
            <p class="hint">{tr!(locale, admin.new_person_why)}</p>
            {fields}
        </fieldset>
    }
    .into_any()
}

/// The child, where nobody on the roster has the number that was typed.
fn child_fields(locale: Locale, form: &DecisionForm, problem: Option<ReviewProblem>) -> AnyView {
    let error = problem.and_then(|problem| match problem {
        ReviewProblem::ChildNeeded => Some(tr!(locale, admin.bad_child).to_owned()),
        ReviewProblem::ChildUnknown => Some(tr!(locale, admin.bad_child_unknown).to_owned()),
        ReviewProblem::SamePerson => Some(tr!(locale, admin.bad_same_person).to_owned()),
        _ => None,
    });
    let (class, described) = (field_class(error.is_some()), described_by(CHILD_FIND, true, error.is_some()));
    let choices = form
        .children
        .iter()
        .map(|child| {
            let checked = child.id == form.child;
            view! {
                <label class="tick">
                    <input type="radio" name="child" value=child.id.clone() checked=checked />
                    <span>
                        <bdi>{child.name.clone()}</bdi>
                        " "
                        <span class="muted small">
                            <bdi>{child.classes.clone()}</bdi>
                        </span>
                    </span>
                </label>
            }
        })
        .collect_view();
    view! {
        <fieldset class="group">
            <legend>{tr!(locale, admin.which_child)}</legend>
            <div class=class>
                <label for=CHILD_FIND>{tr!(locale, admin.child_find)}</label>
                <p class="hint" id=format!("{CHILD_FIND}-h")>
                    {tr!(locale, admin.child_find_hint)}
                </p>
                {error.map(|error| error_line(format!("{CHILD_FIND}-e"), error))}
                <div class="with">
                    <input
                        class="input"
                        id=CHILD_FIND
                        name=CHILD_FIND
                        value=form.child_text.clone()
                        maxlength="100"
                        autocomplete="off"
                        aria-describedby=described
                    />
                    <button class="btn second s" name=DO value="find-child">
                        <Icon name=IconName::Search />
                        {tr!(locale, admin.find)}
                    </button>
                </div>
            </div>
            {choices}
        </fieldset>
    }
    .into_any()
}

fn relation_field(locale: Locale, chosen: Option<Relation>) -> AnyView {
    let options = Relation::ALL
        .into_iter()
        .map(|relation| {
            let selected = relation == chosen.unwrap_or(Relation::Guardian);
            view! {
                <option value=relation.code() selected=selected>
                    {relation_name(locale, relation)}
                </option>
            }
        })
        .collect_view();
    view! {
        <div class="field">
            <label for="relation">{tr!(locale, admin.relation)}</label>
            <span class="pick">
                <select class="select" id="relation" name="relation">
                    {options}
                </select>
                <Icon name=IconName::Down />
            </span>
        </div>
    }
    .into_any()
}

fn replace_tick(locale: Locale, checked: bool) -> AnyView {
    view! {
        <label class="tick">
            <input
                type="checkbox"
                name="replace_mobile"
                value="1"
                checked=checked
                aria-describedby="replace-h"
            />
            <span>{tr!(locale, admin.replace_mobile)}</span>
        </label>
        <p class="hint" id="replace-h">
            {tr!(locale, admin.replace_mobile_why)}
        </p>
    }
    .into_any()
}
