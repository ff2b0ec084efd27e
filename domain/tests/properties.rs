//! Properties that hold for every input: what is read can be written and read again, normalising twice changes nothing, one wrong digit is
//! caught, and no text whatever makes a parser panic.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a failed unwrap is a failed test")]

use proptest::prelude::*;
use schoolgate_domain::password::{check, common::fold};
use schoolgate_domain::{
    BirthDate, ClassTitle, Country, Email, FictitiousNumber, IdKind, IdNumber, Locale, Mobile, Otp, Password,
    PersonIdentifier, PersonName, Policy, PolicyContext, PolicyName, Snils, SnilsError, UserCode, UserCodeError,
    digits, mask,
};

/// Eight digits and their Luhn check digit, computed on its own here.
fn israeli_id() -> impl Strategy<Value = String> {
    (1_u32..100_000_000).prop_map(|body| {
        let body = format!("{body:08}");
        let sum: u32 = body
            .chars()
            .enumerate()
            .map(|(i, c)| {
                let product = c.to_digit(10).unwrap() * if i % 2 == 0 { 1 } else { 2 };
                if product > 9 { product - 9 } else { product }
            })
            .sum();
        format!("{body}{}", (10 - sum % 10) % 10)
    })
}

/// The control number as the official text words it: below 100 as it is, 100 and 101 are 00, above that the remainder again.
fn snils_control(number: u32) -> u32 {
    let sum: u32 =
        format!("{number:09}").chars().zip((1..=9).rev()).map(|(c, weight)| c.to_digit(10).unwrap() * weight).sum();
    let mut rest = sum;
    while rest > 101 {
        rest %= 101;
    }
    if rest == 100 || rest == 101 { 0 } else { rest }
}

fn snils() -> impl Strategy<Value = String> {
    (1_001_999_u32..1_000_000_000).prop_map(|number| format!("{number:09}{:02}", snils_control(number)))
}

/// Digits of any script, with the clutter of pasted text between them.
fn cluttered(text: String) -> impl Strategy<Value = String> {
    let scripts = ['0', '\u{660}', '\u{6F0}', '\u{FF10}'];
    let clutter = ["", " ", "-", "\u{A0}", "\u{2009}", "\u{2011}", "\u{200F}", "\u{2066}", "\u{2069}", "\t"];
    proptest::collection::vec((0..scripts.len(), 0..clutter.len()), text.len()).prop_map(move |choices| {
        let digit = |c: char, zero: char| char::from_u32(u32::from(zero) + c.to_digit(10).unwrap()).unwrap();
        text.chars()
            .zip(choices)
            .flat_map(|(c, (script, between))| {
                std::iter::once(digit(c, scripts[script])).chain(clutter[between].chars())
            })
            .collect()
    })
}

fn with_digit(text: &str, place: usize, by: u32) -> String {
    let changed = |c: char| char::from_digit((c.to_digit(10).unwrap() + by) % 10, 10).unwrap();
    text.chars().enumerate().map(|(i, c)| if i == place { changed(c) } else { c }).collect()
}

/// Random bytes from a seed, the same in every run (a linear congruential generator; its upper bits).
fn random(seed: u64) -> impl FnMut(&mut [u8]) {
    let mut state = seed;
    move |buffer: &mut [u8]| {
        for byte in buffer {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            *byte = state.to_be_bytes()[0];
        }
    }
}

