//! Reading a gateway's answer: is this a success, is it a refusal of the number?
//!
//! A test is data, not code: a status range, values and presences by JSON pointer (RFC 6901), a piece of text.
//! All that a test names must hold.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// Conditions on an answer; all that are given must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnswerTest {
    /// First and last HTTP status, for instance `[200, 299]`.
    pub status: Option<[u16; 2]>,
    /// JSON pointer → the value that must be there. Compared as text, so `1` and `"1"` are the same: gateways
    /// change their mind about that.
    #[serde(default)]
    pub json: BTreeMap<String, Value>,
    /// JSON pointers at which there must be a value other than `null`, `false` and the empty string.
    #[serde(default)]
    pub present: Vec<String>,
    /// Text the body must contain.
    pub contains: Option<String>,
}

impl AnswerTest {
    /// What is wrong with the test itself, in words.
    pub(super) fn problem(&self) -> Option<String> {
        if self.status.is_none() && self.json.is_empty() && self.present.is_empty() && self.contains.is_none() {
            return Some("names no condition and would hold for every answer".to_owned());
        }
        if let Some([first, last]) = self.status
            && (first > last || first < 100 || last > 599)
        {
            return Some(format!("status [{first}, {last}] is no range within 100 to 599"));
        }
        if self.contains.as_ref().is_some_and(String::is_empty) {
            return Some("contains is empty".to_owned());
        }
        if let Some(pointer) = self.json.keys().chain(&self.present).find(|pointer| !pointer.starts_with('/')) {
            return Some(format!("`{pointer}` is no JSON pointer: it starts with `/`"));
        }
        self.json
            .iter()
            .find(|(_, value)| scalar(value).is_none())
            .map(|(pointer, _)| format!("the value at `{pointer}` must be a text, a number or a boolean"))
    }

    pub(super) fn holds(&self, answer: &Answer<'_>) -> bool {
        self.status.is_none_or(|[first, last]| (first..=last).contains(&answer.status))
            && self.json.iter().all(|(pointer, wanted)| {
                answer.at(pointer).and_then(scalar).is_some_and(|found| Some(found) == scalar(wanted))
            })
            && self.present.iter().all(|pointer| {
                answer.at(pointer).is_some_and(|value| match value {
                    Value::Null | Value::Bool(false) => false,
                    Value::String(text) => !text.is_empty(),
                    _ => true,
                })
            })
            && self.contains.as_ref().is_none_or(|wanted| answer.body.contains(wanted.as_str()))
    }
}

/// What a gateway said.
pub(super) struct Answer<'a> {
    status: u16,
    body: std::borrow::Cow<'a, str>,
    json: Option<Value>,
}

impl<'a> Answer<'a> {
    pub(super) fn new(status: u16, body: &'a [u8]) -> Self {
        Self { status, body: String::from_utf8_lossy(body), json: serde_json::from_slice(body).ok() }
    }

    fn at(&self, pointer: &str) -> Option<&Value> {
        self.json.as_ref()?.pointer(pointer)
    }
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests stop at what they did not expect")]

    use super::{Answer, AnswerTest};

    fn test(source: &str) -> AnswerTest {
        toml::from_str(source).unwrap()
    }

    #[test]
    fn all_conditions_must_hold() {
        let success = test("status = [200, 201]\njson = { \"/code\" = 0 }\npresent = [\"/id\"]\ncontains = \"ok\"");
        assert_eq!(success.problem(), None);
        for (status, body, holds) in [
            (200, r#"{"code":0,"id":"x","m":"ok"}"#, true),
            (201, r#"{"code":"0","id":7,"m":"ok"}"#, true),
            (202, r#"{"code":0,"id":"x","m":"ok"}"#, false),
            (200, r#"{"code":1,"id":"x","m":"ok"}"#, false),
            (200, r#"{"code":0,"id":"","m":"ok"}"#, false),
            (200, r#"{"code":0,"id":null,"m":"ok"}"#, false),
            (200, r#"{"code":0,"m":"ok"}"#, false),
            (200, r#"{"code":0,"id":"x"}"#, false),
            (200, "ok", false),
            (200, "", false),
        ] {
            assert_eq!(success.holds(&Answer::new(status, body.as_bytes())), holds, "{status} {body}");
        }
    }

    #[test]
    fn tests_that_cannot_be_meant_are_refused() {
        for source in [
            "",
            "status = [300, 200]",
            "status = [0, 200]",
            "contains = \"\"",
            "present = [\"id\"]",
            "json = { \"id\" = 1 }",
            "json = { \"/id\" = [1] }",
        ] {
            assert!(test(source).problem().is_some(), "{source}");
        }
    }
}
