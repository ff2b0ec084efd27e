//! What the browser can find wrong by itself, by the rules of `domain`.

use domain::{BirthDate, Country, Email, IdKind, Mobile, PersonIdentifier};

use super::{LocalCheck, LocalRule};

/// What is wrong with the text in a field, in the page's words. Nothing is said of an empty field, nor of a mistake
/// that the page has no words for. `posted` tells what another control of the form would post.
pub fn mistake(check: &LocalCheck, typed: &str, posted: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    if typed.trim().is_empty() {
        return None;
    }
    let (kind, code) = match &check.rule {
        LocalRule::Identifier { kind, chosen_by, unchecked_by } => {
            let unchecked = unchecked_by.as_deref().is_some_and(|name| posted(name).is_some());
            let chosen = chosen_by.as_deref().and_then(posted).and_then(|code| IdKind::from_code(&code));
            let kind = if unchecked { IdKind::Fictitious } else { chosen.unwrap_or(*kind) };
            (Some(kind), PersonIdentifier::parse(kind, typed).err()?.code())
        }
        LocalRule::BirthDate => (None, BirthDate::parse(typed).err()?.code()),
        LocalRule::Email => (None, Email::parse(typed).err()?.code()),
        LocalRule::Mobile { kept } if kept.as_deref() == Some(typed.trim()) => return None,
        LocalRule::Mobile { .. } => (None, Mobile::parse_any(typed, Country::Il).err()?.code()),
    };
    let words = |code: &str| check.texts.iter().find(|(key, _)| key == code).map(|(_, words)| words.clone());
    kind.and_then(|kind| words(&format!("{}.{code}", kind.code()))).or_else(|| words(code))
}

/// Whether the field is judged by what other controls say.
pub fn depends_on_others(rule: &LocalRule) -> bool {
    match rule {
        LocalRule::Identifier { chosen_by, unchecked_by, .. } => chosen_by.is_some() || unchecked_by.is_some(),
        LocalRule::BirthDate | LocalRule::Email | LocalRule::Mobile { .. } => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(rule: LocalRule, codes: &[&str]) -> LocalCheck {
        LocalCheck { rule, texts: codes.iter().map(|code| ((*code).to_owned(), format!("mend {code}"))).collect() }
    }

    fn found(check: &LocalCheck, typed: &str, others: &[(&str, &str)]) -> Option<String> {
        mistake(check, typed, &|name| {
            others.iter().find(|(other, _)| *other == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn a_number_is_read_as_the_kind_that_is_chosen() {
        let rule = LocalRule::Identifier {
            kind: IdKind::IlId,
            chosen_by: Some("id_type".to_owned()),
            unchecked_by: Some("temporary".to_owned()),
        };
        let check = check(rule, &["check_digit", "too_long", "ru_snils.check_digit"]);
        assert_eq!(found(&check, "123456782", &[]), None);
        assert_eq!(found(&check, "123456789", &[]).as_deref(), Some("mend check_digit"));
        assert_eq!(found(&check, "112-233-445 95", &[("id_type", "ru_snils")]), None);
        assert_eq!(
            found(&check, "112-233-445 96", &[("id_type", "ru_snils")]).as_deref(),
            Some("mend ru_snils.check_digit")
        );
        assert_eq!(found(&check, "112-233-445 95", &[("id_type", "nonsense")]).as_deref(), Some("mend too_long"));
        assert_eq!(found(&check, "123456789", &[("temporary", "1")]), None, "a temporary number has no check digit");
    }

    #[test]
    fn an_empty_field_and_a_mistake_without_words_are_left_to_the_server() {
        let check = check(LocalRule::Email, &["at", "empty"]);
        assert_eq!(found(&check, "  ", &[]), None);
        assert_eq!(found(&check, "dana@", &[]), None);
        assert_eq!(found(&check, "dana", &[]).as_deref(), Some("mend at"));
        assert_eq!(found(&check, "dana@dugma.example", &[]), None);
    }

    #[test]
    fn a_masked_number_stands_for_the_one_on_file() {
        let kept = Some("050-•••••67".to_owned());
        let check = check(LocalRule::Mobile { kept }, &["not_digits", "landline"]);
        assert_eq!(found(&check, " 050-•••••67 ", &[]), None);
        assert_eq!(found(&check, "050-•••••68", &[]).as_deref(), Some("mend not_digits"));
        assert_eq!(found(&check, "02-1234567", &[]).as_deref(), Some("mend landline"));
        for mobile in ["050-1234567", "+7 900 123-45-67"] {
            assert_eq!(found(&check, mobile, &[]), None, "{mobile}");
        }
    }

    #[test]
    fn a_birth_date_is_a_day_that_exists() {
        let check = check(LocalRule::BirthDate, &["no_such_day", "format"]);
        assert_eq!(found(&check, "3.6.2015", &[]), None);
        assert_eq!(found(&check, "30.2.2015", &[]).as_deref(), Some("mend no_such_day"));
    }
}