/// Reads the text in every way there is. Whatever is read must read again as itself.
fn read_as_everything(text: &str) -> Result<(), TestCaseError> {
    let ascii = digits::to_ascii(text);
    if let Ok(ascii) = &ascii {
        prop_assert_eq!(&digits::to_ascii(ascii).unwrap(), ascii);
        prop_assert_eq!(&digits::only(text), ascii);
    }
    for kind in IdKind::ALL {
        if let Ok(identifier) = PersonIdentifier::parse(kind, text) {
            prop_assert_eq!(&PersonIdentifier::parse(kind, identifier.canonical()).unwrap(), &identifier);
        }
    }
    for country in [Country::Il, Country::Ru] {
        let read = [
            Mobile::parse(text, country),
            Mobile::parse_any(text, country),
            Mobile::parse_esia(text),
            Mobile::from_e164(text),
        ];
        for mobile in read.into_iter().flatten() {
            prop_assert_eq!(&Mobile::from_e164(mobile.e164()).unwrap(), &mobile);
            prop_assert_eq!(&Mobile::parse_esia(mobile.e164()).unwrap(), &mobile);
            prop_assert!(!mobile.masked().contains(&digits::only(mobile.e164())));
            prop_assert!(!mobile.national().is_empty());
        }
    }
    if let Ok(email) = Email::parse(text) {
        prop_assert_eq!(&Email::parse(email.as_str()).unwrap(), &email);
        prop_assert!(email.masked().contains('@'));
        prop_assert!(email.as_str().len() <= Email::MAX_BYTES);
    }
    if let Ok(name) = PersonName::new(text, text, Some(text)) {
        prop_assert_eq!(&PersonName::new(name.surname(), name.given_name(), name.patronymic()).unwrap(), &name);
        prop_assert!(name.surname().chars().count() <= PersonName::MAX_CHARS);
        prop_assert!(!name.short().is_empty());
    }
    if let Ok(code) = UserCode::parse(text) {
        prop_assert_eq!(&UserCode::parse(&code.to_string()).unwrap(), &code);
    }
    if let Ok(title) = ClassTitle::parse(text) {
        prop_assert_eq!(&ClassTitle::parse(title.as_str()).unwrap(), &title);
    }
    if let Ok(otp) = Otp::parse(text) {
        prop_assert_eq!(otp.as_str().len(), Otp::LENGTH);
    }
    if let Ok(date) = BirthDate::parse(text) {
        prop_assert_eq!(BirthDate::parse(&date.to_iso()).unwrap(), date);
    }
    if let Ok(password) = Password::new(text) {
        if let Ok(again) = Password::new(password.as_str()) {
            prop_assert_eq!(again.as_str(), password.as_str());
        }
        let context = PolicyContext {
            user_code: Some(text.to_owned()),
            id_numbers: vec![text.to_owned()],
            names: vec![text.to_owned()],
            mobiles: vec![text.to_owned()],
            birth_date: BirthDate::new(1985, 4, 12).ok(),
            service_names: vec![text.to_owned()],
            second_factor: true,
        };
        for name in [PolicyName::Nist, PolicyName::MoeLegacy] {
            let assessment = check(&Policy::of(name), &password, &context, None);
            let all_met = assessment.requirements.iter().all(|state| state.met);
            prop_assert_eq!(assessment.is_accepted(), all_met);
        }
    }
    let folded = fold(text);
    prop_assert_eq!(fold(&folded), folded);
    let _ = (Locale::negotiate(text), Locale::from_code(text), IdKind::from_code(text), Country::from_code(text));
    prop_assert_eq!(mask::keep_last(text, 2).chars().count(), text.chars().count());
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC*|(?s).{0,40}") {
        read_as_everything(&text)?;
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        read_as_everything(&String::from_utf8_lossy(&bytes))?;
    }

    #[test]
    fn texts_that_are_nearly_right_are_read_or_refused(
        text in "[0-9٠-٩۰-۹+*()./ \u{200e}\u{2066}-]{0,16}|[a-zא-ת0-9.+_-]{0,8}@?[a-zא-ת0-9.-]{0,12}|[2-9A-Zа-я -]{0,10}|[א-תа-яa-z'\"\u{200c}\u{301} .-]{0,12}|[0-9א-ת]{1,2}[ \"'-]{0,2}[0-9А-Яא-ת]{0,3}"
    ) {
        read_as_everything(&text)?;
    }

    #[test]
    fn an_israeli_id_is_read_however_it_is_written((id, text) in israeli_id().prop_flat_map(|id| (Just(id.clone()), cluttered(id)))) {
        prop_assert_eq!(IdNumber::parse(&text).unwrap().as_str().to_owned(), id);
    }

    #[test]
    fn an_israeli_id_needs_no_leading_zeros(id in israeli_id()) {
        prop_assert_eq!(IdNumber::parse(id.trim_start_matches('0')).unwrap().as_str().to_owned(), id);
    }

    #[test]
    fn every_wrong_digit_of_an_israeli_id_is_caught(id in israeli_id(), place in 0..9_usize, by in 1..10_u32) {
        prop_assert!(IdNumber::parse(&with_digit(&id, place, by)).is_err());
    }

    #[test]
    fn swapped_neighbours_of_an_israeli_id_are_caught_but_for_0_and_9(id in israeli_id(), place in 0..8_usize) {
        let mut characters: Vec<char> = id.chars().collect();
        characters.swap(place, place + 1);
        let pair = [characters[place], characters[place + 1]];
        let same_for_luhn = pair[0] == pair[1] || pair == ['0', '9'] || pair == ['9', '0'];
        let swapped: String = characters.into_iter().collect();
        prop_assert_eq!(IdNumber::parse(&swapped).is_ok(), same_for_luhn);
    }

    #[test]
    fn a_snils_is_read_however_it_is_written((number, text) in snils().prop_flat_map(|number| (Just(number.clone()), cluttered(number)))) {
        let snils = Snils::parse(&text).unwrap();
        prop_assert_eq!(snils.digits(), number);
        prop_assert_eq!(Snils::parse(&snils.to_string()).unwrap(), snils);
    }

    #[test]
    fn a_wrong_digit_of_a_snils_is_caught_but_for_the_two_exceptions(number in snils(), place in 0..11_usize, by in 1..10_u32) {
        let wrong = with_digit(&number, place, by);
        let unchecked = wrong[..9].parse::<u32>().unwrap() <= 1_001_998;
        let zero_and_hundred = place == 8 && number.ends_with("00") && matches!(by, 1 | 9);
        match Snils::parse(&wrong) {
            Err(error) => prop_assert!(matches!(error, SnilsError::CheckDigit | SnilsError::AllZero)),
            Ok(_) => prop_assert!(unchecked || zero_and_hundred, "{} {}", number, wrong),
        }
    }

    #[test]
    fn a_fictitious_number_is_read_however_it_is_written(
        (number, text) in (1_u32..1_000_000_000).prop_flat_map(|n| (Just(n), cluttered(n.to_string())))
    ) {
        prop_assert_eq!(FictitiousNumber::parse(&text).unwrap().as_str().to_owned(), format!("{number:09}"));
    }

    #[test]
    fn mobiles_are_read_however_they_are_written(own in 0_u32..100_000_000) {
        let israeli = format!("+9725{own:08}");
        for text in [format!("05{own:08}"), format!("972-5{own:08}"), format!("009725{own:08}"), format!("+972 (0)5{own:08}")] {
            let mobile = Mobile::parse(&text, Country::Il).unwrap();
            prop_assert_eq!(mobile.e164(), &israeli);
        }
        let russian = format!("+790{own:08}");
        for text in [format!("890{own:08}"), format!("+7 (90){own:08}"), format!("790{own:08}"), format!("90{own:08}")] {
            let mobile = Mobile::parse(&text, Country::Ru).unwrap();
            prop_assert_eq!(mobile.e164(), &russian);
        }
        for e164 in [israeli, russian] {
            let mobile = Mobile::from_e164(&e164).unwrap();
            prop_assert_eq!(&Mobile::parse_any(&mobile.national(), Country::Il).unwrap(), &mobile);
        }
    }

    #[test]
    fn comparing_e_mails_is_idempotent(local in "[A-Za-z0-9+_-]{1,20}", domain in "[A-Za-zА-я0-9é]{1,10}\\.[A-Za-z]{2,6}") {
        let email = Email::parse(&format!("{local}@{domain}")).unwrap();
        let key = email.comparison_key();
        prop_assert_eq!(Email::parse(&key).unwrap().comparison_key(), key);
    }

    #[test]
    fn user_codes_round_trip_and_wrong_ones_are_caught(seed: u64, place in 0..8_usize, other in "[2-9A-HJKMNP-Z]") {
        let code = UserCode::generate(&mut random(seed));
        prop_assert_eq!(&UserCode::parse(&code.to_string().to_lowercase()).unwrap(), &code);
        let mut wrong = code.as_str().to_owned();
        wrong.replace_range(place..=place, &other);
        if wrong != code.as_str() {
            prop_assert_eq!(UserCode::parse(&wrong), Err(UserCodeError::CheckCharacter));
        }
    }

    #[test]
    fn generated_one_time_codes_can_be_read(seed: u64) {
        let otp = Otp::generate(&mut random(seed));
        prop_assert_eq!(Otp::parse(otp.as_str()).unwrap().as_str().to_owned(), otp.as_str().to_owned());
    }

    #[test]
    fn every_day_can_be_written_in_every_way(year in 1900_u16..=2100, month in 1_u8..=12, day in 1_u8..=28) {
        let date = BirthDate::new(year, month, day).unwrap();
        for text in [format!("{year}-{month:02}-{day:02}"), format!("{day:02}.{month:02}.{year}"), format!("{day}/{month}/{year}")] {
            prop_assert_eq!(BirthDate::parse(&text).unwrap(), date);
        }
    }
}
