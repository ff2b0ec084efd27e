//! The live list of a new password: what a policy says, as lines in the page's words. Both sides make it by the same
//! function.

use domain::password::Weakness;
use domain::{Assessment, Requirement, Unmet};

use super::{PolicyLine, PolicyTexts};

/// The requirements in the order of the list.
const ORDER: [&str; 8] = [
    "length",
    "only_latin_letters_and_digits",
    "letter",
    "digit",
    "nothing_personal",
    "not_the_service",
    "not_common",
    "hard_to_guess",
];

/// The list for an assessment: what is missing first, then what is met.
///
/// What nobody has looked at yet counts as missing: an empty field has nothing good about it, and whether a password is
/// common or easy to guess only the server can say. A mistake that more letters mend is missing, not failed.
pub fn policy_lines(texts: &PolicyTexts, assessment: &Assessment) -> Vec<PolicyLine> {
    let empty = assessment.unmet.iter().any(|unmet| matches!(unmet, Unmet::TooShort { length: 0, .. }));
    let mut missing = Vec::new();
    let mut met = Vec::new();
    for code in ORDER {
        let state = assessment.requirements.iter().find(|state| code_of(&state.requirement) == code);
        if state.is_none() && !is_looked_at_later(code, assessment) {
            continue;
        }
        let words = requirement_words(texts, code, state.map(|state| &state.requirement));
        match state {
            Some(state) if state.met && !empty => {
                met.extend(words.map(|text| PolicyLine { met: true, failed: false, text }));
            }
            Some(state) if !state.met && !empty => {
                let reasons = assessment.unmet.iter().filter(|unmet| requirement_of(unmet) == code);
                missing.extend(reasons.filter_map(|unmet| {
                    let text = unmet_words(texts, unmet).or_else(|| words.clone())?;
                    Some(PolicyLine { met: false, failed: !mends_itself(unmet), text })
                }));
            }
            _ => missing.extend(words.map(|text| PolicyLine { met: false, failed: false, text })),
        }
    }
    missing.extend(met);
    missing
}

/// "Still missing: 2", or that nothing is.
pub fn heading(texts: &PolicyTexts, lines: &[PolicyLine]) -> String {
    match lines.iter().filter(|line| !line.met).count() {
        0 => texts.complete.clone(),
        missing => texts.missing.replace("{a}", &missing.to_string()),
    }
}

/// The list as it is said aloud: the heading and what is missing.
#[cfg(any(feature = "hydrate", test))]
pub fn aloud(texts: &PolicyTexts, lines: &[PolicyLine]) -> String {
    let missing = lines.iter().filter(|line| !line.met).map(|line| line.text.clone());
    std::iter::once(heading(texts, lines)).chain(missing).collect::<Vec<_>>().join(". ")
}

/// What only the server looks at, or only once nothing else is missing.
fn is_looked_at_later(code: &str, assessment: &Assessment) -> bool {
    match code {
        "nothing_personal" | "not_common" => true,
        // The policy of Latin letters and digits makes no estimate.
        "hard_to_guess" => !assessment.requirements.iter().any(|state| state.requirement == Requirement::Letter),
        _ => false,
    }
}

const fn code_of(requirement: &Requirement) -> &'static str {
    match requirement {
        Requirement::Length { .. } => "length",
        Requirement::OnlyLatinLettersAndDigits => "only_latin_letters_and_digits",
        Requirement::Letter => "letter",
        Requirement::Digit => "digit",
        Requirement::NothingPersonal => "nothing_personal",
        Requirement::NotTheService => "not_the_service",
        Requirement::NotCommon => "not_common",
        Requirement::HardToGuess => "hard_to_guess",
    }
}

