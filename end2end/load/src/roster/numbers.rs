//! Well-formed numbers that belong to nobody.

/// Eight digits and the check digit of an Israeli ID number: every second digit counts double, digits of the products are added up.
pub fn id_number(first: u32) -> String {
    let digits = format!("{first:08}");
    let sum: u32 = digits
        .bytes()
        .zip([1, 2].into_iter().cycle())
        .map(|(digit, weight)| {
            let product = u32::from(digit - b'0') * weight;
            product / 10 + product % 10
        })
        .sum();
    format!("{digits}{}", (10 - sum % 10) % 10)
}

/// Nine digits and the control number of a SNILS, as it is printed: the digits weighted 9 to 1, modulo 101, where 100 is 00.
pub fn snils(first: u32) -> String {
    let digits = format!("{first:09}");
    let sum: u32 = digits.bytes().zip((1..=9).rev()).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    let (one, rest) = digits.split_at(3);
    let (two, three) = rest.split_at(3);
    format!("{one}-{two}-{three} {:02}", sum % 101 % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_numbers_come_out() {
        for known in ["039337423", "000000018", "123456782", "300000007"] {
            let first = known.get(..8).and_then(|first| first.parse().ok()).unwrap_or_default();
            assert_eq!(id_number(first), known);
        }
        for (first, known) in [
            (112_233_445, "112-233-445 95"),
            (87_654_303, "087-654-303 00"),
            (510_061_209, "510-061-209 01"),
            (1_001_999, "001-001-999 65"),
        ] {
            assert_eq!(snils(first), known);
        }
    }
}
