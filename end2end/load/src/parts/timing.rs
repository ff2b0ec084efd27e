//! Does the time of an answer tell whether an ID number or a user code is known? Known and unknown ones are asked for one after
//! another in random order, over one connection, with nothing else going on: the best a listener on the spot could hope for.
//!
//! The request *after* one is looked at as well: work that a known number leaves behind (a message to send) must not slow it.

use std::time::Duration;

use http::StatusCode;
use serde::Serialize;

use super::{codes, passwords};
use crate::client::Connection;
use crate::dice::Dice;
use crate::error::LoadError;
use crate::people::{Person, unknown_id_numbers, unknown_user_codes};
use crate::server::Server;
use crate::stats::{Distribution, ToldApart};

/// The answering times of one address, in milliseconds.
#[derive(Debug, Serialize)]
pub struct Timing {
    /// What was asked.
    pub what: &'static str,
    /// Of known ones.
    pub known: Distribution,
    /// Of unknown ones.
    pub unknown: Distribution,
    /// Whether the one can be told from the other.
    pub told_apart: ToldApart,
    /// Whether the request after it tells.
    pub told_by_next: ToldApart,
}

/// One request.
struct Ask {
    known: bool,
    text: String,
}

/// Asks for codes with known and unknown ID numbers.
pub async fn id_numbers(server: &Server, people: &[Person], dice: &mut Dice) -> Result<Timing, LoadError> {
    let known = people.iter().map(|person| person.id_number.clone());
    let asks = mixed(known, unknown_id_numbers(people.len(), people, dice), dice);
    let mut connection = Connection::open(server.address()).await?;
    let mut times = Vec::with_capacity(asks.len());
    for one in &asks {
        let answer = codes::ask(&mut connection, &one.text).await?.expect("asking for a code", StatusCode::ACCEPTED)?;
        times.push(milliseconds(answer.took));
    }
    Ok(judge("ask for a code by ID number", &asks, &times))
}

/// Posts a wrong password with known and unknown user codes.
pub async fn user_codes(server: &Server, people: &[Person], dice: &mut Dice) -> Result<Timing, LoadError> {
    let known = people.iter().map(|person| person.user_code.clone());
    let asks = mixed(known, unknown_user_codes(people.len(), people, dice), dice);
    let mut connection = Connection::open(server.address()).await?;
    let mut times = Vec::with_capacity(asks.len());
    for one in &asks {
        let answer = passwords::post(&mut connection, &one.text, "not the password of anybody").await?;
        let answer = answer.expect("a wrong password", StatusCode::UNAUTHORIZED)?;
        times.push(milliseconds(answer.took));
    }
    Ok(judge("wrong password for a user code", &asks, &times))
}

fn mixed(known: impl Iterator<Item = String>, unknown: Vec<String>, dice: &mut Dice) -> Vec<Ask> {
    let known = known.map(|text| Ask { known: true, text });
    let mut asks: Vec<Ask> = known.chain(unknown.into_iter().map(|text| Ask { known: false, text })).collect();
    dice.shuffle(&mut asks);
    asks
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

fn judge(what: &'static str, asks: &[Ask], times: &[f64]) -> Timing {
    let of = |known: bool| -> Vec<f64> {
        asks.iter().zip(times).filter(|(ask, _)| ask.known == known).map(|(_, time)| *time).collect()
    };
    let after = |known: bool| -> Vec<f64> {
        asks.iter().zip(times.iter().skip(1)).filter(|(ask, _)| ask.known == known).map(|(_, time)| *time).collect()
    };
    let (known, unknown) = (of(true), of(false));
    Timing {
        what,
        known: Distribution::of(&known),
        unknown: Distribution::of(&unknown),
        told_apart: ToldApart::of(&unknown, &known),
        told_by_next: ToldApart::of(&after(false), &after(true)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slower_answers_and_slower_successors_are_noticed() {
        let asks: Vec<Ask> =
            [true, false].iter().cycle().take(40).map(|known| Ask { known: *known, text: String::new() }).collect();
        let slow_known: Vec<f64> = asks.iter().map(|ask| if ask.known { 2.0 } else { 1.0 }).collect();
        let timing = judge("", &asks, &slow_known);
        assert!((timing.told_apart.auc - 1.0).abs() < 1e-9);
        // In strict alternation every unknown one is followed by a known, slow one.
        assert!(timing.told_by_next.auc.abs() < 1e-9);
        assert_eq!((timing.known.count, timing.unknown.count), (20, 20));
    }
}
