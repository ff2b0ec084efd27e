//! Limits: waits that grow with failures, counts per span, and sendings per hour.
//!
//! Nothing locks an account for good (a stranger could do that to anybody), and no limit that is near counts by address alone (a
//! school sits behind one). Subjects are MACs: the table tells neither who was attacked nor from where. The rows are locked
//! before they are judged, so guesses made at the same time count one after another.

use std::net::IpAddr;

use crate::clock::{HOUR, Timestamp};
use crate::crypto::Sealer;
use crate::error::StoreError;
use crate::ids::PersonId;
use crate::portal::Portal;
use crate::settings::{PasswordSettings, subscriber};
use crate::store::throttles::{self, Slot, ThrottleRow};
use crate::store::{Db, Tx};

/// Whom something is counted against: 32 bytes that stand for an account or for what was typed in place of one, and possibly more
/// bytes that narrow it down (an address, a browser). Everything about one account can be forgotten by the 32 bytes.
pub(crate) type Subject = [u8; 32];

/// What stands for an account in the counts of its codes.
pub(crate) fn account_subject(sealer: &Sealer, account: uuid::Uuid) -> Subject {
    sealer.mac("throttle.account", &[account.as_bytes()])
}

/// What stands for an identifier that nobody has.
pub(crate) fn typed_subject(sealer: &Sealer, kind: &str, canonical: &str) -> Subject {
    sealer.mac("throttle.typed", &[kind.as_bytes(), canonical.as_bytes()])
}

/// What stands for a user code, whether somebody has it or not.
pub(crate) fn user_code_subject(sealer: &Sealer, user_code: &str) -> Subject {
    sealer.mac("throttle.user_code", &[user_code.as_bytes()])
}

/// What stands for an address: the subscriber behind it.
pub(crate) fn address_subject(sealer: &Sealer, address: IpAddr) -> Subject {
    let text = subscriber(address).to_string();
    sealer.mac("throttle.address", &[text.as_bytes()])
}

/// Waits that grow: none before `from` failures, then `first_ms`, doubling up to `longest_ms`.
#[derive(Clone, Copy)]
pub(crate) struct Waits {
    pub from: i64,
    pub first_ms: i64,
    pub longest_ms: i64,
    pub forget_ms: i64,
}

impl Waits {
    pub(crate) fn of_passwords(settings: &PasswordSettings) -> Self {
        Self {
            from: settings.failures_before_wait.into(),
            first_ms: settings.first_wait_ms,
            longest_ms: settings.longest_wait_ms,
            forget_ms: settings.forget_ms,
        }
    }

    /// As for passwords, beginning after `from` failures.
    pub(crate) fn beginning_after(self, from: u32) -> Self {
        Self { from: from.into(), ..self }
    }

    /// The wait after that many failures.
    fn after(self, failures: i64) -> i64 {
        if failures < self.from {
            return 0;
        }
        // Forty doublings of a second are longer than any wait.
        let doublings = u32::try_from(failures - self.from).unwrap_or(u32::MAX).min(40);
        self.first_ms.saturating_mul(1 << doublings).min(self.longest_ms)
    }
}

/// Failures counted against one subject.
pub(crate) struct Failures<'a> {
    pub scope: &'static str,
    pub subject: &'a [u8],
}

impl Failures<'_> {
    /// When the wait ends that is running now, seen from outside a transaction.
    pub(crate) async fn wait(&self, db: &Db, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        let row = throttles::read(db, self.scope, self.subject).await?.unwrap_or_default();
        Ok(running(&row, now))
    }

    /// Locks the count until the end of the transaction: when the wait ends that is running now.
    pub(crate) async fn lock(
        &self,
        tx: &mut Tx,
        now: Timestamp,
    ) -> Result<(ThrottleRow, Option<Timestamp>), StoreError> {
        let row = throttles::lock(tx, self.scope, self.subject).await?;
        Ok((row, running(&row, now)))
    }

    /// Counts one more failure on the locked row; whether it is the one that begins the waits.
    pub(crate) async fn count(
        &self,
        tx: &mut Tx,
        row: ThrottleRow,
        waits: Waits,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let count = if row.expires_at > now { row.count + 1 } else { 1 };
        let started = if count == 1 { now } else { row.window_started_at };
        let blocked_until = now + waits.after(count);
        let row = ThrottleRow {
            count,
            window_started_at: started,
            blocked_until,
            expires_at: blocked_until + waits.forget_ms,
        };
        throttles::update(tx, self.scope, self.subject, &row).await?;
        Ok(count == waits.from)
    }

    /// Forgets the failures.
    pub(crate) async fn forget(&self, tx: &mut Tx) -> Result<(), StoreError> {
        throttles::delete(tx, self.scope, self.subject).await
    }

    /// As [`Failures::forget`], after a look at the locked row: mostly there are none, and a row that counts nothing goes when all
    /// that is over does.
    pub(crate) async fn forget_locked(&self, tx: &mut Tx, row: &ThrottleRow) -> Result<(), StoreError> {
        if *row == ThrottleRow::default() { Ok(()) } else { self.forget(tx).await }
    }
}

