//! Beginning a flow and sending a code: the same rows whether somebody receives it or not.

use domain::Otp;
use serde_json::json;
use uuid::Uuid;

use super::{Codes, FlowPurpose, FlowStarted, Receiver, purpose, subject};
use crate::audit::{AuditEntry, AuditEvent, Outcome};
use crate::clock::Timestamp;
use crate::ids::{FlowId, Token};
use crate::portal::{SignInError, Text, about};
use crate::settings::SENDS_WINDOW_MS;
use crate::store::Tx;
use crate::store::flows::{self, FlowRow};
use crate::throttles::{Places, Subject};
use crate::visit::Visit;

/// What a flow begins with.
pub(crate) struct Start<'a> {
    pub purpose: FlowPurpose,
    /// Whom the right code signs in.
    pub account_id: Option<Uuid>,
    /// Who gets the code; nobody when it can never be right.
    pub receiver: Option<&'a Receiver>,
    /// Whom sendings and wrong codes are counted against.
    pub subject: Subject,
    pub return_to: Option<String>,
    /// Until when an answer is taken.
    pub expires_at: Timestamp,
}

/// What came of asking for a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sent {
    /// It is on its way, or would be if somebody received it.
    Yes,
    /// The wait after the one before is running, whichever browser asked for that.
    TooSoon { retry_at: Timestamp },
    /// All that may be sent in an hour was.
    OverLimit,
}

impl Codes<'_> {
    /// Begins a flow inside the caller's transaction: after a right password it is the same transaction.
    pub(crate) async fn start(
        &self,
        tx: &mut Tx,
        visit: &Visit,
        start: Start<'_>,
        now: Timestamp,
    ) -> Result<FlowStarted, SignInError> {
        let portal = self.portal;
        let token = Token::generate(portal.rng());
        let mut flow = FlowRow {
            id: FlowId::new(now, portal.rng()).0,
            purpose: start.purpose.code().to_owned(),
            account_id: start.account_id,
            subject: start.subject.to_vec(),
            return_to: start.return_to,
            locale: visit.locale.code().to_owned(),
            created_at: now,
            expires_at: start.expires_at,
            code_mac: None,
            code_expires_at: now,
            previous_mac: None,
            previous_expires_at: 0,
            wrong_tries: 0,
            sends: 0,
            next_send_at: now,
            consumed_at: None,
        };
        let (places, sent) = self.send(tx, visit, &mut flow, start.receiver, now).await?;
        flows::insert(tx, &token.hash(), &flow).await?;
        self.record_request(tx, visit, &flow, start.receiver, sent).await?;
        Ok(FlowStarted { token, view: self.view_of(&flow, &places, now)?, id: FlowId(flow.id) })
    }

    /// Makes a code and puts its message into the outbox, if wait and limit allow; the caller writes the flow's row.
    pub(super) async fn send(
        &self,
        tx: &mut Tx,
        visit: &Visit,
        flow: &mut FlowRow,
        receiver: Option<&Receiver>,
        now: Timestamp,
    ) -> Result<(Places, Sent), SignInError> {
        let portal = self.portal;
        let settings = &portal.settings().codes;
        let (purpose, subject) = (purpose(flow)?, subject(flow)?);
        let mut places = Places::lock(tx, &subject, settings.sends_per_hour, SENDS_WINDOW_MS).await?;
        let running = places.wait(now).filter(|_| purpose.waits_everywhere() && places.left(now) > 0);
        if let Some(retry_at) = running {
            return Ok((places, Sent::TooSoon { retry_at }));
        }
        let wait_ms = settings.wait_after(places.unanswered(now) + 1);
        if !places.take(tx, &subject, wait_ms, now).await? {
            return Ok((places, Sent::OverLimit));
        }
        let code = Otp::generate(&mut |bytes| portal.rng().fill(bytes));
        let mut mac = self.mac(flow.id, purpose, &subject, &code);
        if receiver.is_none() {
            // Nobody gets this code, so nothing that can be typed may match it.
            portal.rng().fill(&mut mac);
        }
        // A code that died of wrong tries does not come back as the one before the newest.
        if flow.wrong_tries < i64::from(settings.tries) {
            flow.keep_newest_as_previous();
        } else {
            flow.previous_mac = None;
        }
        flow.code_mac = Some(mac.to_vec());
        flow.code_expires_at = (now + settings.lifetime_ms).min(flow.expires_at);
        flow.wrong_tries = 0;
        flow.sends += 1;
        flow.next_send_at = now + settings.wait_after(flow.sends);
        let text = Text {
            idempotency_key: format!("{}-{}", FlowId(flow.id), flow.sends),
            event: purpose.event(),
            locale: receiver.and_then(|receiver| receiver.locale).unwrap_or(visit.locale),
            payload: json!({ "code": code.as_str(), "purpose": flow.purpose }),
            expires_at: flow.code_expires_at,
        };
        let account = receiver.and_then(|receiver| receiver.account_id);
        portal.send(tx, receiver.map(|receiver| (account, &receiver.address)), text).await?;
        Ok((places, Sent::Yes))
    }

    /// One audit row for each code that was asked for.
    pub(super) async fn record_request(
        &self,
        tx: &mut Tx,
        visit: &Visit,
        flow: &FlowRow,
        receiver: Option<&Receiver>,
        sent: Sent,
    ) -> Result<(), SignInError> {
        let event = if flow.sends > 1 { AuditEvent::CodeResent } else { AuditEvent::CodeRequested };
        let (outcome, result) = match (sent, receiver) {
            (Sent::OverLimit, _) => (Outcome::Refused, "over_limit"),
            (Sent::TooSoon { .. }, _) => (Outcome::Refused, "too_soon"),
            (Sent::Yes, Some(_)) => (Outcome::Success, "sent"),
            (Sent::Yes, None) => (Outcome::Failure, "nobody_to_send_to"),
        };
        let entry = about(AuditEntry::new(event, outcome, visit), receiver.and_then(|receiver| receiver.person_id))
            .detail("purpose", flow.purpose.as_str())
            .detail("result", result);
        self.portal.audit().append(tx, entry).await?;
        Ok(())
    }
}
