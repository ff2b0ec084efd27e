//! What `doctor` learns about a gateway.

use super::error::Failure;

/// What a gateway carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// Text messages.
    Sms,
    /// Mail.
    Mail,
}

/// The state of one gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbeReport {
    /// What it carries.
    pub channel: Channel,
    /// Its name in the configuration.
    pub gateway: String,
    /// Whether it could be used now.
    pub outcome: Result<(), ProbeProblem>,
}

/// What is wrong with a gateway, and how to mend it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {what}; {mend}")]
pub struct ProbeProblem {
    /// The stable code, as in [`super::DeliveryError`].
    pub code: &'static str,
    /// What is wrong, in one sentence.
    pub what: &'static str,
    /// What to do about it.
    pub mend: &'static str,
    /// The SMTP status, if the gateway answered with one.
    pub status: Option<u16>,
}

impl ProbeProblem {
    pub(super) fn new(failure: Failure) -> Self {
        Self {
            code: failure.fault.code(),
            what: failure.fault.what(),
            mend: failure.fault.mend(),
            status: failure.status,
        }
    }
}