/// When the wait of a row ends that is running now.
pub(crate) fn running(row: &ThrottleRow, now: Timestamp) -> Option<Timestamp> {
    (row.blocked_until > now).then_some(row.blocked_until)
}

/// Lifts all waits and limits of an account: its passwords, its codes, its sendings.
pub(crate) async fn forget_all(
    tx: &mut Tx,
    sealer: &Sealer,
    user_code: &str,
    account: uuid::Uuid,
) -> Result<(), StoreError> {
    throttles::delete_all(tx, &user_code_subject(sealer, user_code)).await?;
    throttles::delete_all(tx, &account_subject(sealer, account)).await
}

/// One guess at something that its owner knows, counted like a password: when the wait ends that is running, if one is. Nothing is
/// counted or forgotten then.
pub(crate) async fn guess(
    tx: &mut Tx,
    portal: &Portal,
    scope: &'static str,
    subject: &Subject,
    right: bool,
    now: Timestamp,
) -> Result<Option<Timestamp>, StoreError> {
    let failures = Failures { scope, subject };
    let (row, wait) = failures.lock(tx, now).await?;
    if wait.is_some() {
        return Ok(wait);
    }
    if right {
        failures.forget_locked(tx, &row).await?;
    } else {
        failures.count(tx, row, Waits::of_passwords(&portal.settings().passwords), now).await?;
    }
    Ok(None)
}

/// A number of events in a span that begins with the first of them.
pub(crate) struct Span {
    pub scope: &'static str,
    pub subject: Subject,
    pub limit: u32,
    pub window_ms: i64,
}

impl Span {
    /// The span of an address, for those that are counted: `None` for listed networks and for requests without an address.
    pub(crate) fn of_address(
        portal: &Portal,
        scope: &'static str,
        address: Option<IpAddr>,
        limit: u32,
    ) -> Option<Self> {
        let settings = &portal.settings().addresses;
        let address = address.filter(|address| !settings.trusts(*address))?;
        let subject = address_subject(portal.sealer(), address);
        Some(Self { scope, subject, limit, window_ms: settings.window_ms })
    }

    /// When the span ends that is full now, seen from outside a transaction.
    pub(crate) async fn full(&self, db: &Db, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        let row = throttles::read(db, self.scope, &self.subject).await?.unwrap_or_default();
        Ok(self.full_by(&row, now))
    }

    /// The same, by the row of this scope and subject.
    pub(crate) fn full_by(&self, row: &ThrottleRow, now: Timestamp) -> Option<Timestamp> {
        (row.expires_at > now && row.count >= i64::from(self.limit)).then_some(row.expires_at)
    }

    /// The same in the transaction that may count: whoever else counts here waits until it ends, so that no event gets past the limit.
    pub(crate) async fn full_within(&self, tx: &mut Tx, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        let row = throttles::lock(tx, self.scope, &self.subject).await?;
        Ok(self.full_by(&row, now))
    }

    /// Counts one event, or says when the span ends that is full.
    pub(crate) async fn count(&self, tx: &mut Tx, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        let row = throttles::lock(tx, self.scope, &self.subject).await?;
        let full = self.full_by(&row, now);
        if full.is_some() {
            return Ok(full);
        }
        let row = if row.expires_at > now {
            ThrottleRow { count: row.count + 1, ..row }
        } else {
            ThrottleRow { count: 1, window_started_at: now, blocked_until: 0, expires_at: now + self.window_ms }
        };
        throttles::update(tx, self.scope, &self.subject, &row).await?;
        Ok(None)
    }
}

/// How often in an hour a member of staff is told that a number is somebody else's: enough for a stack of papers full of slips, and too
/// little to learn who is known at other schools.
const TAKEN_PER_HOUR: u32 = 10;

/// Why a number was refused unread, in the audit log.
pub(crate) const TOO_MANY_TAKEN: &str = "too_many_taken";

/// The answers that a number is somebody else's, ID number and SNILS alike, by whom they were given to. Once they are full, no number can be
/// entered at all: what passes would tell as much as what does not.
pub(crate) fn taken_numbers(portal: &Portal, actor: PersonId) -> Span {
    let subject = portal.sealer().mac("throttle.staff.taken_numbers", &[actor.0.as_bytes()]);
    Span { scope: "staff.taken_numbers", subject, limit: TAKEN_PER_HOUR, window_ms: HOUR }
}

/// At most so many sendings in *any* hour: each has a place that is free again an hour after it was taken. Until its code was
/// answered rightly, the next has to wait for it: whoever asks again and again in new browsers sends no more than in one.
pub(crate) struct Places {
    slots: Vec<Slot>,
    window_ms: i64,
}

impl Places {
    const SCOPE: &'static str = "code.sends";
    /// So many sendings that nobody answered make no other browser wait: people mistype, and change from the phone to the computer.
    const AT_ONCE: i64 = 3;

    /// How the places of a subject are taken, seen from outside a transaction.
    pub(crate) async fn read(db: &Db, subject: &Subject, limit: u32, window_ms: i64) -> Result<Self, StoreError> {
        let slots = throttles::read_slots(db, Self::SCOPE, subject, number(limit)).await?;
        Ok(Self { slots, window_ms })
    }

