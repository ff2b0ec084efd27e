//! Reads the form in which a password is chosen: everything that can be found wrong without asking the services, all at once.

use domain::security_question::{
    MAX_ANSWER, MAX_OWN_QUESTION, MIN_ANSWER, MIN_OWN_QUESTION, SecurityTextError, normalise_answer, own_question,
};
use domain::{Locale, Password, Policy, SecurityQuestion, Unmet};
use services::password_wizard::{PasswordChoice, Question};

use crate::api::wizard::work::Fields;
use crate::pages::password::{ANSWER, OWN, OWN_QUESTION, PASSWORD, PASSWORD_AGAIN, QUESTION, unmet_sentence};
use crate::pages::wizard_kit::{EMAIL, parse_email};
use crate::tr;

/// The field to mend, and how.
pub type Problem = (&'static str, String);

/// The form as read.
pub struct Read {
    /// The new password, when one was typed that can be looked at.
    pub password: Option<Password>,
    /// What was chosen, or what is to be mended, in the order of the page.
    pub choice: Result<PasswordChoice, Vec<Problem>>,
}

/// Reads the form. Whether the password may be chosen is left to the policy.
pub fn read(locale: Locale, policy: &Policy, asks_question: bool, fields: &Fields) -> Read {
    let mut problems = Vec::new();
    let password = password(locale, policy, fields, &mut problems);
    let question = if asks_question { security_question(locale, fields, &mut problems) } else { None };
    let email = match parse_email(locale, fields.get(EMAIL)) {
        Ok(email) => Some(email),
        Err(sentence) => {
            problems.push((EMAIL, sentence));
            None
        }
    };
    let choice = match (password.clone(), email) {
        (Some(password), Some(email)) if problems.is_empty() => Ok(PasswordChoice { password, question, email }),
        _ => Err(problems),
    };
    Read { password, choice }
}

fn password(locale: Locale, policy: &Policy, fields: &Fields, problems: &mut Vec<Problem>) -> Option<Password> {
    let typed = fields.get(PASSWORD);
    let Ok(password) = Password::new(typed) else {
        let unmet = Unmet::TooLong { max: policy.max(), length: typed.chars().count() };
        problems.push((PASSWORD, unmet_sentence(locale, &unmet)));
        return None;
    };
    if password.is_empty() {
        problems.push((PASSWORD, tr!(locale, password.password_empty).to_owned()));
        return None;
    }
    // Compared in the form that is hashed, so that two keyboards make no difference.
    let again = Password::new(fields.get(PASSWORD_AGAIN));
    if again.as_ref().is_ok_and(Password::is_empty) {
        problems.push((PASSWORD_AGAIN, tr!(locale, password.again_empty).to_owned()));
    } else if !again.is_ok_and(|again| again.as_str() == password.as_str()) {
        problems.push((PASSWORD_AGAIN, tr!(locale, password.again_differs).to_owned()));
    }
    Some(password)
}

fn security_question(locale: Locale, fields: &Fields, problems: &mut Vec<Problem>) -> Option<(Question, String)> {
    let question = match fields.get(QUESTION) {
        OWN => match own_question(fields.get(OWN_QUESTION)) {
            Ok(own) => Some(Question::Own(own)),
            Err(error) => {
                problems.push((OWN_QUESTION, own_sentence(locale, error)));
                None
            }
        },
        code => {
            let listed = SecurityQuestion::from_code(code);
            if listed.is_none() {
                problems.push((QUESTION, tr!(locale, password.question_empty).to_owned()));
            }
            listed.map(Question::Listed)
        }
    };
    let answer = match normalise_answer(fields.get(ANSWER)) {
        Ok(answer) => answer,
        Err(error) => {
            problems.push((ANSWER, answer_sentence(locale, error)));
            return None;
        }
    };
    question.map(|question| (question, answer))
}

fn own_sentence(locale: Locale, error: SecurityTextError) -> String {
    match error {
        SecurityTextError::Empty => tr!(locale, password.own_empty).to_owned(),
        SecurityTextError::TooShort => tr!(locale, password.own_short, min = MIN_OWN_QUESTION),
        SecurityTextError::TooLong => tr!(locale, password.own_long, max = MAX_OWN_QUESTION),
    }
}

fn answer_sentence(locale: Locale, error: SecurityTextError) -> String {
    match error {
        SecurityTextError::Empty => tr!(locale, password.answer_empty).to_owned(),
        SecurityTextError::TooShort => tr!(locale, password.answer_short, min = MIN_ANSWER),
        SecurityTextError::TooLong => tr!(locale, password.answer_long, max = MAX_ANSWER),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
    use super::*;

    const WHOLE: [(&str, &str); 6] = [
        (PASSWORD, "seven quiet herons"),
        (PASSWORD_AGAIN, "seven quiet herons"),
        (QUESTION, "first_teacher"),
        (OWN_QUESTION, ""),
        (ANSWER, " Vera  Ivanovna "),
        (EMAIL, "dana@dugma.example"),
    ];

    /// The whole form with some fields typed otherwise.
    fn form(changed: &[(&str, &str)]) -> Fields {
        let other = |name: &str| changed.iter().find(|(key, _)| *key == name).map(|(_, value)| *value);
        let field = |(name, value): (&str, &str)| (name.to_owned(), other(name).unwrap_or(value).to_owned());
        Fields(WHOLE.into_iter().map(field).collect())
    }

    fn problems(asks_question: bool, changed: &[(&str, &str)]) -> Vec<&'static str> {
        let read = read(Locale::En, &Policy::default(), asks_question, &form(changed));
        read.choice.err().unwrap_or_default().into_iter().map(|(field, _)| field).collect()
    }

    #[test]
    fn a_whole_form_is_taken() {
        let choice = read(Locale::He, &Policy::default(), true, &form(&[])).choice.ok().unwrap();
        assert_eq!(choice.password.as_str(), "seven quiet herons");
        assert_eq!(choice.email.as_str(), "dana@dugma.example");
        let (question, answer) = choice.question.unwrap();
        assert!(matches!(question, Question::Listed(SecurityQuestion::FirstTeacher)));
        assert_eq!(answer, "vera ivanovna");
    }

    #[test]
    fn a_question_of_ones_own_is_taken() {
        let fields = form(&[(QUESTION, OWN), (OWN_QUESTION, " What was  my cat's name? ")]);
        let choice = read(Locale::He, &Policy::default(), true, &fields).choice.ok().unwrap();
        let (question, _) = choice.question.unwrap();
        assert!(matches!(question, Question::Own(own) if own == "What was my cat's name?"));
    }

    #[test]
    fn without_a_question_nothing_is_asked_for_it() {
        let fields = form(&[(QUESTION, ""), (ANSWER, "")]);
        let choice = read(Locale::Ru, &Policy::default(), false, &fields).choice.ok().unwrap();
        assert!(choice.question.is_none());
    }

    #[test]
    fn everything_wrong_is_told_at_once_in_the_order_of_the_page() {
        let empty = WHOLE.map(|(name, _)| (name, ""));
        assert_eq!(problems(true, &empty), [PASSWORD, QUESTION, ANSWER, EMAIL]);
        assert_eq!(problems(false, &empty), [PASSWORD, EMAIL]);
        let changed = [(PASSWORD_AGAIN, "seven quiet heron"), (QUESTION, OWN), (OWN_QUESTION, "who?"), (ANSWER, "x")];
        assert_eq!(problems(true, &changed), [PASSWORD_AGAIN, OWN_QUESTION, ANSWER]);
        assert_eq!(problems(true, &[(QUESTION, "mother_maiden_name")]), [QUESTION]);
    }

    #[test]
    fn the_second_password_is_compared_in_the_form_that_is_hashed() {
        let composed = [(PASSWORD, "caf\u{E9} in the rain"), (PASSWORD_AGAIN, "cafe\u{301} in the rain")];
        assert_eq!(problems(true, &composed), [""; 0]);
        assert_eq!(problems(true, &[(PASSWORD_AGAIN, "")]), [PASSWORD_AGAIN]);
        assert_eq!(problems(true, &[(PASSWORD_AGAIN, "Seven quiet herons")]), [PASSWORD_AGAIN]);
    }

    #[test]
    fn a_text_that_no_password_can_be_is_refused_unread() {
        let endless = "a".repeat(2000);
        let read = read(Locale::En, &Policy::default(), true, &form(&[(PASSWORD, &endless)]));
        assert!(read.password.is_none());
        let problems = read.choice.err().unwrap();
        let (field, sentence) = problems.first().unwrap();
        assert_eq!((*field, problems.len()), (PASSWORD, 1));
        assert!(sentence.contains("256") && sentence.contains("2000"), "{sentence}");
    }

    #[test]
    fn a_password_is_looked_at_even_when_other_fields_are_wrong() {
        let read = read(Locale::En, &Policy::default(), true, &form(&[(EMAIL, "dana")]));
        assert!(read.password.is_some() && read.choice.is_err());
    }
}
