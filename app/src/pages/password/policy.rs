//! The password policy in words: the live list's texts, and the sentence beside the field. Both are made of the same words.

use domain::password::Weakness;
use domain::{Locale, Unmet};

use crate::tr;
use crate::wizard::PolicyTexts;

const WEAKNESSES: [Weakness; 7] = [
    Weakness::KeyboardPattern,
    Weakness::Repeats,
    Weakness::Sequence,
    Weakness::Common,
    Weakness::SingleWord,
    Weakness::Names,
    Weakness::Date,
];

/// The live list's words, with `{a}` and `{b}` in the places of figures.
pub fn policy_texts(locale: Locale) -> PolicyTexts {
    let length = tr!(locale, password.req_length, a = "{a}", b = "{b}");
    let requirements = [
        ("length", length.as_str()),
        ("only_latin_letters_and_digits", tr!(locale, password.req_latin)),
        ("letter", tr!(locale, password.req_letter)),
        ("digit", tr!(locale, password.req_digit)),
        ("nothing_personal", tr!(locale, password.req_personal)),
        ("not_the_service", tr!(locale, password.req_service)),
        ("not_common", tr!(locale, password.req_common)),
        ("hard_to_guess", tr!(locale, password.req_guess)),
    ];
    let reasons = [
        Unmet::TooShort { min: 0, length: 0 },
        Unmet::TooLong { max: 0, length: 0 },
        Unmet::OtherCharacters,
        Unmet::NoLetter,
        Unmet::NoDigit,
        Unmet::ContainsUserCode,
        Unmet::ContainsIdNumber,
        Unmet::ContainsName,
        Unmet::ContainsMobile,
        Unmet::ContainsBirthDate,
        Unmet::ContainsServiceName,
        Unmet::Common,
        Unmet::Guessable { weakness: None },
    ];
    let guessable = WEAKNESSES.map(|weakness| Unmet::Guessable { weakness: Some(weakness) });
    PolicyTexts {
        requirements: requirements.map(|(code, words)| (code.to_owned(), words.to_owned())).to_vec(),
        unmet: reasons
            .into_iter()
            .chain(guessable)
            .map(|unmet| (code(&unmet), words(locale, &unmet, "{a}", "{b}")))
            .collect(),
        missing: tr!(locale, password.missing, a = "{a}"),
        complete: tr!(locale, password.complete).to_owned(),
        met: tr!(locale, password.met).to_owned(),
    }
}

/// Why a password is refused, and what would help.
pub fn unmet_sentence(locale: Locale, unmet: &Unmet) -> String {
    match *unmet {
        Unmet::TooShort { min: figure, length } | Unmet::TooLong { max: figure, length } => {
            words(locale, unmet, &figure.to_string(), &length.to_string())
        }
        _ => words(locale, unmet, "", ""),
    }
}

fn words(locale: Locale, unmet: &Unmet, a: &str, b: &str) -> String {
    match unmet {
        Unmet::TooShort { .. } => return tr!(locale, password.un_too_short, a = a, b = b),
        Unmet::TooLong { .. } => return tr!(locale, password.un_too_long, a = a, b = b),
        Unmet::OtherCharacters => tr!(locale, password.un_characters),
        Unmet::NoLetter => tr!(locale, password.un_letter),
        Unmet::NoDigit => tr!(locale, password.un_digit),
        Unmet::ContainsUserCode => tr!(locale, password.un_user_code),
        Unmet::ContainsIdNumber => tr!(locale, password.un_id_number),
        Unmet::ContainsName => tr!(locale, password.un_name),
        Unmet::ContainsMobile => tr!(locale, password.un_mobile),
        Unmet::ContainsBirthDate => tr!(locale, password.un_birth_date),
        Unmet::ContainsServiceName => tr!(locale, password.un_service),
        Unmet::Common => tr!(locale, password.un_common),
        Unmet::Guessable { weakness: None } => tr!(locale, password.un_guessable),
        Unmet::Guessable { weakness: Some(weakness) } => match weakness {
            Weakness::KeyboardPattern => tr!(locale, password.un_keyboard),
            Weakness::Repeats => tr!(locale, password.un_repeats),
            Weakness::Sequence => tr!(locale, password.un_sequence),
            Weakness::Common => tr!(locale, password.un_near_common),
            Weakness::SingleWord => tr!(locale, password.un_single_word),
            Weakness::Names => tr!(locale, password.un_names),
            Weakness::Date => tr!(locale, password.un_date),
        },
    }
    .to_owned()
}