    /// The same inside a transaction; whoever else wants a place of this subject waits until it ends.
    pub(crate) async fn lock(tx: &mut Tx, subject: &Subject, limit: u32, window_ms: i64) -> Result<Self, StoreError> {
        throttles::hold(tx, Self::SCOPE, subject).await?;
        let slots = throttles::list_slots(tx, Self::SCOPE, subject, number(limit)).await?;
        Ok(Self { slots, window_ms })
    }

    /// Takes a free place, if there is one; the next has to wait so long for it.
    pub(crate) async fn take(
        &mut self,
        tx: &mut Tx,
        subject: &Subject,
        wait_ms: i64,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let window_ms = self.window_ms;
        let free = (0_u8..).zip(&mut self.slots).find(|(_, slot)| is_free(**slot, window_ms, now));
        let Some((number, slot)) = free else { return Ok(false) };
        *slot = Slot { taken_at: now, blocked_until: now + wait_ms };
        throttles::set_slot(tx, Self::SCOPE, subject, number, *slot, now + window_ms).await?;
        Ok(true)
    }

    /// The right code was answered: whoever has the phone need not wait for the next. The places stay taken.
    pub(crate) async fn answered(tx: &mut Tx, subject: &Subject) -> Result<(), StoreError> {
        throttles::unblock_slots(tx, Self::SCOPE, subject).await
    }

    /// Sendings of the last hour that no right code has followed.
    pub(crate) fn unanswered(&self, now: Timestamp) -> i64 {
        let taken = self.slots.iter().filter(|slot| !is_free(**slot, self.window_ms, now) && slot.blocked_until > 0);
        i64::try_from(taken.count()).unwrap_or(i64::MAX)
    }

    /// When the wait ends that is running now for whoever asks, in any browser; there is none after a few sendings.
    pub(crate) fn wait(&self, now: Timestamp) -> Option<Timestamp> {
        if self.unanswered(now) < Self::AT_ONCE {
            return None;
        }
        self.slots.iter().map(|slot| slot.blocked_until).max().filter(|until| *until > now)
    }

    /// How many places are free.
    pub(crate) fn left(&self, now: Timestamp) -> u32 {
        let free = self.slots.iter().filter(|slot| is_free(**slot, self.window_ms, now)).count();
        u32::try_from(free).unwrap_or(u32::MAX)
    }

    /// When the next place is free; `now` when one is.
    pub(crate) fn next_free_at(&self, now: Timestamp) -> Timestamp {
        if self.left(now) > 0 {
            return now;
        }
        self.slots.iter().map(|slot| slot.taken_at).min().map_or(now, |oldest| oldest + self.window_ms)
    }
}

fn is_free(slot: Slot, window_ms: i64, now: Timestamp) -> bool {
    slot.taken_at == 0 || slot.taken_at + window_ms <= now
}

fn number(limit: u32) -> u8 {
    u8::try_from(limit).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WAITS: Waits = Waits { from: 5, first_ms: 5_000, longest_ms: 900_000, forget_ms: 86_400_000 };

    #[test]
    fn waits_begin_at_the_fifth_failure_and_double_up_to_a_quarter_of_an_hour() {
        let waits: Vec<_> = (0..=13).map(|failures| WAITS.after(failures) / 1000).collect();
        assert_eq!(waits, [0, 0, 0, 0, 0, 5, 10, 20, 40, 80, 160, 320, 640, 900]);
        assert_eq!(WAITS.after(1_000_000), 900_000);
        assert_eq!(WAITS.after(i64::MAX), 900_000);
    }

    #[test]
    fn places_are_free_again_after_the_window() {
        let places = taken(&[(1_000, 0), (0, 0), (3_000, 0)]);
        assert_eq!((places.left(5_000), places.next_free_at(5_000)), (1, 5_000));
        let full = taken(&[(1_000, 0), (2_000, 0), (3_000, 0)]);
        assert_eq!((full.left(5_000), full.next_free_at(5_000)), (0, 11_000));
        assert_eq!(full.left(11_000), 1);
    }

    #[test]
    fn the_next_waits_for_the_places_that_nobody_answered() {
        let places = taken(&[(1_000, 4_000), (2_000, 8_000), (3_000, 9_000), (4_000, 0), (0, 0)]);
        assert_eq!((places.unanswered(5_000), places.wait(5_000)), (3, Some(9_000)));
        assert_eq!(places.wait(9_000), None);
        assert_eq!(places.unanswered(11_000), 2, "what is an hour old counts no more");
        // A few at once make nobody wait, and what was answered is not counted.
        assert_eq!(taken(&[(1_000, 4_000), (2_000, 8_000), (3_000, 0)]).wait(3_000), None);
    }

    fn taken(slots: &[(Timestamp, Timestamp)]) -> Places {
        let slots =
            slots.iter().map(|(taken_at, blocked_until)| Slot { taken_at: *taken_at, blocked_until: *blocked_until });
        Places { slots: slots.collect(), window_ms: 10_000 }
    }
}
