//! Who signs in and who registers: the demo's crowd, its newcomers, and invented people whom the portal does not know but whose
//! numbers are well formed.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::dice::Dice;
use crate::error::LoadError;

/// Somebody of the demo's crowd, as its `people.json` lists them.
#[derive(Clone, Deserialize)]
pub struct Person {
    /// The user code.
    pub user_code: String,
    /// The published password.
    pub password: String,
    /// The ID number, of kind `il_id`.
    pub id_number: String,
    /// Where codes are sent, E.164.
    pub phone: String,
}

/// Somebody whom the demo's roster knows and who has no account yet.
#[derive(Clone, Deserialize)]
pub struct Newcomer {
    /// The name for programs.
    pub key: String,
    /// The ID number, of kind `il_id`.
    pub id_number: String,
    /// `YYYY-MM-DD`.
    pub birth_date: String,
    /// The ID number of the child, of kind `il_id`.
    pub child_id: String,
    /// The mobile on file, E.164.
    pub phone: String,
}

impl Newcomer {
    /// The address that this newcomer gives, and nobody else.
    pub fn email(&self) -> String {
        format!("{}@load.example", self.key)
    }
}

/// Reads the crowd from the demo's folder.
pub fn crowd(folder: &Path) -> Result<Vec<Person>, LoadError> {
    listed(folder, "crowd-")
}

/// Reads the newcomers from the demo's folder.
pub fn newcomers(folder: &Path) -> Result<Vec<Newcomer>, LoadError> {
    listed(folder, "newcomer-")
}

/// Everybody whose key begins so.
fn listed<P: DeserializeOwned>(folder: &Path, prefix: &str) -> Result<Vec<P>, LoadError> {
    let path = folder.join("people.json");
    let text = fs::read(&path).map_err(LoadError::file(&path))?;
    let content = |problem: String| LoadError::Content { path: path.clone(), problem };
    let all: Vec<serde_json::Value> = serde_json::from_slice(&text).map_err(|error| content(error.to_string()))?;
    let listed: Result<Vec<P>, _> = all
        .into_iter()
        .filter(|person| person.get("key").and_then(|key| key.as_str()).is_some_and(|key| key.starts_with(prefix)))
        .map(serde_json::from_value)
        .collect();
    match listed {
        Ok(listed) if listed.is_empty() => Err(content(format!("nobody whose key begins with {prefix} is in it"))),
        Ok(listed) => Ok(listed),
        Err(error) => Err(content(error.to_string())),
    }
}

/// Israeli ID numbers with a right check digit that nobody of the crowd has.
pub fn unknown_id_numbers(count: usize, crowd: &[Person], dice: &mut Dice) -> Vec<String> {
    let known: HashSet<&str> = crowd.iter().map(|person| person.id_number.as_str()).collect();
    invent(count, || {
        let digits: Vec<usize> = (0..8).map(|_| dice.below(10)).collect();
        let number: String = digits.iter().chain([&check_digit(&digits)]).map(usize::to_string).collect();
        (!known.contains(number.as_str())).then_some(number)
    })
}

/// User codes with a right check character that nobody of the crowd has.
pub fn unknown_user_codes(count: usize, crowd: &[Person], dice: &mut Dice) -> Vec<String> {
    let known: HashSet<&str> = crowd.iter().map(|person| person.user_code.as_str()).collect();
    invent(count, || {
        let mut places: Vec<usize> = (0..7).map(|_| dice.below(ALPHABET.len())).collect();
        places.push(check_character(&places));
        let mut code: String = places.iter().filter_map(|place| ALPHABET.get(*place)).map(|c| char::from(*c)).collect();
        code.insert(4, '-');
        (!known.contains(code.as_str())).then_some(code)
    })
}

fn invent(count: usize, mut one: impl FnMut() -> Option<String>) -> Vec<String> {
    let mut all = HashSet::new();
    let mut list = Vec::with_capacity(count);
    while list.len() < count {
        let new = one().filter(|text| all.insert(text.clone()));
        list.extend(new);
    }
    list
}

/// The last digit of an Israeli ID number: every second digit counts double, digits of the products are added up, and the
/// whole is a multiple of ten.
fn check_digit(digits: &[usize]) -> usize {
    let sum: usize = digits
        .iter()
        .zip([1, 2].into_iter().cycle())
        .map(|(digit, weight)| {
            let product = digit * weight;
            product / 10 + product % 10
        })
        .sum();
    (10 - sum % 10) % 10
}

/// The characters of user codes.
const ALPHABET: &[u8; 31] = b"23456789ABCDEFGHJKMNPQRSTUVWXYZ";

/// The last character of a user code: the sum of all, weighted 8 to 1 from the left, is a multiple of 31.
fn check_character(places: &[usize]) -> usize {
    let sum: usize = places.iter().zip((2..=8).rev()).map(|(place, weight)| place * weight).sum();
    (ALPHABET.len() - sum % ALPHABET.len()) % ALPHABET.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_digits_are_those_of_known_numbers() {
        for number in ["039337423", "000000018", "123456782"] {
            let digits: Vec<usize> = number.bytes().map(|byte| usize::from(byte - b'0')).collect();
            assert_eq!(digits.split_last().map(|(last, first)| check_digit(first) == *last), Some(true), "{number}");
        }
    }

    #[test]
    fn user_codes_agree_with_their_check_character() {
        for code in unknown_user_codes(100, &[], &mut Dice::new(7)) {
            let places: Vec<usize> =
                code.bytes().filter_map(|byte| ALPHABET.iter().position(|known| *known == byte)).collect();
            assert_eq!(places.len(), 8, "{code}");
            let sum: usize = places.iter().zip((1..=8).rev()).map(|(place, weight)| place * weight).sum();
            assert_eq!(sum % 31, 0, "{code}");
        }
    }

    #[test]
    fn invented_people_are_nobody_and_all_different() {
        let person = |id_number: &str| Person {
            user_code: String::new(),
            password: String::new(),
            id_number: id_number.to_owned(),
            phone: String::new(),
        };
        let first = unknown_id_numbers(1, &[], &mut Dice::new(1));
        let crowd: Vec<Person> = first.iter().map(|number| person(number)).collect();
        let others = unknown_id_numbers(300, &crowd, &mut Dice::new(1));
        assert!(others.iter().all(|number| !first.contains(number)));
        assert_eq!(others.iter().collect::<HashSet<_>>().len(), 300);
    }
}
