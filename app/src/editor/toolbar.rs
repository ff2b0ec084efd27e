//! Above the table: title, undo and redo, the filter, how many can sign in, and the one line that says how the page is.

use std::sync::Arc;

use leptos::prelude::*;

use super::board::{Board, PageLook, Pasted, SharedBoard, Trouble};
use super::words::{Counted, put};
use crate::components::Icon;
use crate::icons::IconName;
use crate::text::around;

/// Both lines above the table.
pub fn toolbar_view(board: &SharedBoard) -> AnyView {
    let head = &board.boot.words.head;
    let page = board.page;
    let undo = button(&head.undo, "undo", IconName::Undo, Signal::derive(move || page.with(|page| page.can_undo)));
    let redo = button(&head.redo, "redo", IconName::Redo, Signal::derive(move || page.with(|page| page.can_redo)));
    let status = {
        let board = Arc::clone(board);
        move || page.with(|page| status_view(&board, page))
    };
    view! {
        <div class="toolbar">
            <div class="title">
                <h1>{head.title.clone()}</h1>
                {board.boot.editable.then(|| view! { <p class="muted small">{head.notice.clone()}</p> })}
            </div>
            {board
                .boot
                .editable
                .then(|| {
                    view! {
                        <div class="end live">
                            {undo}
                            {redo}
                        </div>
                    }
                })}
        </div>
        <div class="toolbar tight">
            {filter_view(board)}
            {count_view(board)}
            <div class="save end" role="status" id="save">
                {status}
            </div>
        </div>
    }
    .into_any()
}

/// A button that says when there is nothing to do for it.
fn button(label: &str, what: &'static str, icon: IconName, can: Signal<bool>) -> AnyView {
    view! {
        <button
            type="button"
            class="btn second s icon"
            data-do=what
            aria-label=label.to_owned()
            title=label.to_owned()
            aria-disabled=move || (!can.get()).then_some("true")
        >
            <Icon name=icon />
        </button>
    }
    .into_any()
}

fn filter_view(board: &SharedBoard) -> AnyView {
    let only = board.only_unready;
    let words = board.boot.words.head.not_ready.clone();
    let path = board.boot.path();
    let to_all = path.clone();
    let text = {
        let board = Arc::clone(board);
        move || {
            let (able, all) = board.able();
            put(&words, "n", &all.saturating_sub(able).to_string())
        }
    };
    view! {
        <a
            class="btn second s"
            href=move || if only.get() { to_all.clone() } else { format!("{path}?show=not-ready") }
            data-do="filter"
            aria-current=move || only.get().then_some("true")
        >
            <Icon name=IconName::Filter />
            <span>{text}</span>
        </a>
    }
    .into_any()
}

/// «21 из 25 могут войти»
fn count_view(board: &SharedBoard) -> AnyView {
    let board = Arc::clone(board);
    let text = move || {
        let (able, all) = board.able();
        let head = &board.boot.words.head;
        let count = put(&put(&head.of, "a", &able.to_string()), "b", &all.to_string());
        around(head.able.form(board.locale, able), view! { <strong class="num">{count}</strong> })
    };
    view! { <span class="small">{text}</span> }.into_any()
}

/// The line below a filtered table.
pub fn rest_view(board: &SharedBoard) -> AnyView {
    let board = Arc::clone(board);
    let only = board.only_unready;
    let line = move || {
        only.get().then(|| {
            let head = &board.boot.words.head;
            let shown = board.rows.iter().filter(|row| !row.hidden.get()).count();
            let text = put(&put(&head.shown, "a", &shown.to_string()), "b", &board.rows.len().to_string());
            view! {
                <div class="row rest">
                    <span class="muted small">{text}</span>
                    <a class="small" href=board.boot.path() data-do="filter">
                        {head.show_all.clone()}
                    </a>
                </div>
            }
        })
    };
    line.into_any()
}

/// Problems first, each leading to its first cell; then what is under way; then what is saved.
fn status_view(board: &Board, page: &PageLook) -> AnyView {
    let words = &board.boot.words.status;
    let locale = board.locale;
    let trouble = |class: &'static str, icon: IconName, what: &'static str, trouble: Trouble, words: &Counted| {
        (trouble.count > 0).then(|| {
            let href = trouble.first.map_or_else(|| "#grid".to_owned(), |place| format!("#{}", place.id()));
            view! {
                <a class=class href=href data-do=what>
                    <Icon name=icon />
                    {words.of(locale, trouble.count.into())}
                </a>
            }
        })
    };
    let plain = |class: &'static str, icon: IconName, text: String| {
        view! {
            <span class=class>
                <Icon name=icon />
                {text}
            </span>
        }
    };
    // In a window of its own where this one holds what would be lost.
    let link = |text: &str, href: String, words: &str, elsewhere: bool| {
        view! {
            <span class="bad">
                <Icon name=IconName::Alert />
                {text.to_owned()}
                " "
                <a class="bad" href=href target=elsewhere.then_some("_blank") rel=elsewhere.then_some("noopener")>
                    {words.to_owned()}
                </a>
            </span>
        }
    };
    let open = page.failed.count + page.conflicts.count + page.proof.count + page.saving + page.waiting;
    let saved = page.saved_at.map(|at| {
        let text = if open == 0 { &words.saved } else { &words.rest_saved };
        plain("good", IconName::Check, board.at(text, at))
    });
    let offline = (page.offline && page.waiting == 0).then(|| plain("warn", IconName::Off, words.offline.clone()));
    let waiting =
        (page.waiting > 0).then(|| plain("warn", IconName::Off, words.waiting.of(locale, page.waiting.into())));
    let saving = (page.saving > 0).then(|| plain("going", IconName::Spin, words.saving.of(locale, page.saving.into())));
    let signed_out = if page.cleared { &words.signed_out_here } else { &words.signed_out };
    let sign_in = format!("/sign-in?next={}", board.boot.path());
    view! {
        {page.signed_out.then(|| link(signed_out, sign_in, &words.sign_in, page.cleared))}
        {page.outdated.then(|| link(&words.outdated, board.boot.path(), &words.reload, false))}
        {page.pasted.and_then(|pasted| pasted_view(board, pasted))}
        {trouble("bad", IconName::Stop, "visit", page.failed, &words.failed)}
        {trouble("warn", IconName::People, "visit", page.conflicts, &words.conflicts)}
        {trouble("warn", IconName::Key, "prove", page.proof, &words.proof)}
        {offline}
        {waiting}
        {saving}
        {saved}
    }
    .into_any()
}

/// What a paste did: only what is worth telling.
fn pasted_view(board: &Board, pasted: Pasted) -> Option<AnyView> {
    let words = &board.boot.words.status;
    let parts = [(&words.pasted, pasted.changed), (&words.unfit, pasted.unfit), (&words.outside, pasted.outside)];
    let parts: Vec<_> = parts.into_iter().filter(|(_, n)| *n > 0).map(|(words, n)| words.of(board.locale, n)).collect();
    (!parts.is_empty()).then(|| {
        let class = if pasted.unfit + pasted.outside > 0 { "warn" } else { "news" };
        view! {
            <span class=class>
                <Icon name=IconName::Info />
                {parts.join(" · ")}
            </span>
        }
        .into_any()
    })
}
