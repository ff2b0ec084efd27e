//! Check boxes that save by themselves: who is in which group («Зачисление в группы»).
//!
//! What is ticked is sent one by one, in the order of the ticks; of one box only the last wish counts. Nothing here knows the page, the
//! network or the clock. The rules: what is called saved was acknowledged, and no wish is dropped but one that the server refuses.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// The first wait after an answer that did not come, in milliseconds; each further one is twice as long.
const FIRST_WAIT_MS: i64 = 1_000;
/// The longest.
const LONGEST_WAIT_MS: i64 = 30_000;

/// A box: a group and a student, by their ids.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BoxId {
    /// The group.
    pub group: String,
    /// The student.
    pub student: String,
}

/// A wish on its way: putting a student into a group or taking them out. Doing it twice is doing it once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoxSend {
    /// Which box.
    pub id: BoxId,
    /// Whether the student is to be in the group.
    pub member: bool,
}

/// What became of a [`BoxSend`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BoxAnswer {
    /// It is stored.
    Stored,
    /// Nothing came: it may have been stored or not.
    NoConnection,
    /// The server asks to come back in so many milliseconds.
    Busy {
        /// How many.
        retry_after_ms: i64,
    },
    /// The session has ended.
    SignedOut,
    /// It can't be: the right, the group or the student is gone.
    Refused,
}

/// What a box shows beside its tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BoxState {
    /// Nothing.
    Rest,
    /// The wish waits.
    Waiting,
    /// It is on its way.
    Saving,
    /// It is stored.
    Saved,
    /// It was refused; the box shows again what is stored.
    Refused,
}

/// What the page says about all boxes together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BoxesLook {
    /// Wishes that are not stored.
    pub unsent: u32,
    /// They wait for the connection.
    pub cut_off: bool,
    /// The session has ended.
    pub signed_out: bool,
    /// Boxes whose wish was refused.
    pub refused: u32,
    /// When something was stored last, Unix milliseconds.
    pub saved_at: Option<i64>,
}

/// The boxes of a page.
#[derive(Clone, Debug, Default)]
pub struct Boxes {
    /// What the server has, as far as it said.
    stored: BTreeMap<BoxId, bool>,
    /// What is wished and not acknowledged.
    wanted: BTreeMap<BoxId, bool>,
    /// The boxes of `wanted` but the one on its way.
    queue: VecDeque<BoxId>,
    sending: Option<BoxSend>,
    /// Boxes that an answer was lost about: what is stored of them is not known.
    unsure: BTreeSet<BoxId>,
    saved: BTreeSet<BoxId>,
    refused: BTreeSet<BoxId>,
    saved_at: Option<i64>,
    failures: u32,
    retry_at: Option<i64>,
    offline: bool,
    signed_out: bool,
}

impl Boxes {
    /// The boxes, each with whether the student is in the group.
    pub fn new(stored: impl IntoIterator<Item = (BoxId, bool)>) -> Self {
        Self { stored: stored.into_iter().collect(), ..Self::default() }
    }

    /// Whether the box shows a tick.
    pub fn is_ticked(&self, id: &BoxId) -> bool {
        self.wanted.get(id).or_else(|| self.stored.get(id)).copied().unwrap_or_default()
    }

    /// How many boxes of a group show a tick.
    pub fn members(&self, group: &str) -> usize {
        self.stored.keys().filter(|id| id.group == group && self.is_ticked(id)).count()
    }

    /// What the box shows beside it.
    pub fn state(&self, id: &BoxId) -> BoxState {
        if self.sending.as_ref().is_some_and(|send| send.id == *id) {
            BoxState::Saving
        } else if self.wanted.contains_key(id) {
            BoxState::Waiting
        } else if self.refused.contains(id) {
            BoxState::Refused
        } else if self.saved.contains(id) {
            BoxState::Saved
        } else {
            BoxState::Rest
        }
    }

    /// What the page says.
    pub fn look(&self) -> BoxesLook {
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        BoxesLook {
            unsent: count(self.wanted.len()),
            cut_off: self.offline || self.retry_at.is_some(),
            signed_out: self.signed_out,
            refused: count(self.refused.len()),
            saved_at: self.saved_at,
        }
    }

    /// Whether leaving the page would lose something.
    pub fn unsent(&self) -> bool {
        !self.wanted.is_empty()
    }

