//! `/api/v1/classes/{id}/events`: what happens in a class while it is open, as server-sent events.
//!
//! The stream ends with the session (or the token), when whoever listens leaves, and when the process stops. It holds no
//! place among the requests under way, but one among the streams, and listening does not prolong the session.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::{HeaderName, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use domain::{Permission, PersonRecord};
use futures_util::stream;
use serde::Serialize;
use services::api_clients::ApiScope;
use services::class_events::{ClassEvent, Present, Subscription};
use services::sessions::Session;
use services::{ClassId, PersonId, Portal, Visit};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval, interval_at};
use utoipa::ToSchema;

use super::extract::{Actor, From};
use super::problem::Problem;
use crate::state::{AppState, StreamPlace};

/// How often it is looked whether the session goes on.
const LOOK_EVERY: Duration = Duration::from_secs(30);
/// How often somebody who listens is noted as present.
const BEAT_EVERY: Duration = Duration::from_secs(20);
/// How often a comment is sent, so that nothing on the way takes the connection for a dead one.
const COMMENT_EVERY: Duration = Duration::from_secs(15);
/// Seconds after which to try again when there are too many streams.
const RETRY_AFTER_S: u32 = 15;

/// `event: person`: somebody's data was changed.
#[derive(Serialize, ToSchema)]
pub struct PersonChangedEvent {
    /// The person as stored now.
    person: PersonRecord,
    /// Who changed it, in the short form; empty when nobody of the staff did.
    by: String,
    /// Whether it was the one who listens.
    by_me: bool,
    /// When, Unix milliseconds.
    at: i64,
}

/// `event: presence`: who has the class open.
#[derive(Serialize, ToSchema)]
pub struct PresenceEvent {
    /// Each person once.
    people: Vec<PresentPerson>,
}

/// Somebody who has the class open.
#[derive(Serialize, ToSchema)]
pub struct PresentPerson {
    /// The name, in the short form.
    name: String,
    /// Two letters of it.
    initials: String,
    /// Whether it is the one who listens.
    me: bool,
}