/// The code of the requirement that a reason belongs to.
const fn requirement_of(unmet: &Unmet) -> &'static str {
    match unmet {
        Unmet::TooShort { .. } | Unmet::TooLong { .. } => "length",
        Unmet::OtherCharacters => "only_latin_letters_and_digits",
        Unmet::NoLetter => "letter",
        Unmet::NoDigit => "digit",
        Unmet::ContainsUserCode
        | Unmet::ContainsIdNumber
        | Unmet::ContainsName
        | Unmet::ContainsMobile
        | Unmet::ContainsBirthDate => "nothing_personal",
        Unmet::ContainsServiceName => "not_the_service",
        Unmet::Common => "not_common",
        Unmet::Guessable { .. } => "hard_to_guess",
    }
}

/// Whoever types on mends it.
const fn mends_itself(unmet: &Unmet) -> bool {
    matches!(unmet, Unmet::TooShort { .. } | Unmet::NoLetter | Unmet::NoDigit)
}

fn requirement_words(texts: &PolicyTexts, code: &str, requirement: Option<&Requirement>) -> Option<String> {
    let words = find(&texts.requirements, code)?;
    Some(match requirement {
        Some(Requirement::Length { min, max }) => fill(words, *min, *max),
        _ => words.to_owned(),
    })
}

fn unmet_words(texts: &PolicyTexts, unmet: &Unmet) -> Option<String> {
    let words = |code: &str| find(&texts.unmet, code);
    match unmet {
        Unmet::TooShort { min: figure, length } | Unmet::TooLong { max: figure, length } => {
            words(unmet.code()).map(|words| fill(words, *figure, *length))
        }
        Unmet::Guessable { weakness: Some(weakness) } => {
            words(weakness_code(*weakness)).or_else(|| words(unmet.code())).map(str::to_owned)
        }
        _ => words(unmet.code()).map(str::to_owned),
    }
}

const fn weakness_code(weakness: Weakness) -> &'static str {
    match weakness {
        Weakness::KeyboardPattern => "guessable.keyboard_pattern",
        Weakness::Repeats => "guessable.repeats",
        Weakness::Sequence => "guessable.sequence",
        Weakness::Common => "guessable.common",
        Weakness::SingleWord => "guessable.single_word",
        Weakness::Names => "guessable.names",
        Weakness::Date => "guessable.date",
    }
}

fn find<'texts>(texts: &'texts [(String, String)], code: &str) -> Option<&'texts str> {
    texts.iter().find(|(key, _)| key == code).map(|(_, words)| words.as_str())
}

