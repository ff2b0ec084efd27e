//! The parts of a page and of its forms, one function each. Every part is drawn to an erased view, so that each kind of
//! part is compiled once, however many pages have it.

use leptos::html;
use leptos::prelude::*;

use super::fields::{More, field_view};
use super::new_password::new_password;
use super::state::Scope;
use super::{AnswerRow, Block, Choices, Link, Pick, Resend, Rich, Span, Stage, StageState, Tick};
use crate::components::{Icon, Note, NoteProps, SendAgain, described_by, error_line};
use crate::icons::IconName;

/// One part.
pub fn block_view(scope: Scope, block: Block) -> AnyView {
    match block {
        Block::Text(text) => view! { <p>{rich(text)}</p> }.into_any(),
        Block::Heading(words) => view! { <h2>{words}</h2> }.into_any(),
        Block::Note { tone, icon, role, text } => {
            let role = role.map(|role| if role == "alert" { "alert" } else { "status" });
            let children: Children = Box::new(move || view! { <p class="small">{rich(text)}</p> }.into_any());
            Note(NoteProps { tone, icon, role, children }).into_any()
        }
        Block::Field(field) => field_view(scope, field, More::default()),
        Block::Choices(choices) => choices_view(scope, choices),
        Block::Tick(tick) => tick_view(scope, tick),
        Block::Pick(pick) => pick_view(scope, pick),
        Block::NewPassword(password) => new_password(scope, password),
        Block::Resend(resend) => resend_view(scope, resend),
        Block::Details { summary, text } => view! {
            <details class="more">
                <summary>{summary}</summary>
                <p class="small">{rich(text)}</p>
            </details>
        }
        .into_any(),
        Block::Answers(rows) => {
            view! { <dl class="answers">{rows.into_iter().map(answer).collect_view()}</dl> }.into_any()
        }
        Block::Stages(stages) => {
            view! { <ol class="stages">{stages.into_iter().map(stage).collect_view()}</ol> }.into_any()
        }
        Block::Links(links) => links_view(links),
    }
}

/// A text with its links and left-to-right parts.
pub fn rich(text: Rich) -> AnyView {
    text.0.into_iter().map(span).collect_view().into_any()
}

fn span(Span { text, href, ltr, strong, new_window }: Span) -> AnyView {
    let mut view = if ltr { view! { <bdi class="ltr num">{text}</bdi> }.into_any() } else { text.into_any() };
    if strong {
        view = view! { <strong>{view}</strong> }.into_any();
    }
    match href {
        Some(href) => view! {
            <a href=href target=new_window.then_some("_blank") rel=new_window.then_some("noopener")>
                {view}
            </a>
        }
        .into_any(),
        None => view,
    }
}

/// The class of what a question is made of.
fn field_class(wrong: bool) -> &'static str {
    if wrong { "field has-err" } else { "field" }
}

/// Hint and error of a question, in this order.
fn advice(id: &str, hint: Option<String>, error: Option<String>) -> AnyView {
    let hint_id = format!("{id}-h");
    let hint = hint.map(|hint| view! { <p class="hint" id=hint_id>{hint}</p> });
    (hint, error.map(|error| error_line(format!("{id}-e"), error))).into_any()
}

/// Radio buttons. The first one has the group's `id`, so that the list of problems leads to it.
fn choices_view(scope: Scope, Choices { name, legend, hint, error, options, chosen }: Choices) -> AnyView {
    let description = described_by(&name, hint.is_some(), error.is_some());
    let class = field_class(error.is_some());
    let advice = advice(&name, hint, error);
    let options = options.into_iter().enumerate().map(|(index, option)| {
        let id = if index == 0 { name.clone() } else { format!("{name}-{}", option.value) };
        let checked = option.value == chosen;
        view! {
            <label class="tick">
                <input
                    type="radio"
                    id=id
                    name=name.clone()
                    checked=checked
                    value=option.value
                    on:change=move |_| scope.chosen.update(|count| *count = count.wrapping_add(1))
                />
                <span lang=option.lang>{option.text}</span>
            </label>
        }
    });
    view! {
        <fieldset class=class aria-describedby=description>
            <legend>{legend}</legend>
            {advice}
            <div class="choices">{options.collect_view()}</div>
        </fieldset>
    }
    .into_any()
}

