//! How hard a password is to guess, estimated by zxcvbn. Server only: its dictionaries weigh more than the whole sign-in page.

use zxcvbn::feedback::{Feedback, Warning};
use zxcvbn::{Score, zxcvbn};

use crate::password::Password;
use crate::password::assessment::{Assessment, Requirement, Unmet, Weakness, check};
use crate::password::common::CommonPasswords;
use crate::password::context::PolicyContext;
use crate::password::policy::Policy;

/// [`check`] and, where the policy wants it, the estimate: the server's final word.
///
/// A score below 3 of 4 (about 10⁸ guesses) is refused. zxcvbn looks at the first 100 characters only, so the work is bounded; still,
/// it is some milliseconds, and it is spared when the password is refused anyway.
pub fn check_with_strength(
    policy: &Policy,
    password: &Password,
    context: &PolicyContext,
    common: Option<&dyn CommonPasswords>,
) -> Assessment {
    let mut assessment = check(policy, password, context, common);
    if policy.estimates_strength() && assessment.is_accepted() {
        assessment.add(Requirement::HardToGuess, guessable(password, context));
    }
    assessment
}

fn guessable(password: &Password, context: &PolicyContext) -> Option<Unmet> {
    let words = context.words();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let estimate = zxcvbn(password.as_str(), &words);
    if estimate.score() >= Score::Three {
        return None;
    }
    let warning = estimate.feedback().and_then(Feedback::warning);
    Some(Unmet::Guessable { weakness: warning.map(weakness) })
}

fn weakness(warning: Warning) -> Weakness {
    match warning {
        Warning::StraightRowsOfKeysAreEasyToGuess | Warning::ShortKeyboardPatternsAreEasyToGuess => {
            Weakness::KeyboardPattern
        }
        Warning::RepeatsLikeAaaAreEasyToGuess | Warning::RepeatsLikeAbcAbcAreOnlySlightlyHarderToGuess => {
            Weakness::Repeats
        }
        Warning::SequencesLikeAbcAreEasyToGuess => Weakness::Sequence,
        Warning::ThisIsATop10Password
        | Warning::ThisIsATop100Password
        | Warning::ThisIsACommonPassword
        | Warning::ThisIsSimilarToACommonlyUsedPassword => Weakness::Common,
        Warning::AWordByItselfIsEasyToGuess => Weakness::SingleWord,
        Warning::NamesAndSurnamesByThemselvesAreEasyToGuess | Warning::CommonNamesAndSurnamesAreEasyToGuess => {
            Weakness::Names
        }
        Warning::RecentYearsAreEasyToGuess | Warning::DatesAreOftenEasyToGuess => Weakness::Date,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
    use super::*;
    use crate::password::policy::PolicyName;

    fn assess(password: &str, context: &PolicyContext) -> Assessment {
        check_with_strength(&Policy::default(), &Password::new(password).unwrap(), context, None)
    }

    #[test]
    fn long_but_easy_passwords_are_refused_with_what_is_weak() {
        for (password, weakness) in [
            ("aaaaaaaaaaaaaaaaaaaa", Weakness::Repeats),
            ("passwordpassword", Weakness::Repeats),
            ("abcdefghijklmnopqrstuvwxyz", Weakness::Sequence),
            ("qwertyuiopasdfgh", Weakness::Common),
        ] {
            let unmet = assess(password, &PolicyContext::default()).unmet;
            let [Unmet::Guessable { weakness: found }] = unmet.as_slice() else { panic!("{password}: {unmet:?}") };
            assert_eq!(*found, Some(weakness), "{password}");
        }
    }

    #[test]
    fn passphrases_of_any_script_pass() {
        for password in [
            "correct horse battery P1",
            "correct horse battery 5A",
            "סוס נכון סוללה סיכה",
            "лошадь верно батарея скрепка",
        ] {
            assert_eq!(assess(password, &PolicyContext::default()).unmet, [], "{password}");
        }
    }

    #[test]
    fn the_person_s_own_words_are_no_strength() {
        // A word backwards passes the plain comparison; as a known word it is worth nothing to the estimate.
        let staff = PolicyContext { second_factor: true, ..PolicyContext::default() };
        let context = PolicyContext { names: vec!["Zvorykinson".into()], ..staff.clone() };
        assert!(assess("nosnikyrovz", &staff).is_accepted());
        assert_eq!(assess("nosnikyrovz", &context).unmet.first().map(Unmet::code), Some("guessable"));
    }

    #[test]
    fn the_older_policy_is_not_estimated() {
        let legacy = Policy::of(PolicyName::MoeLegacy);
        let assessment =
            check_with_strength(&legacy, &Password::new("horse123").unwrap(), &PolicyContext::default(), None);
        assert!(assessment.is_accepted());
        assert!(assessment.requirements.iter().all(|state| state.requirement != Requirement::HardToGuess));
    }
}
