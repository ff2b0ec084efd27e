//! `/admin/deliveries`: what was sent, and what became of it.

use app::pages::admin::deliveries::{DeliveriesPage, DeliveryChoice, deliveries_view, meta};
use app::pages::admin::{AdminSection, days};
use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use services::deliveries::{DeliveryFilter, DeliveryState};
use services::outbox::Channel;

use super::{Asking, PAGE_ROWS, known};
use crate::http::context::SignedInVisit;
use crate::http::errors::Failure;
use crate::http::pages::document;

/// What narrows the log; `before` is the cursor.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    person: String,
    channel: String,
    state: String,
    since: String,
    until: String,
    before: String,
}

/// `GET /admin/deliveries`
pub(super) async fn page(
    SignedInVisit { state, page, visit, session }: SignedInVisit,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let asking = Asking { state: &state, page: &page, visit: &visit, session: &session };
    let Asked { mut person, mut channel, state: mut of, mut since, mut until, before } = asked;
    let filter = DeliveryFilter {
        person: known(&mut person, |text| text.parse().ok()),
        channel: known(&mut channel, Channel::from_code),
        state: known(&mut of, DeliveryState::from_code),
        since: known(&mut since, |day| days::begins(&page, day)),
        until: known(&mut until, |day| days::ends(&page, day)),
        limit: PAGE_ROWS,
    };
    let listed = state.portal.deliveries().list(&visit, &session, &filter, before.parse().ok()).await;
    let listed = listed.map_err(|error| asking.refused(&error))?;
    let data = DeliveriesPage {
        frame: asking.frame(AdminSection::Deliveries),
        choice: DeliveryChoice { person, channel, state: of, since, until },
        lines: listed.items,
        next: listed.next.map(|id| id.to_string()),
    };
    Ok(document(StatusCode::OK, &page, meta(&page), |page| deliveries_view(page, data)))
}
