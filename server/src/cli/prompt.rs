//! Asks the operator. Passwords come from a prompt without echo or from standard input, never from the arguments:
//! those are shown to everybody who lists processes.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use super::{Exit, Failure};

/// The value that was given, or the answer to a question. Without a terminal nothing can be asked.
pub fn value(given: Option<String>, label: &str, option: &str) -> Result<String, Failure> {
    match given {
        Some(value) => Ok(value),
        None if io::stdin().is_terminal() => ask(label),
        None => Err(Failure::new(Exit::Refused, format!("{label} is missing"), format!("add {option}"))),
    }
}

/// The same where an empty answer is one: `None`.
pub fn optional(given: Option<String>, label: &str) -> Result<Option<String>, Failure> {
    let value = match given {
        Some(value) => value,
        None if io::stdin().is_terminal() => ask(&format!("{label} (may be empty)"))?,
        None => return Ok(None),
    };
    Ok(Some(value).filter(|value| !value.trim().is_empty()))
}

/// A new password: typed twice without echo, or the first line of standard input.
pub fn new_password() -> Result<String, Failure> {
    if !io::stdin().is_terminal() {
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line).map_err(unreadable)?;
        let password = line.trim_end_matches(['\r', '\n']).to_owned();
        if password.is_empty() {
            return Err(Failure::new(
                Exit::Refused,
                "no password was given",
                "write it to standard input, or run the command in a terminal and type it",
            ));
        }
        return Ok(password);
    }
    let first = rpassword::prompt_password("New password: ").map_err(unreadable)?;
    let second = rpassword::prompt_password("The same again: ").map_err(unreadable)?;
    if first == second {
        Ok(first)
    } else {
        Err(Failure::new(Exit::Refused, "the two passwords differ", "run the command again"))
    }
}

fn ask(label: &str) -> Result<String, Failure> {
    let mut out = io::stderr().lock();
    let _ = write!(out, "{label}: ");
    let _ = out.flush();
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).map_err(unreadable)?;
    Ok(line.trim().to_owned())
}

fn unreadable(error: io::Error) -> Failure {
    Failure::new(Exit::Refused, format!("nothing can be read: {error}"), "run the command in a terminal")
}