/// What happens in a class
///
/// Server-sent events for as long as the session lasts. `person`: a change was stored, the data is a
/// `PersonChangedEvent`. `presence`: who has the class open, the data is a `PresenceEvent`; it comes at the beginning and
/// with each change. `reload`: something else has changed, read the class anew. A comment comes every 15 seconds.
#[utoipa::path(
    get, path = "/classes/{id}/events", tag = "classes", operation_id = "listenToClass",
    security(("session" = []), ("token" = ["read:classes"])),
    params(("id" = String, Path, description = "The class's id")),
    responses(
        (status = 200, description = "The events", body = String, content_type = "text/event-stream"),
        (status = 401, description = "Not signed in", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not allowed", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such class", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Too many streams, of one's own or in all", body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn listen(
    State(state): State<AppState>,
    From(visit): From,
    actor: Actor,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let session = actor.with(ApiScope::ReadClasses).await?.clone();
    let class: ClassId = id.parse().map_err(|_| Problem::not_found())?;
    let found = state.portal.access().class(&visit, &session, Permission::ReadContacts, class).await;
    found.map_err(|error| Problem::access(&error, &visit.request_id))?;
    let place = state.streams().take(actor.owner()).ok_or_else(|| Problem::busy(RETRY_AFTER_S))?;
    let listener = Listener {
        _place: place,
        subscription: state.portal.class_events().subscribe(class),
        seat: actor.session().map(|session| Seat { portal: state.portal.clone(), session: Arc::clone(session), class }),
        state,
        visit,
        actor,
        session,
        class,
        look: patient(interval_at(Instant::now() + LOOK_EVERY, LOOK_EVERY)),
        beat: patient(interval(BEAT_EVERY)),
        told: None,
    };
    let events = Sse::new(stream::unfold(listener, Listener::next));
    let headers = [(header::CACHE_CONTROL, "no-store"), (HeaderName::from_static("x-accel-buffering"), "no")];
    Ok((headers, events.keep_alive(KeepAlive::new().interval(COMMENT_EVERY))).into_response())
}

/// A clock that does not catch up on what it missed.
fn patient(mut interval: Interval) -> Interval {
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    interval
}

/// One who listens.
struct Listener {
    _place: StreamPlace,
    state: AppState,
    visit: Visit,
    actor: Actor,
    /// With the rights that there were when it was looked last.
    session: Session,
    class: ClassId,
    subscription: Subscription,
    /// A program has none: it is not somebody who has the class open.
    seat: Option<Seat>,
    look: Interval,
    beat: Interval,
    /// Who is there, as it was told last.
    told: Option<Vec<Present>>,
}

/// What makes a listener go on.
enum Turn {
    Stop,
    Look,
    Beat,
    Heard(ClassEvent),
}

/// The stream is over.
struct Over;

impl Listener {
    /// The next event, and the listener for the one after it.
    async fn next(mut self) -> Option<(Result<Event, Infallible>, Self)> {
        loop {
            let turn = tokio::select! {
                biased;
                () = self.state.stopping() => Turn::Stop,
                _ = self.look.tick() => Turn::Look,
                _ = self.beat.tick() => Turn::Beat,
                heard = self.subscription.next() => heard.map_or(Turn::Stop, Turn::Heard),
            };
            match self.take(turn).await {
                Ok(Some(event)) => return Some((Ok(event), self)),
                Ok(None) => {}
                Err(Over) => return None,
            }
        }
    }

    async fn take(&mut self, turn: Turn) -> Result<Option<Event>, Over> {
        match turn {
            Turn::Stop => Err(Over),
            Turn::Look => self.look().await.map(|()| None),
            Turn::Beat => {
                self.sit().await?;
                self.presence().await
            }
            Turn::Heard(ClassEvent::Presence { .. }) => self.presence().await,
            // What is not told to the letter is told as «read it anew», by the same rights.
            Turn::Heard(ClassEvent::Roster { .. }) => self.look().await.map(|()| Some(reload())),
            Turn::Heard(ClassEvent::Person { person_id, by, .. }) => {
                self.look().await?;
                Ok(Some(self.person(person_id, by).await.unwrap_or_else(reload)))
            }
        }
    }

    /// Goes on while the session does, with the rights of this moment.
    async fn look(&mut self) -> Result<(), Over> {
        self.session = self.actor.renewed(&self.state.portal).await.ok_or(Over)?;
        Ok(())
    }

    /// Notes that whoever listens is there.
    async fn sit(&self) -> Result<(), Over> {
        if self.seat.is_none() {
            return Ok(());
        }
        self.state.portal.class_events().beat(&self.session, self.class).await.map_err(|error| {
            tracing::debug!(code = error.code(), request_id = self.visit.request_id, "the class can't be listened to");
            Over
        })
    }

    /// Who is there, when that has changed.
    async fn presence(&mut self) -> Result<Option<Event>, Over> {
        let events = self.state.portal.class_events();
        let mut present = events.present(&self.session, self.class).await.map_err(|_| Over)?;
        if self.seat.is_some() && !present.iter().any(|present| present.me) {
            // Another window of the same browser has left.
            self.sit().await?;
            present = events.present(&self.session, self.class).await.map_err(|_| Over)?;
        }
        if self.told.as_ref() == Some(&present) {
            return Ok(None);
        }
        let people = present
            .iter()
            .map(|present| PresentPerson {
                name: present.name.clone(),
                initials: present.initials.clone(),
                me: present.me,
            })
            .collect();
        self.told = Some(present);
        Ok(event("presence", &PresenceEvent { people }))
    }

    /// What was changed; `None` when it can't be told.
    async fn person(&self, person: PersonId, by: PersonId) -> Option<Event> {
        let told = self.state.portal.class_events().person(&self.visit, &self.session, self.class, person).await;
        let (person, name, at) = told.ok()?;
        event("person", &PersonChangedEvent { person, by: name, by_me: by == self.session.person_id, at })
    }
}

fn event(name: &str, data: &impl Serialize) -> Option<Event> {
    Event::default().event(name).json_data(data).ok()
}

/// Browsers overlook events without data.
fn reload() -> Event {
    Event::default().event("reload").data("{}")
}

/// The place of somebody in a class: free when they stop listening.
struct Seat {
    portal: Portal,
    session: Arc<Session>,
    class: ClassId,
}

impl Drop for Seat {
    fn drop(&mut self) {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let (portal, session, class) = (self.portal.clone(), Arc::clone(&self.session), self.class);
        runtime.spawn(async move {
            if let Err(error) = portal.class_events().leave(&session, class).await {
                // Who is not seen for some time counts as gone anyway.
                tracing::debug!(code = error.code(), "somebody left a class, which could not be noted");
            }
        });
    }
}
