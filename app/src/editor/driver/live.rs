//! What others do while the class is open here: changes, and who is there. And the server's word on readiness.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Weak;
use std::time::Duration;

use domain::editor::Connection;
use domain::{ClassPeople, PersonRecord, StudentReadiness};
use leptos::prelude::*;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use web_sys::{Event, EventSource, MessageEvent};

use super::super::board::Present;
use super::super::slots::slots;
use super::net::Read;
use super::{Driver, READINESS_AFTER, dom, now};

/// The longest time between two tries to listen again.
const LONGEST_S: u64 = 60;
/// Several events in a row are answered with one reading.
const REREAD_AFTER: Duration = Duration::from_millis(300);

/// The stream of events.
pub struct Live {
    source: Option<EventSource>,
    /// Something may have been missed: since the page was made, or since the stream broke off.
    interrupted: bool,
    /// Tries in a row that failed.
    failures: u32,
}

impl Default for Live {
    fn default() -> Self {
        Self { source: None, interrupted: true, failures: 0 }
    }
}

#[derive(Deserialize)]
struct PersonEvent {
    person: PersonRecord,
    by: String,
    by_me: bool,
    at: i64,
}

#[derive(Deserialize)]
struct PresenceEvent {
    people: Vec<Present>,
}

fn read<T: DeserializeOwned>(event: &MessageEvent) -> Option<T> {
    serde_json::from_str(&event.data().as_string()?).ok()
}

impl Driver {
    fn class(&self) -> String {
        self.board.boot.people.class.id.clone()
    }

    /// Listens, unless it does so already.
    pub(super) fn connect(&mut self) {
        let closed = EventSource::CLOSED;
        if self.live.source.as_ref().is_some_and(|source| source.ready_state() != closed) {
            return;
        }
        let Ok(source) = EventSource::new(&format!("/api/v1/classes/{}/events", self.class())) else { return };
        let me: &Weak<RefCell<Self>> = &self.me;
        let target = source.as_ref();
        dom::listen(me, target, "open", |driver, _: Event| driver.connected());
        dom::listen(me, target, "error", |driver, _: Event| driver.interrupted());
        dom::listen(me, target, "person", |driver, event: MessageEvent| {
            if let Some(event) = read(&event) {
                driver.heard(&event);
            }
        });
        dom::listen(me, target, "presence", |driver, event: MessageEvent| {
            if let Some(PresenceEvent { people }) = read(&event)
                && driver.board.present.with_untracked(|before| *before != people)
            {
                driver.board.present.set(people);
            }
        });
        dom::listen(me, target, "reload", |driver, _: Event| driver.reread());
        self.live.source = Some(source);
    }

    fn connected(&mut self) {
        self.live.failures = 0;
        if std::mem::take(&mut self.live.interrupted) {
            // Whoever answers here takes changes too: what waits need not wait for its turn.
            self.editor.connection(Connection::Online, now());
            self.settle(None);
            self.reread();
        }
    }

    /// The browser tries again by itself, unless the server has refused: then it is tried more and more seldom.
    fn interrupted(&mut self) {
        self.live.interrupted = true;
        self.board.present.set(Vec::new());
        let refused = self.live.source.as_ref().is_some_and(|source| source.ready_state() == EventSource::CLOSED);
        if !refused {
            return;
        }
        self.live.source = None;
        self.live.failures += 1;
        let seconds = 2_u64.saturating_pow(self.live.failures).min(LONGEST_S);
        self.later(Duration::from_secs(seconds), Self::connect);
        self.reread();
    }

    fn heard(&mut self, event: &PersonEvent) {
        if !self.knows(&event.person.id) {
            // Somebody who was added meanwhile.
            self.reread();
            return;
        }
        // One's own change in another window needs no name.
        let by = if event.by_me { "" } else { &event.by };
        self.editor.heard(&event.person, by, event.at);
        self.settle(None);
        self.ask_readiness();
    }

    /// Whether somebody stands in the table.
    fn knows(&self, person: &str) -> bool {
        self.board.slots.iter().flatten().any(|slot| self.editor.person_at(&slot.person) == person)
    }

    /// Reads the class again, a little later.
    fn reread(&mut self) {
        if !std::mem::replace(&mut self.rereading, true) {
            self.later(REREAD_AFTER, |driver| {
                driver.rereading = false;
                driver.wait_for(driver.asker().people(driver.class()), |driver, read| match read {
                    Read::Came(people) => driver.reloaded(&people),
                    Read::SignedOut => {
                        driver.signed_out = true;
                        driver.settle(None);
                    }
                    Read::Nothing => {}
                });
            });
        }
    }

    fn reloaded(&mut self, people: &ClassPeople) {
        self.signed_in();
        self.editor.reloaded(people);
        self.outdated = !self.shows_all(people);
        self.show_readiness(people.students.iter().map(|entry| (entry.student.id.as_str(), &entry.readiness)));
        self.settle(None);
    }

    /// Whether everybody in the class has a place in the table, and nobody else has: a parent who was taken away leaves an
    /// empty place in the class, wherever it leads here.
    fn shows_all(&self, people: &ClassPeople) -> bool {
        let here = self.board.slots.iter().flatten().map(|slot| slot.person.as_str());
        let here: BTreeSet<_> = here.map(|person| self.editor.person_at(person)).collect();
        let there: Vec<_> = people.students.iter().flat_map(slots).map(|slot| slot.person).collect();
        here == there.iter().map(String::as_str).collect::<BTreeSet<_>>()
    }

    /// Asks who can sign in, some time after what changed it.
    pub(super) fn ask_readiness(&mut self) {
        if !std::mem::replace(&mut self.asking, true) {
            self.later(READINESS_AFTER, |driver| {
                driver.asking = false;
                driver.wait_for(driver.asker().readiness(driver.class()), |driver, read| {
                    if let Read::Came(class) = read {
                        let students = class.students.iter();
                        driver.show_readiness(
                            students.map(|StudentReadiness { student_id, readiness }| (student_id.as_str(), readiness)),
                        );
                    }
                });
            });
        }
    }

    fn show_readiness<'answer>(&self, students: impl Iterator<Item = (&'answer str, &'answer domain::Readiness)>) {
        for (student, readiness) in students {
            let row =
                self.board.slots.iter().position(|slots| slots.first().is_some_and(|slot| slot.person == student));
            let Some(row) = row.and_then(|row| self.board.rows.get(row)) else { continue };
            if row.ready.with_untracked(|before| before != readiness) {
                row.ready.set(readiness.clone());
            }
        }
    }
}