fn tick_view(scope: Scope, Tick { name, value, text, hint, error, ticked }: Tick) -> AnyView {
    let description = described_by(&name, hint.is_some(), error.is_some());
    let wrong = error.is_some();
    let advice = advice(&name, hint, error);
    view! {
        <div class=field_class(wrong)>
            {advice}
            <label class="tick">
                <input
                    type="checkbox"
                    id=name.clone()
                    name=name
                    value=value
                    checked=ticked
                    aria-describedby=description
                    aria-invalid=wrong.then_some("true")
                    on:change=move |_| scope.chosen.update(|count| *count = count.wrapping_add(1))
                />
                <span>{rich(text)}</span>
            </label>
        </div>
    }
    .into_any()
}

/// A drop-down, and the further field that one of its values opens. Without script that field is always there.
fn pick_view(scope: Scope, pick: Pick) -> AnyView {
    let Pick { name, label, hint, error, options, chosen, more_when, more } = pick;
    let description = described_by(&name, hint.is_some(), error.is_some());
    let wrong = error.is_some();
    let advice = advice(&name, hint, error);
    let node = NodeRef::<html::Select>::new();
    // What is chosen, once the script is there.
    let now = RwSignal::new(None::<String>);
    let look = move || now.set(node.get_untracked().map(|select| select.value()));
    #[cfg(feature = "hydrate")]
    Effect::new(move |_| look());
    let options = options.into_iter().map(|option| {
        let selected = option.value == chosen;
        view! {
            <option selected=selected value=option.value lang=option.lang>
                {option.text}
            </option>
        }
    });
    let further = more.map(|more| {
        let closed = move || more_when.is_some() && now.with(|now| now.is_some() && *now != more_when);
        view! { <div hidden=closed>{field_view(scope, more, More::default())}</div> }
    });
    view! {
        <div class=field_class(wrong)>
            <label for=name.clone()>{label}</label>
            {advice}
            <span class="pick">
                <select
                    class="select"
                    id=name.clone()
                    name=name
                    aria-describedby=description
                    aria-invalid=wrong.then_some("true")
                    on:change=move |_| look()
                    node_ref=node
                >
                    {options.collect_view()}
                </select>
                <Icon name=IconName::Down />
            </span>
        </div>
        {further}
    }
    .into_any()
}

fn resend_view(scope: Scope, Resend { wait_s, clock, words, button, none }: Resend) -> AnyView {
    view! { <SendAgain wait_s clock words button none busy=scope.busy /> }.into_any()
}

fn answer(AnswerRow { name, value, ltr, change, change_label }: AnswerRow) -> AnyView {
    let value = if ltr { view! { <bdi class="ltr num">{value}</bdi> }.into_any() } else { value.into_any() };
    let label = (!change_label.is_empty()).then_some(change_label);
    view! {
        <div>
            <dt>{name}</dt>
            <dd>{value}</dd>
            {change
                .map(|link| {
                    view! {
                        <dd class="act">
                            <a href=link.href aria-label=label>
                                {link.text}
                            </a>
                        </dd>
                    }
                })}
        </div>
    }
    .into_any()
}

fn stage(Stage { text, state, word }: Stage) -> AnyView {
    let (class, icon) = match state {
        StageState::Waiting => ("waiting", IconName::Dot),
        StageState::Running => ("running", IconName::Spin),
        StageState::Done => ("done", IconName::Check),
    };
    view! {
        <li class=class>
            <Icon name=icon />
            <span>
                {text} " " <small>{word}</small>
            </span>
        </li>
    }
    .into_any()
}

/// Links, one under the other; the first looks like a button.
fn links_view(links: Vec<Link>) -> AnyView {
    let items = links.into_iter().enumerate().map(|(index, link)| {
        let class = if index == 0 { "btn" } else { "onward" };
        view! {
            <li>
                <a class=class href=link.href>
                    {link.text}
                </a>
            </li>
        }
    });
    view! { <ul class="ways-on">{items.collect_view()}</ul> }.into_any()
}
