//! The browser's side of the boxes: sends what was ticked, waits where it must, and warns whoever leaves too early.

use std::time::Duration;

use domain::boxes::{BoxAnswer, BoxId, BoxSend, Boxes};
use gloo_net::http::Request;
use leptos::prelude::*;
use wasm_bindgen::JsCast as _;

use super::{BOXES_ID, MEMBER};
use crate::asking::{patiently, retry_after_ms};

/// Unix milliseconds.
#[allow(clippy::cast_possible_truncation, reason = "whole milliseconds of this era")]
fn now() -> i64 {
    js_sys::Date::now() as i64
}

/// Takes over once the boxes are hydrated, with what was ticked before the script was there.
pub fn start(boxes: RwSignal<Boxes>) {
    let early = ticked_early();
    // The boxes are hydrated as the server sent them; then they take what was ticked meanwhile.
    set_timeout(
        move || {
            for (id, member) in early {
                boxes.update(|boxes| {
                    if boxes.is_ticked(&id) != member {
                        boxes.tick(&id, member);
                    }
                });
            }
            pump(boxes);
        },
        Duration::ZERO,
    );
    for (event, online) in [("online", true), ("offline", false)] {
        window_event_listener_untyped(event, move |_| {
            boxes.update(|boxes| boxes.connection(online));
            pump(boxes);
        });
    }
    window_event_listener_untyped("beforeunload", move |event| {
        if boxes.with_untracked(Boxes::unsent) {
            event.prevent_default();
            // Older browsers ask by this.
            if let Ok(event) = event.dyn_into::<web_sys::BeforeUnloadEvent>() {
                event.set_return_value("unsent");
            }
        }
    });
}

/// What the boxes in the page show now.
fn ticked_early() -> Vec<(BoxId, bool)> {
    let Ok(found) = document().query_selector_all(&format!("#{BOXES_ID} input[name=\"{MEMBER}\"]")) else {
        return Vec::new();
    };
    (0..found.length())
        .filter_map(|at| found.item(at)?.dyn_into::<web_sys::HtmlInputElement>().ok())
        .filter_map(|input| {
            let value = input.value();
            let (group, student) = value.split_once(':')?;
            Some((BoxId { group: group.to_owned(), student: student.to_owned() }, input.checked()))
        })
        .collect()
}

/// Sends what waits, one after another.
pub fn pump(boxes: RwSignal<Boxes>) {
    let Some(send) = boxes.try_update(|boxes| boxes.next(now())).flatten() else { return };
    wasm_bindgen_futures::spawn_local(async move {
        let answer = deliver(&send).await;
        boxes.update(|boxes| boxes.answered(answer, now()));
        match boxes.with_untracked(Boxes::retry_at) {
            Some(at) => {
                let wait = u64::try_from(at - now()).unwrap_or_default();
                set_timeout(move || pump(boxes), Duration::from_millis(wait + 1));
            }
            None => pump(boxes),
        }
    });
}

async fn deliver(send: &BoxSend) -> BoxAnswer {
    let url = format!("/api/v1/groups/{}/members/{}", send.id.group, send.id.student);
    let request = if send.member { Request::put(&url) } else { Request::delete(&url) };
    let Ok(response) = patiently(request).send().await else { return BoxAnswer::NoConnection };
    match response.status() {
        200 | 204 => BoxAnswer::Stored,
        401 => BoxAnswer::SignedOut,
        429 | 502..=504 => BoxAnswer::Busy { retry_after_ms: retry_after_ms(&response) },
        _ => BoxAnswer::Refused,
    }
}
