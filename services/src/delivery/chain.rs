//! Failover: which gateway is asked next, and which one rests.

use std::future::Future;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::error::{Failure, FailureKind, Fault};
use super::probe::{Channel, ProbeProblem, ProbeReport};
use super::{Delivered, DeliveryError};
use crate::{Clock, Timestamp};

/// So many failures in a row, and the gateway is asked last.
pub const CIRCUIT_FAILURES: u32 = 3;
/// How long a failing gateway is asked last, in milliseconds since its latest failure.
pub const CIRCUIT_COOL_DOWN_MS: Timestamp = 60_000;

/// What every gateway can do, whatever it is made of.
pub(super) trait Gateway: Send + Sync {
    type Message: Sync;

    fn name(&self) -> &str;

    /// The limit of one whole attempt.
    fn timeout(&self) -> Duration;

    fn send(&self, message: &Self::Message, now: Timestamp) -> impl Future<Output = Result<(), Failure>> + Send;

    fn probe(&self) -> impl Future<Output = Result<(), Failure>> + Send;
}

#[derive(Clone, Copy, Default)]
struct Record {
    failures: u32,
    failed_at: Timestamp,
}

impl Record {
    fn rests(self, now: Timestamp) -> bool {
        self.failures >= CIRCUIT_FAILURES && (0..CIRCUIT_COOL_DOWN_MS).contains(&now.saturating_sub(self.failed_at))
    }
}

struct Slot<G> {
    gateway: G,
    record: Mutex<Record>,
}

impl<G> Slot<G> {
    fn rests(&self, now: Timestamp) -> bool {
        self.record.lock().unwrap_or_else(PoisonError::into_inner).rests(now)
    }

    fn worked(&self) {
        *self.record.lock().unwrap_or_else(PoisonError::into_inner) = Record::default();
    }

    fn failed(&self, now: Timestamp) {
        let mut record = self.record.lock().unwrap_or_else(PoisonError::into_inner);
        record.failures = record.failures.saturating_add(1);
        record.failed_at = now;
    }
}

pub(super) struct Chain<G> {
    slots: Vec<Slot<G>>,
}

impl<G: Gateway> Chain<G> {
    pub(super) fn new(gateways: Vec<G>) -> Self {
        let slots = gateways.into_iter().map(|gateway| Slot { gateway, record: Mutex::default() }).collect();
        Self { slots }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    pub(super) async fn send(&self, clock: &dyn Clock, message: &G::Message) -> Result<Delivered, DeliveryError> {
        let now = clock.now();
        let (resting, ready): (Vec<_>, Vec<_>) = self.slots.iter().partition(|slot| slot.rests(now));
        let mut last = DeliveryError::new("", Failure::new(Fault::NoGateway));
        for slot in ready.into_iter().chain(resting) {
            let name = slot.gateway.name();
            let attempt = slot.gateway.send(message, clock.now());
            let failure = match within(slot.gateway.timeout(), attempt).await {
                Ok(()) => {
                    slot.worked();
                    return Ok(Delivered { gateway: name.to_owned() });
                }
                Err(failure) => failure,
            };
            last = DeliveryError::new(name, failure);
            if last.kind == FailureKind::Permanent {
                // The gateway did its work: it is the recipient that does not exist.
                slot.worked();
                return Err(last);
            }
            slot.failed(clock.now());
            tracing::warn!(gateway = name, code = last.code, status = last.status, "a gateway failed");
        }
        Err(last)
    }

    pub(super) async fn probe(&self, channel: Channel) -> Vec<ProbeReport> {
        let mut reports = Vec::with_capacity(self.slots.len());
        for Slot { gateway, .. } in &self.slots {
            let outcome = within(gateway.timeout(), gateway.probe()).await;
            reports.push(ProbeReport {
                channel,
                gateway: gateway.name().to_owned(),
                outcome: outcome.map_err(ProbeProblem::new),
            });
        }
        reports
    }
}

async fn within(limit: Duration, attempt: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    tokio::time::timeout(limit, attempt).await.unwrap_or(Err(Failure::new(Fault::TimedOut)))
}
