//! How long to wait after wrong passwords: nothing at first, then longer and longer, never for good.

use serde::{Deserialize, Serialize};

/// The figures of the waits; defaults from the service's rules: after 5 failures 5, 10, 20 … seconds, up to 15 minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailureWaits {
    /// Failures in a row after which the first wait comes.
    pub after: u32,
    /// The first wait in seconds; each further failure doubles it.
    pub first_s: u32,
    /// The longest wait in seconds.
    pub longest_s: u32,
}

impl Default for FailureWaits {
    fn default() -> Self {
        Self { after: 5, first_s: 5, longest_s: 15 * 60 }
    }
}

impl FailureWaits {
    /// The wait in seconds after so many failures in a row; 0 means none.
    pub fn wait_s(&self, failures: u32) -> u32 {
        let Some(doublings) = failures.checked_sub(self.after) else { return 0 };
        2_u32.saturating_pow(doublings).saturating_mul(self.first_s).min(self.longest_s)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_figures_of_the_rules() {
        let waits = FailureWaits::default();
        let seconds: Vec<u32> = (0..=14).map(|failures| waits.wait_s(failures)).collect();
        assert_eq!(seconds, [0, 0, 0, 0, 0, 5, 10, 20, 40, 80, 160, 320, 640, 900, 900]);
        assert_eq!(waits.wait_s(u32::MAX), 900);
    }
}