    /// Somebody ticked a box or took the tick away. A box that is not there is passed over.
    pub fn tick(&mut self, id: &BoxId, member: bool) {
        let Some(stored) = self.stored.get(id).copied() else { return };
        self.saved.remove(id);
        self.refused.remove(id);
        if self.sending.as_ref().is_some_and(|send| send.id == *id) {
            // Decided when the answer is there.
            self.wanted.insert(id.clone(), member);
        } else if stored == member && !self.unsure.contains(id) {
            self.wanted.remove(id);
            self.queue.retain(|waiting| waiting != id);
        } else if self.wanted.insert(id.clone(), member).is_none() {
            self.queue.push_back(id.clone());
        }
    }

    /// The next wish to send, one at a time. Each is to be [`Boxes::answered`].
    pub fn next(&mut self, now: i64) -> Option<BoxSend> {
        let waits = self.retry_at.is_some_and(|at| at > now);
        if self.sending.is_some() || self.signed_out || self.offline || waits {
            return None;
        }
        let id = self.queue.pop_front()?;
        let member = self.is_ticked(&id);
        self.sending = Some(BoxSend { id, member });
        self.sending.clone()
    }

    /// When to ask for the [`Boxes::next`] again after an answer that did not come.
    pub fn retry_at(&self) -> Option<i64> {
        self.retry_at
    }

    /// What became of the wish that was on its way.
    pub fn answered(&mut self, answer: BoxAnswer, now: i64) {
        let Some(BoxSend { id, member }) = self.sending.take() else { return };
        match answer {
            BoxAnswer::Stored => {
                self.unsure.remove(&id);
                self.stored.insert(id.clone(), member);
                self.saved_at = Some(now);
                self.connected();
                if self.wanted.get(&id) == Some(&member) {
                    self.wanted.remove(&id);
                    self.saved.insert(id);
                } else {
                    self.queue.push_back(id);
                }
            }
            BoxAnswer::Refused => {
                self.unsure.remove(&id);
                self.wanted.remove(&id);
                self.refused.insert(id);
                self.connected();
            }
            BoxAnswer::NoConnection => {
                self.failures = self.failures.saturating_add(1);
                let wait = FIRST_WAIT_MS.saturating_mul(1 << (self.failures - 1).min(10)).min(LONGEST_WAIT_MS);
                self.retry_at = Some(now + wait);
                self.again(id);
            }
            BoxAnswer::Busy { retry_after_ms } => {
                self.retry_at = Some(now + retry_after_ms.max(FIRST_WAIT_MS));
                self.again(id);
            }
            BoxAnswer::SignedOut => {
                self.signed_out = true;
                self.again(id);
            }
        }
    }

    /// What the browser says about the connection. A new one is tried at once.
    pub fn connection(&mut self, online: bool) {
        self.offline = !online;
        if online {
            self.connected();
        }
    }

    fn connected(&mut self) {
        self.failures = 0;
        self.retry_at = None;
    }

