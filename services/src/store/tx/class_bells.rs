//! Who listens to what happens in a class, in this process. Events name things by id and hold no personal data.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use tokio::sync::broadcast::{Receiver, Sender, channel};

use crate::ids::{ClassId, PersonId};

/// Events that a slow listener may lag behind before it is told to read the class anew.
const ROOM: usize = 64;

/// Something that happened in a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum ClassEvent {
    /// A person's data was changed.
    Person {
        /// Where they are seen.
        class_id: ClassId,
        /// Who was changed.
        person_id: PersonId,
        /// The version that the change made.
        version: i64,
        /// Who changed it.
        by: PersonId,
    },
    /// Somebody opened the class, or left it.
    Presence {
        /// The class.
        class_id: ClassId,
    },
    /// Who belongs to the class was changed, or events were missed: read it anew.
    Roster {
        /// The class.
        class_id: ClassId,
    },
}

impl ClassEvent {
    /// Where it happened.
    pub const fn class_id(&self) -> ClassId {
        match self {
            Self::Person { class_id, .. } | Self::Presence { class_id } | Self::Roster { class_id } => *class_id,
        }
    }
}

/// A bell for each class that somebody listens to: an edit in one class wakes nobody in the others.
#[derive(Default)]
pub(crate) struct ClassBells(Mutex<HashMap<ClassId, Sender<ClassEvent>>>);

impl ClassBells {
    /// Hears what happens in a class from now on.
    pub(crate) fn subscribe(&self, class: ClassId) -> Receiver<ClassEvent> {
        let mut rooms = self.rooms();
        if let Some(room) = rooms.get(&class) {
            return room.subscribe();
        }
        rooms.retain(|_, room| room.receiver_count() > 0);
        let (room, receiver) = channel(ROOM);
        rooms.insert(class, room);
        receiver
    }

    /// Tells whoever listens to the event's class.
    pub(crate) fn ring(&self, event: ClassEvent) {
        if let Some(room) = self.rooms().get(&event.class_id()) {
            // Nobody is there any more: nobody needs to know.
            let _ = room.send(event);
        }
    }

    /// Tells everybody to read their class anew: events may have been missed.
    pub(crate) fn ring_all(&self) {
        for (class, room) in self.rooms().iter() {
            let _ = room.send(ClassEvent::Roster { class_id: *class });
        }
    }

    fn rooms(&self) -> MutexGuard<'_, HashMap<ClassId, Sender<ClassEvent>>> {
        // A map of bells is whole whatever happened to whoever held it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop")]
    use super::*;
    use uuid::Uuid;

    const HERE: ClassId = ClassId(Uuid::from_u128(1));
    const THERE: ClassId = ClassId(Uuid::from_u128(2));

    #[test]
    fn only_the_class_in_question_hears_it() {
        let bells = ClassBells::default();
        let (mut here, mut there) = (bells.subscribe(HERE), bells.subscribe(THERE));
        bells.ring(ClassEvent::Presence { class_id: HERE });
        assert_eq!(here.try_recv().unwrap(), ClassEvent::Presence { class_id: HERE });
        assert!(there.try_recv().is_err());
        bells.ring_all();
        assert_eq!(there.try_recv().unwrap(), ClassEvent::Roster { class_id: THERE });
    }

    #[test]
    fn empty_rooms_are_cleared() {
        let bells = ClassBells::default();
        drop(bells.subscribe(HERE));
        bells.ring(ClassEvent::Presence { class_id: HERE });
        let _there = bells.subscribe(THERE);
        assert_eq!(bells.rooms().len(), 1);
    }
}
