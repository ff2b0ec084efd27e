//! The demo's inbox and its people. These addresses exist in the demo only.

use app::pages;
use app::pages::inbox::{Channel, InboxItem};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use axum::{Json, Router};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::context::Page;
use super::errors::Failure;
use super::pages::document;
use super::time_text::rfc3339;
use crate::demo::{Demo, DemoPerson};
use crate::state::AppState;

/// The routes; none outside the demo.
pub fn router(state: &AppState) -> Router<AppState> {
    if state.demo.is_none() {
        return Router::new();
    }
    Router::new()
        .route("/demo/inbox", get(page))
        .route("/demo/inbox.json", get(json))
        .route("/demo/people.json", get(people))
}

fn demo(state: &AppState) -> Result<&Demo, Failure> {
    state.demo.as_ref().ok_or(Failure::status(StatusCode::NOT_FOUND))
}

fn messages(state: &AppState, request_id: &str) -> Result<Vec<InboxItem>, Failure> {
    demo(state)?.messages().map_err(|error| Failure::fault("DEMO-01", &error, request_id))
}

/// What to show: one channel, one message.
#[derive(Default, Deserialize)]
struct Shown {
    #[serde(default)]
    show: String,
    #[serde(default)]
    m: Option<String>,
}

async fn page(
    State(state): State<AppState>,
    Page(page): Page,
    Query(shown): Query<Shown>,
) -> Result<Response, Failure> {
    let items = messages(&state, &page.request_id)?;
    let meta = pages::inbox::meta(&page);
    Ok(document(StatusCode::OK, &page, meta, |page| {
        let ctx = page.clone();
        let show = Channel::from_code(&shown.show);
        view! { <pages::inbox::Inbox ctx items show selected=shown.m /> }.into_any()
    }))
}

/// A message, for programs.
#[derive(Serialize)]
struct Message {
    channel: &'static str,
    to: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    html: Option<String>,
    at: String,
}

async fn json(State(state): State<AppState>, Page(page): Page) -> Result<Json<Vec<Message>>, Failure> {
    let items = messages(&state, &page.request_id)?;
    let message = |item: InboxItem| Message {
        channel: item.channel.code(),
        to: item.to,
        subject: item.subject,
        text: item.text,
        html: item.html,
        at: rfc3339(item.at),
    };
    Ok(Json(items.into_iter().map(message).collect()))
}

async fn people(State(state): State<AppState>) -> Result<Json<Vec<DemoPerson>>, Failure> {
    Ok(Json(demo(&state)?.people().to_vec()))
}