/// The code by which the list finds the words: a known weakness is added to it.
fn code(unmet: &Unmet) -> String {
    let weakness = match unmet {
        Unmet::Guessable { weakness: Some(weakness) } => match weakness {
            Weakness::KeyboardPattern => ".keyboard_pattern",
            Weakness::Repeats => ".repeats",
            Weakness::Sequence => ".sequence",
            Weakness::Common => ".common",
            Weakness::SingleWord => ".single_word",
            Weakness::Names => ".names",
            Weakness::Date => ".date",
        },
        _ => "",
    };
    format!("{}{weakness}", unmet.code())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
    use std::collections::BTreeSet;

    use domain::password::check;
    use domain::{Assessment, Password, Policy, PolicyContext, PolicyName, Requirement, RequirementState};

    use super::*;
    use crate::wizard::policy_lines;

    #[test]
    fn every_code_has_words_of_its_own_in_every_language() {
        for locale in Locale::ALL {
            let texts = policy_texts(locale);
            for list in [&texts.requirements, &texts.unmet] {
                let codes: BTreeSet<_> = list.iter().map(|(code, _)| code).collect();
                let words: BTreeSet<_> = list.iter().map(|(_, words)| words).collect();
                assert_eq!((codes.len(), words.len()), (list.len(), list.len()), "{locale:?}");
            }
            assert_eq!((texts.requirements.len(), texts.unmet.len()), (8, 20));
            assert!(texts.missing.contains("{a}"), "{locale:?}");
        }
    }

    #[test]
    fn the_list_finds_words_for_every_requirement() {
        let context = PolicyContext {
            names: vec!["Dana".to_owned()],
            service_names: vec!["Schoolgate".to_owned()],
            ..PolicyContext::default()
        };
        let empty = Password::new("").unwrap();
        for locale in Locale::ALL {
            for (policy, lines) in [(PolicyName::Nist, 5), (PolicyName::MoeLegacy, 7)] {
                let assessment = check(&Policy::of(policy), &empty, &context, None);
                assert_eq!(policy_lines(&policy_texts(locale), &assessment).len(), lines, "{locale:?} {policy:?}");
            }
        }
    }

    #[test]
    fn the_list_and_the_field_say_the_same() {
        let texts = policy_texts(Locale::En);
        let guessable = WEAKNESSES.map(|weakness| Unmet::Guessable { weakness: Some(weakness) });
        for unmet in guessable.into_iter().chain([Unmet::Guessable { weakness: None }]) {
            let state = RequirementState { requirement: Requirement::HardToGuess, met: false };
            let assessment = Assessment { requirements: vec![state], unmet: vec![unmet.clone()] };
            let sentence = unmet_sentence(Locale::En, &unmet);
            assert!(policy_lines(&texts, &assessment).iter().any(|line| line.text == sentence), "{unmet:?}");
        }
        let short = Password::new("seven quiet").unwrap();
        let assessment = check(&Policy::default(), &short, &PolicyContext::default(), None);
        let sentence = unmet_sentence(Locale::En, &Unmet::TooShort { min: 15, length: 11 });
        assert!(sentence.contains("15") && sentence.contains("11"), "{sentence}");
        assert_eq!(policy_lines(&texts, &assessment).first().unwrap().text, sentence);
    }
}
