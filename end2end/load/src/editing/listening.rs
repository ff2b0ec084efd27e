//! Those who have a class open hear what others save: what they heard and when, and how long after its acknowledgement
//! each edit reached them.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use serde::Deserialize;
use tokio::sync::watch;

use crate::client::Stream;
use crate::events::{Event, Parser};

/// An edit that was acknowledged.
pub struct Saved {
    /// Who was edited.
    pub person: Arc<str>,
    /// The version that came of it.
    pub version: i64,
    /// When the request was written.
    pub sent: Instant,
    /// When its answer was read.
    pub answered: Instant,
}

/// What was heard.
#[derive(Debug, PartialEq, Eq)]
pub enum News {
    /// Somebody is stored with this version, or was overtaken by it.
    Person {
        /// The person's id.
        id: String,
        /// The version.
        version: i64,
    },
    /// The class is to be read anew.
    Reload,
}

/// Something heard.
pub struct Heard {
    /// What.
    pub news: News,
    /// When.
    pub at: Instant,
}

/// One who listened.
pub struct Listener {
    /// To which class.
    pub class: Arc<str>,
    /// In the order in which it came.
    pub heard: Vec<Heard>,
    /// The stream ended before it was to.
    pub cut_off: bool,
}

#[derive(Deserialize)]
struct PersonChanged {
    person: Person,
}

#[derive(Deserialize)]
struct Person {
    id: String,
    version: i64,
}

/// Listens until it is told to stop, or the stream ends.
pub async fn listen(class: Arc<str>, mut stream: Stream, mut stop: watch::Receiver<bool>) -> Listener {
    let mut parser = Parser::default();
    let mut listener = Listener { class, heard: Vec::new(), cut_off: false };
    loop {
        let piece = tokio::select! {
            _ = stop.changed() => return listener,
            piece = stream.next() => piece,
        };
        let Ok(Some(piece)) = piece else {
            listener.cut_off = true;
            return listener;
        };
        let at = Instant::now();
        let events = parser.take(&piece);
        listener.heard.extend(events.iter().filter_map(news).map(|news| Heard { news, at }));
    }
}

/// Who else is there is no news of an edit.
fn news(event: &Event) -> Option<News> {
    match event.name.as_str() {
        "person" => {
            let PersonChanged { person } = serde_json::from_str(&event.data).ok()?;
            Some(News::Person { id: person.id, version: person.version })
        }
        "reload" => Some(News::Reload),
        _ => None,
    }
}

/// When edits reached somebody who listens.
#[derive(Debug, Default)]
pub struct Delays {
    /// From the acknowledgement, in seconds; negative when the event came first.
    pub seconds: Vec<f64>,
    /// Edits of which nothing was heard.
    pub missing: usize,
}

impl Delays {
    /// Adds what one who listens heard of these edits. Events tell what is stored when they are sent, so that a later
    /// version tells of the earlier ones too.
    pub fn add<'s>(&mut self, saved: impl IntoIterator<Item = &'s Saved>, heard: &[Heard]) {
        let mut people: HashMap<&str, Vec<(i64, Instant)>> = HashMap::new();
        let mut reloads = Vec::new();
        for Heard { news, at } in heard {
            match news {
                News::Person { id, version } => people.entry(id).or_default().push((*version, *at)),
                News::Reload => reloads.push(*at),
            }
        }
        for saved in saved {
            let versions = people.get(&*saved.person).map(Vec::as_slice).unwrap_or_default();
            let told = versions.iter().find(|(version, _)| *version >= saved.version).map(|(_, at)| *at);
            let reload = reloads.iter().copied().find(|at| *at >= saved.sent);
            match told.into_iter().chain(reload).min() {
                Some(at) => self.seconds.push(seconds_between(saved.answered, at)),
                None => self.missing += 1,
            }
        }
    }
}

/// From one moment to another, whichever is earlier.
pub fn seconds_between(from: Instant, to: Instant) -> f64 {
    to.checked_duration_since(from)
        .map_or_else(|| -from.saturating_duration_since(to).as_secs_f64(), |passed| passed.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn names_and_versions_are_read_and_the_rest_is_no_news() {
        let event = |name: &str, data: &str| Event { name: name.to_owned(), data: data.to_owned() };
        let person = r#"{"person":{"id":"p1","version":7,"fields":{},"signs_in":false},"by":"","by_me":true,"at":1}"#;
        assert_eq!(news(&event("person", person)), Some(News::Person { id: "p1".to_owned(), version: 7 }));
        assert_eq!(news(&event("reload", "{}")), Some(News::Reload));
        assert_eq!(news(&event("presence", r#"{"people":[]}"#)), None);
    }

    #[test]
    fn an_edit_is_heard_by_its_version_a_later_one_or_a_reload() {
        let begin = Instant::now();
        let at = |ms: u64| begin + Duration::from_millis(ms);
        let saved =
            |person: &str, version, ms| Saved { person: person.into(), version, sent: at(ms), answered: at(ms + 10) };
        let heard = |id: &str, version, ms| Heard { news: News::Person { id: id.to_owned(), version }, at: at(ms) };
        let all = [heard("a", 2, 5), heard("a", 4, 130), heard("b", 9, 140)];
        let mut delays = Delays::default();
        delays.add(&[saved("a", 2, 0), saved("a", 3, 100), saved("b", 10, 100)], &all);
        let close = |left: f64, right: f64| (left - right).abs() < 1e-6;
        assert!(matches!(delays.seconds.as_slice(), [a, b] if close(*a, -0.005) && close(*b, 0.020)));
        assert_eq!(delays.missing, 1);

        let mut delays = Delays::default();
        delays.add(&[saved("b", 10, 100), saved("b", 11, 200)], &[Heard { news: News::Reload, at: at(150) }]);
        assert_eq!((delays.seconds.len(), delays.missing), (1, 1));
    }
}