    fn again(&mut self, id: BoxId) {
        self.unsure.insert(id.clone());
        self.queue.push_front(id);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests may panic")]

    use proptest::prelude::*;

    use super::*;

    fn id(n: usize) -> BoxId {
        BoxId { group: format!("g{}", n % 2), student: format!("s{}", n / 2) }
    }

    fn boxes() -> Boxes {
        Boxes::new((0..6).map(|n| (id(n), n == 0)))
    }

    #[test]
    fn ticks_are_sent_one_by_one_and_counted_at_once() {
        let mut boxes = boxes();
        boxes.tick(&id(2), true);
        boxes.tick(&id(1), true);
        assert_eq!((boxes.members("g0"), boxes.members("g1")), (2, 1));
        assert_eq!(boxes.next(0), Some(BoxSend { id: id(2), member: true }));
        assert_eq!(boxes.next(0), None, "one at a time");
        assert_eq!((boxes.state(&id(2)), boxes.state(&id(1))), (BoxState::Saving, BoxState::Waiting));
        boxes.answered(BoxAnswer::Stored, 7);
        assert_eq!(boxes.state(&id(2)), BoxState::Saved);
        assert_eq!(boxes.next(8), Some(BoxSend { id: id(1), member: true }));
        boxes.answered(BoxAnswer::Stored, 9);
        assert_eq!(boxes.look(), BoxesLook { saved_at: Some(9), ..BoxesLook::default() });
    }

    #[test]
    fn ticked_and_taken_back_before_it_was_sent_is_nothing() {
        let mut boxes = boxes();
        boxes.tick(&id(2), true);
        boxes.tick(&id(2), false);
        assert!(!boxes.unsent());
        assert_eq!(boxes.next(0), None);
    }

    #[test]
    fn taken_back_after_a_lost_answer_is_sent_all_the_same() {
        let mut boxes = boxes();
        boxes.tick(&id(2), true);
        boxes.next(0).unwrap();
        boxes.answered(BoxAnswer::NoConnection, 0);
        boxes.tick(&id(2), false);
        assert_eq!((boxes.next(999), boxes.look().cut_off), (None, true));
        assert_eq!(boxes.next(1_000), Some(BoxSend { id: id(2), member: false }));
    }

    #[test]
    fn waits_grow_and_a_new_connection_ends_them() {
        let mut boxes = boxes();
        boxes.tick(&id(2), true);
        let mut now = 0;
        for wait in [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000] {
            boxes.next(now).unwrap();
            boxes.answered(BoxAnswer::NoConnection, now);
            assert_eq!(boxes.retry_at(), Some(now + wait));
            now += wait;
        }
        boxes.connection(false);
        assert_eq!(boxes.next(i64::MAX), None);
        boxes.connection(true);
        assert!(boxes.next(now).is_some());
    }

    #[test]
    fn what_is_refused_shows_what_is_stored_and_can_be_tried_again() {
        let mut boxes = boxes();
        boxes.tick(&id(0), false);
        boxes.next(0).unwrap();
        boxes.answered(BoxAnswer::Refused, 0);
        assert!(boxes.is_ticked(&id(0)));
        assert_eq!((boxes.state(&id(0)), boxes.unsent()), (BoxState::Refused, false));
        boxes.tick(&id(0), false);
        assert!(boxes.next(0).is_some());
    }

    #[test]
    fn without_a_session_nothing_more_is_sent_and_nothing_is_forgotten() {
        let mut boxes = boxes();
        boxes.tick(&id(2), true);
        boxes.next(0).unwrap();
        boxes.answered(BoxAnswer::SignedOut, 0);
        assert_eq!(boxes.next(i64::MAX), None);
        assert!(boxes.look().signed_out && boxes.unsent());
    }

    #[derive(Clone, Debug)]
    enum Op {
        Tick(usize, bool),
        Send,
        Answer(u8, bool),
        Online(bool),
    }

    fn ops() -> impl Strategy<Value = Vec<Op>> {
        let op = prop_oneof![
            (0..6_usize, any::<bool>()).prop_map(|(n, on)| Op::Tick(n, on)),
            Just(Op::Send),
            (0..3_u8, any::<bool>()).prop_map(|(answer, done)| Op::Answer(answer, done)),
            any::<bool>().prop_map(Op::Online),
        ];
        proptest::collection::vec(op, 0..60)
    }

    proptest! {
        #[test]
        fn whatever_happens_the_last_wish_is_stored_in_the_end(ops in ops()) {
            let mut boxes = boxes();
            let mut server: BTreeMap<BoxId, bool> = (0..6).map(|n| (id(n), n == 0)).collect();
            let mut wished = server.clone();
            let mut way = None;
            let mut now = 0;
            let calm = [Op::Online(true)].into_iter().chain((0..40).flat_map(|_| [Op::Send, Op::Answer(0, true)]));
            for op in ops.into_iter().chain(calm) {
                now += 40_000;
                match op {
                    Op::Tick(n, on) => {
                        boxes.tick(&id(n), on);
                        wished.insert(id(n), on);
                    }
                    Op::Send => way = boxes.next(now).or(way),
                    Op::Answer(answer, done) => {
                        let Some(send) = way.take() else { continue };
                        // A lost answer may be about what was done.
                        if answer == 0 || done {
                            server.insert(send.id, send.member);
                        }
                        let answer = match answer {
                            0 => BoxAnswer::Stored,
                            1 => BoxAnswer::NoConnection,
                            _ => BoxAnswer::Busy { retry_after_ms: 5_000 },
                        };
                        boxes.answered(answer, now);
                    }
                    Op::Online(online) => boxes.connection(online),
                }
                for (id, wish) in &wished {
                    prop_assert_eq!(boxes.is_ticked(id), *wish);
                    if matches!(boxes.state(id), BoxState::Saved) {
                        prop_assert_eq!(server.get(id), Some(wish), "called saved");
                    }
                }
            }
            prop_assert!(!boxes.unsent());
            prop_assert_eq!(server, wished);
        }
    }
}