fn fill(words: &str, a: usize, b: usize) -> String {
    words.replace("{a}", &a.to_string()).replace("{b}", &b.to_string())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
    use domain::password::check;
    use domain::{CommonPasswords, Password, Policy, PolicyContext, PolicyName};

    use super::*;

    struct List;

    impl CommonPasswords for List {
        fn contains(&self, folded: &str) -> bool {
            folded == "iloveyou1234567"
        }
    }

    fn texts() -> PolicyTexts {
        let pairs = |codes: &[&str]| codes.iter().map(|code| ((*code).to_owned(), format!("({code})"))).collect();
        let mut texts = PolicyTexts {
            requirements: pairs(ORDER.get(1..).unwrap()),
            unmet: pairs(&["no_digit", "contains_name", "contains_mobile", "common", "guessable", "guessable.repeats"]),
            missing: "missing: {a}".to_owned(),
            complete: "complete".to_owned(),
            met: "met".to_owned(),
        };
        texts.requirements.push(("length".to_owned(), "{a} to {b}".to_owned()));
        texts.unmet.push(("too_short".to_owned(), "least {a}, typed {b}".to_owned()));
        texts
    }

    fn person() -> PolicyContext {
        PolicyContext {
            names: vec!["Dana".to_owned()],
            mobiles: vec!["+972507654321".to_owned()],
            service_names: vec!["Schoolgate".to_owned()],
            ..PolicyContext::default()
        }
    }

    /// The list in signs: `+` met, `o` missing, `x` failed.
    fn list(assessment: &Assessment) -> Vec<String> {
        let sign = |line: &PolicyLine| match (line.met, line.failed) {
            (true, _) => '+',
            (false, false) => 'o',
            (false, true) => 'x',
        };
        policy_lines(&texts(), assessment).iter().map(|line| format!("{} {}", sign(line), line.text)).collect()
    }

    fn assess(policy: PolicyName, password: &str, common: bool) -> Assessment {
        let password = Password::new(password).unwrap();
        let common: Option<&dyn CommonPasswords> = if common { Some(&List) } else { None };
        check(&Policy::of(policy), &password, &person(), common)
    }

    #[test]
    fn an_empty_field_has_everything_before_it() {
        let everything =
            ["o 15 to 256", "o (nothing_personal)", "o (not_the_service)", "o (not_common)", "o (hard_to_guess)"];
        assert_eq!(list(&assess(PolicyName::Nist, "", true)), everything);
        assert_eq!(list(&assess(PolicyName::Nist, "", false)), everything, "the same without the server");
    }

    #[test]
    fn what_is_missing_comes_first_with_its_reason() {
        assert_eq!(
            list(&assess(PolicyName::Nist, "dana 050-7654321", true)),
            [
                "x (contains_name)",
                "x (contains_mobile)",
                "o (hard_to_guess)",
                "+ 15 to 256",
                "+ (not_the_service)",
                "+ (not_common)",
            ]
        );
        assert_eq!(
            list(&assess(PolicyName::Nist, "walnut", true)),
            [
                "o least 15, typed 6",
                "o (hard_to_guess)",
                "+ (nothing_personal)",
                "+ (not_the_service)",
                "+ (not_common)",
            ]
        );
        assert_eq!(list(&assess(PolicyName::Nist, "iloveyou1234567", true)).first().unwrap(), "x (common)");
    }

    #[test]
    fn advice_is_as_exact_as_the_page_has_words_for() {
        for (weakness, words) in [
            (Some(Weakness::Repeats), "x (guessable.repeats)"),
            (Some(Weakness::Date), "x (guessable)"),
            (None, "x (guessable)"),
        ] {
            let mut assessment = assess(PolicyName::Nist, "walnut walnut walnut", true);
            let requirement = Requirement::HardToGuess;
            assessment.requirements.push(domain::RequirementState { requirement, met: false });
            assessment.unmet.push(Unmet::Guessable { weakness });
            assert_eq!(list(&assessment).first().unwrap(), words);
        }
    }

    #[test]
    fn the_older_policy_makes_no_estimate() {
        assert_eq!(
            list(&assess(PolicyName::MoeLegacy, "walnutwood", true)),
            [
                "o (no_digit)",
                "+ 8 to 16",
                "+ (only_latin_letters_and_digits)",
                "+ (letter)",
                "+ (nothing_personal)",
                "+ (not_the_service)",
                "+ (not_common)",
            ]
        );
    }

    #[test]
    fn what_is_too_large_to_read_is_told_even_without_words_for_it() {
        let assessment = Assessment::too_large(&Policy::default(), &"a".repeat(2000));
        assert_eq!(list(&assessment).first().unwrap(), "x 15 to 256");
    }

    #[test]
    fn the_heading_counts_what_is_missing() {
        let lines = policy_lines(&texts(), &assess(PolicyName::Nist, "walnut", true));
        assert_eq!(heading(&texts(), &lines), "missing: 2");
        assert_eq!(aloud(&texts(), &lines), "missing: 2. least 15, typed 6. (hard_to_guess)");
        let mut assessment = assess(PolicyName::Nist, "walnut ladder seven rivers", true);
        let requirement = Requirement::HardToGuess;
        assessment.requirements.push(domain::RequirementState { requirement, met: true });
        let lines = policy_lines(&texts(), &assessment);
        assert_eq!(
            (heading(&texts(), &lines), aloud(&texts(), &lines)),
            ("complete".to_owned(), "complete".to_owned())
        );
    }
}
