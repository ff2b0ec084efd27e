//! The few statistics of the report. All take samples in any order and any unit; no sample is thrown away.

use serde::Serialize;

/// A count as a number to reckon with.
#[allow(clippy::cast_precision_loss, reason = "counts here are far below 2^52")]
pub fn float(count: usize) -> f64 {
    count as f64
}

/// A count that an option holds, as the size of something.
pub fn size(count: u32) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

/// The value below which the share (0 to 1) of the samples lies, between neighbours by proportion; 0 of none.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the position lies between 0 and the number of samples"
)]
pub fn quantile(samples: &[f64], share: f64) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    let position = share.clamp(0.0, 1.0) * float(sorted.len().saturating_sub(1));
    let at = |index: usize| sorted.get(index).or(sorted.last()).copied().unwrap_or_default();
    let low = position.floor() as usize;
    at(low) + (at(low + 1) - at(low)) * position.fract()
}

/// The middle.
pub fn median(samples: &[f64]) -> f64 {
    quantile(samples, 0.5)
}

/// What a distribution looks like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Distribution {
    /// How many samples.
    pub count: usize,
    /// The smallest.
    pub min: f64,
    /// One in twenty is smaller.
    pub p5: f64,
    /// The middle.
    pub median: f64,
    /// One in twenty is larger.
    pub p95: f64,
}

impl Distribution {
    /// Of these samples.
    pub fn of(samples: &[f64]) -> Self {
        Self {
            count: samples.len(),
            min: quantile(samples, 0.0),
            p5: quantile(samples, 0.05),
            median: median(samples),
            p95: quantile(samples, 0.95),
        }
    }
}

/// What a distribution looks like to those who wait: its middle and its upper end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Tail {
    /// How many samples.
    pub count: usize,
    /// The middle.
    pub p50: f64,
    /// One in a hundred is larger.
    pub p99: f64,
    /// The largest.
    pub max: f64,
}

impl Tail {
    /// Of these samples.
    pub fn of(samples: &[f64]) -> Self {
        Self { count: samples.len(), p50: median(samples), p99: quantile(samples, 0.99), max: quantile(samples, 1.0) }
    }
}

/// How well one sample tells which of two distributions it is from: the statistic of Mann and Whitney, U divided by the
/// number of pairs (also called AUC, or common language effect size).
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ToldApart {
    /// How often a sample of the second is larger than one of the first; 0.5 is a coin.
    pub auc: f64,
    /// How far from 0.5 chance alone leads in 95 of 100 runs when the two are the same.
    pub chance: f64,
}

impl ToldApart {
    /// Of these samples; equal samples count half.
    pub fn of(first: &[f64], second: &[f64]) -> Self {
        let mut sorted = first.to_vec();
        sorted.sort_by(f64::total_cmp);
        let won: f64 = second
            .iter()
            .map(|sample| {
                let smaller = sorted.partition_point(|other| other < sample);
                let not_larger = sorted.partition_point(|other| other <= sample);
                f64::midpoint(float(smaller), float(not_larger))
            })
            .sum();
        let (m, n) = (float(first.len()), float(second.len()));
        if m * n == 0.0 {
            return Self { auc: 0.5, chance: 0.5 };
        }
        // The standard deviation of U without ties is sqrt(m n (m + n + 1) / 12).
        Self { auc: won / (m * n), chance: 1.96 * ((m + n + 1.0) / (12.0 * m * n)).sqrt() }
    }

    /// Whether chance alone explains it.
    pub fn is_chance(&self) -> bool {
        (self.auc - 0.5).abs() <= self.chance
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(left: f64, right: f64) -> bool {
        (left - right).abs() < 1e-9
    }

    #[test]
    fn quantiles_lie_between_neighbours() {
        let samples = [4.0, 1.0, 3.0, 2.0];
        assert!(close(median(&samples), 2.5));
        assert!(close(quantile(&samples, 0.0), 1.0));
        assert!(close(quantile(&samples, 1.0), 4.0));
        assert!(close(median(&[]), 0.0));
        assert!(close(median(&[7.0]), 7.0));
    }

    #[test]
    fn the_same_samples_are_a_coin_and_separate_ones_are_certain() {
        let low: Vec<f64> = (0..50_u32).map(f64::from).collect();
        let high: Vec<f64> = (50..100_u32).map(f64::from).collect();
        assert!(close(ToldApart::of(&low, &low).auc, 0.5));
        assert!(ToldApart::of(&low, &low).is_chance());
        assert!(close(ToldApart::of(&low, &high).auc, 1.0));
        assert!(close(ToldApart::of(&high, &low).auc, 0.0));
        assert!(!ToldApart::of(&low, &high).is_chance());
    }

    #[test]
    fn chance_is_as_wide_as_the_tables_say() {
        // m = n = 300: sqrt(601 / 1 080 000) = 0.02359.
        let samples = vec![1.0; 300];
        assert!((ToldApart::of(&samples, &samples).chance - 1.96 * 0.023_59).abs() < 1e-4);
    }
}
