//! The command line, run as the built program: exit codes, what is said where, and that nothing personal or secret is told.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop where it is")]

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;

const PASSWORD: &str = "seven purple lanterns over the harbour";

/// A portal of its own in a folder of its own.
struct Portal {
    folder: TempDir,
}

struct Outcome {
    code: i32,
    out: String,
    err: String,
}

impl Portal {
    /// With a configuration, and nothing else yet. Hashes are as cheap as the bounds allow.
    fn new() -> Self {
        let portal = Self { folder: tempfile::tempdir().unwrap() };
        portal.configure("");
        portal
    }

    /// With keys and a database.
    fn ready() -> Self {
        let portal = Self::new();
        assert_eq!(portal.run(&["key", "generate"]).code, 0);
        assert_eq!(portal.run(&["migrate"]).code, 0);
        portal
    }

    fn configure(&self, more: &str) {
        let folder = self.path("");
        let text = format!(
            "[database]\nurl = \"sqlite://{0}/portal.sqlite\"\n[keys]\nring = \"{0}/keys.toml\"\n\
             [password]\nargon2_m_kib = 7168\nargon2_t = 1\n{more}",
            folder.display()
        );
        fs::write(self.path("schoolgate.toml"), text).unwrap();
    }

    fn path(&self, name: &str) -> PathBuf {
        if name.is_empty() { self.folder.path().to_owned() } else { self.folder.path().join(name) }
    }

    fn run(&self, arguments: &[&str]) -> Outcome {
        self.run_with(arguments, "", &[])
    }

    fn run_with(&self, arguments: &[&str], input: &str, variables: &[(&str, &str)]) -> Outcome {
        run_in(self.folder.path(), arguments, input, variables)
    }

    /// An administrator; the answer is the user code.
    fn administrator(&self) -> String {
        let created = self.run_with(
            &[
                "admin",
                "create",
                "--surname",
                "Levi",
                "--given-name",
                "Dana",
                "--mobile",
                "+972501234567",
                "--locale",
                "he",
                "--json",
            ],
            &format!("{PASSWORD}\n"),
            &[],
        );
        assert_eq!(created.code, 0, "{}", created.err);
        for part in ["Levi", "Dana", "501234567", PASSWORD] {
            assert!(!created.out.contains(part) && !created.err.contains(part), "{part} was told");
        }
        created.json()["user_code"].as_str().unwrap().to_owned()
    }
}

impl Outcome {
    fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|_| panic!("this is no JSON: {}", self.out))
    }

    /// An error says what and how to mend it, one line each, and nothing of the program's inside.
    fn is_clean_failure(&self, code: i32) {
        assert_eq!(self.code, code, "{}{}", self.out, self.err);
        let lines: Vec<_> = self.err.lines().collect();
        assert!(lines.iter().any(|line| line.starts_with("error: ")), "{}", self.err);
        assert!(lines.iter().any(|line| line.starts_with("mend:  ")), "{}", self.err);
        assert!(!self.err.contains("panicked") && !self.err.contains("RUST_BACKTRACE"), "{}", self.err);
    }
}

fn run_in(folder: &Path, arguments: &[&str], input: &str, variables: &[(&str, &str)]) -> Outcome {
    let mut child = Command::new(env!("CARGO_BIN_EXE_schoolgate"))
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .envs(variables.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that reads nothing may have ended before this is written.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let done = child.wait_with_output().unwrap();
    Outcome {
        code: done.status.code().unwrap(),
        out: String::from_utf8(done.stdout).unwrap(),
        err: String::from_utf8(done.stderr).unwrap(),
    }
}

#[test]
fn help_names_every_command_and_exit_code() {
    let help = Portal::new().run(&["--help"]);
    assert_eq!(help.code, 0);
    for part in [
        "serve",
        "migrate",
        "config",
        "key",
        "admin",
        "audit",
        "import",
        "export",
        "doctor",
        "demo",
        "Exit codes:",
        "SCHOOLGATE__SECTION__KEY",
    ] {
        assert!(help.out.contains(part), "{part} is not in the help");
    }
}

#[test]
fn a_command_line_that_is_not_understood_is_2() {
    let portal = Portal::new();
    assert_eq!(portal.run(&["srve"]).code, 2);
    assert_eq!(portal.run(&["serve", "--dmo"]).code, 2);
    assert_eq!(portal.run(&[]).code, 2);
}

#[test]
fn a_wrong_configuration_is_3_for_every_command() {
    let portal = Portal::new();
    portal.configure("[codes]\ntries = 99\n[server]\nlisen = 1\n");
    for command in [&["config", "check"][..], &["serve"], &["doctor"], &["key", "generate"]] {
        let outcome = portal.run(command);
        outcome.is_clean_failure(3);
        assert!(outcome.err.contains("codes.tries = 99 must be 1 to 10"), "{}", outcome.err);
        assert!(outcome.err.contains("did you mean server.listen?"), "{}", outcome.err);
    }
    assert!(!portal.path("keys.toml").exists());

    let outcome = portal.run(&["config", "check", "--json"]);
    assert_eq!(outcome.code, 3);
    assert_eq!(outcome.json()["ok"], false);
    assert_eq!(outcome.json()["problems"].as_array().unwrap().len(), 2);
}

#[test]
fn a_right_configuration_is_0_and_tells_what_to_think_about() {
    let portal = Portal::new();
    let outcome = portal.run(&["config", "check"]);
    assert_eq!(outcome.code, 0, "{}", outcome.err);
    assert!(outcome.out.contains("warning: no SMS gateway"), "{}", outcome.out);
    assert_eq!(portal.run(&["config", "check", "--json"]).json()["ok"], true);
}

#[test]
fn the_printed_default_is_a_configuration() {
    let portal = Portal::new();
    let printed = portal.run(&["config", "print-default"]);
    assert_eq!(printed.code, 0);
    fs::write(portal.path("printed.toml"), &printed.out).unwrap();
    assert_eq!(portal.run(&["--config", "printed.toml", "config", "check"]).code, 0);
    let named = portal.run_with(&["config", "check", "--json"], "", &[("SCHOOLGATE_CONFIG", "printed.toml")]);
    assert_eq!(named.json()["file"], "printed.toml");
}

#[test]
fn a_key_ring_is_made_once() {
    let portal = Portal::new();
    assert_eq!(portal.run(&["key", "generate"]).code, 0);
    let ring = fs::read(portal.path("keys.toml")).unwrap();
    portal.run(&["key", "generate"]).is_clean_failure(5);
    assert_eq!(fs::read(portal.path("keys.toml")).unwrap(), ring, "the key ring was replaced");
}

#[cfg(unix)]
#[test]
fn a_key_ring_others_can_read_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let portal = Portal::ready();
    assert_eq!(fs::metadata(portal.path("keys.toml")).unwrap().permissions().mode() & 0o777, 0o600);
    fs::set_permissions(portal.path("keys.toml"), fs::Permissions::from_mode(0o644)).unwrap();
    let outcome = portal.run(&["audit", "verify"]);
    outcome.is_clean_failure(5);
    assert!(outcome.err.contains("KEYS-02"), "{}", outcome.err);
}

#[test]
fn without_keys_or_database_nothing_is_touched() {
    let portal = Portal::new();
    portal.run(&["serve"]).is_clean_failure(5);
    assert!(!portal.path("portal.sqlite").exists(), "a database was made although there are no keys");
    assert_eq!(portal.run(&["key", "generate"]).code, 0);
    portal.run(&["audit", "verify"]).is_clean_failure(4);
    portal.run(&["migrate", "--dry-run"]).is_clean_failure(4);
    assert!(!portal.path("portal.sqlite").exists(), "a command that only reads made a database");
}

#[test]
fn migrations_run_once() {
    let portal = Portal::new();
    let first = portal.run(&["migrate"]);
    assert_eq!(first.code, 0, "{}", first.err);
    assert!(first.out.contains("0001"), "{}", first.out);
    let second = portal.run(&["migrate"]);
    assert_eq!((second.code, second.out.trim()), (0, "the database is up to date"));
}

#[test]
fn serve_does_not_migrate_when_told_not_to() {
    let portal = Portal::new();
    assert_eq!(portal.run(&["key", "generate"]).code, 0);
    fs::write(portal.path("portal.sqlite"), "").unwrap();
    let outcome = portal.run_with(&["serve"], "", &[("SCHOOLGATE__DATABASE__AUTO_MIGRATE", "false")]);
    outcome.is_clean_failure(4);
    assert!(outcome.err.contains("schoolgate migrate"), "{}", outcome.err);
}

#[test]
fn another_key_ring_is_refused() {
    let portal = Portal::ready();
    assert_eq!(portal.run(&["audit", "verify"]).code, 0);
    fs::remove_file(portal.path("keys.toml")).unwrap();
    assert_eq!(portal.run(&["key", "generate"]).code, 0);
    for command in [&["audit", "verify"][..], &["serve"], &["key", "rotate"]] {
        portal.run(command).is_clean_failure(5);
    }
}

#[test]
fn serve_with_the_inbox_refuses_a_real_database() {
    let portal = Portal::ready();
    portal.run(&["serve", "--demo"]).is_clean_failure(7);
}

#[test]
fn an_administrator_is_created_reset_and_unlocked() {
    let portal = Portal::ready();
    let user_code = portal.administrator();
    let reset = portal.run_with(&["admin", "reset", &user_code], "another seven purple lanterns\n", &[]);
    assert_eq!(reset.code, 0, "{}", reset.err);
    assert_eq!(portal.run(&["admin", "unlock", &user_code]).code, 0);

    let verified = portal.run(&["audit", "verify", "--json"]);
    assert_eq!(verified.code, 0, "{}", verified.err);
    assert_eq!(verified.json()["ok"], true);
    assert!(verified.json()["rows"].as_i64().unwrap() >= 4, "{}", verified.out);
}

#[test]
fn what_is_refused_is_7_and_leaves_nothing() {
    let portal = Portal::ready();
    let create = |mobile: &str, password: &str| {
        portal.run_with(
            &["admin", "create", "--surname", "Levi", "--given-name", "Dana", "--mobile", mobile],
            &format!("{password}\n"),
            &[],
        )
    };
    create("03-1234567", PASSWORD).is_clean_failure(7);
    create("+972501234567", "short").is_clean_failure(7);
    create("+972501234567", "").is_clean_failure(7);
    let missing = portal.run_with(&["admin", "create", "--surname", "Levi"], PASSWORD, &[]);
    missing.is_clean_failure(7);
    assert!(missing.err.contains("--given-name"), "{}", missing.err);
    portal.run(&["admin", "unlock", "AAAA-AAAA"]).is_clean_failure(7);
    assert_eq!(portal.run(&["audit", "verify", "--json"]).json()["rows"], 0);
}

#[test]
fn keys_are_rotated_and_what_was_sealed_stays_readable() {
    let portal = Portal::ready();
    let user_code = portal.administrator();
    let before = fs::read_to_string(portal.path("keys.toml")).unwrap();
    let rotated = portal.run(&["key", "rotate"]);
    assert_eq!(rotated.code, 0, "{}", rotated.err);
    assert!(rotated.out.contains("1 rows are sealed with key 2 now"), "{}", rotated.out);
    let resumed = portal.run(&["key", "rotate", "--resume"]);
    assert!(resumed.out.contains("0 rows"), "{}", resumed.out);
    // The name and the mobile are opened for the policy's sake.
    assert_eq!(portal.run_with(&["admin", "reset", &user_code], "another seven purple lanterns\n", &[]).code, 0);
    assert_eq!(portal.run(&["audit", "verify"]).code, 0);

    // An old copy of the ring is found out before it seals anything.
    fs::write(portal.path("keys.toml"), before).unwrap();
    portal.run(&["audit", "verify"]).is_clean_failure(5);
}

#[test]
fn doctor_says_what_is_wrong_and_how_to_mend_it() {
    let portal = Portal::new();
    let outcome = portal.run(&["doctor", "--json"]);
    assert_eq!(outcome.code, 1, "{}", outcome.err);
    let findings = outcome.json()["findings"].as_array().unwrap().clone();
    for subject in ["key ring", "database", "SMS"] {
        let finding = findings.iter().find(|finding| finding["subject"] == subject).unwrap();
        assert_eq!(finding["state"], "bad", "{finding}");
        assert!(!finding["mend"].as_str().unwrap().is_empty(), "{finding}");
    }
    assert!(!portal.path("portal.sqlite").exists(), "the doctor made a database");
}

#[test]
fn doctor_is_content_with_a_whole_portal() {
    let portal = Portal::new();
    let folder = portal.path("").display().to_string();
    portal.configure(&format!(
        "[mail]\nfrom = \"portal@example.org\"\n\
         [[mail.gateway]]\nname = \"mails\"\nkind = \"folder\"\npath = \"{folder}/mails\"\n\
         [[sms.gateway]]\nname = \"texts\"\nkind = \"folder\"\npath = \"{folder}/texts\"\n"
    ));
    assert_eq!(portal.run(&["key", "generate"]).code, 0);
    assert_eq!(portal.run(&["migrate"]).code, 0);
    let outcome = portal.run(&["doctor"]);
    assert_eq!(outcome.code, 0, "{}{}", outcome.out, outcome.err);
    for part in [
        "good  key ring",
        "good  database",
        "good  migrations",
        "good  keys and database",
        "good  SMS texts",
        "good  mail mails",
    ] {
        assert!(outcome.out.contains(part), "{part} is not in {}", outcome.out);
    }
}

#[test]
fn a_database_that_is_away_is_4_and_its_password_is_not_told() {
    let portal = Portal::ready();
    let url = "postgres://portal:hush-hush@127.0.0.1:1/portal";
    let outcome = portal.run_with(&["audit", "verify"], "", &[("SCHOOLGATE__DATABASE__URL", url)]);
    outcome.is_clean_failure(4);
    assert!(!outcome.err.contains("hush"), "{}", outcome.err);
}

#[test]
fn a_changed_audit_log_fails_the_check() {
    let portal = Portal::ready();
    portal.administrator();
    // The program refuses to change the log, so the file is changed behind its back: one letter of a detail.
    let file = portal.path("portal.sqlite");
    let mut bytes = fs::read(&file).unwrap();
    let place = bytes.windows(b"account.created".len()).position(|window| window == b"account.created");
    let place = place.unwrap_or_else(|| panic!("the log has no row about the new account"));
    bytes[place] = b'A';
    fs::write(&file, bytes).unwrap();
    let outcome = portal.run(&["audit", "verify"]);
    outcome.is_clean_failure(1);
}

#[test]
fn a_roster_is_tried_imported_and_exported() {
    let portal = Portal::ready();
    let roster = concat!(env!("CARGO_MANIFEST_DIR"), "/../end2end/roster");
    let tried = portal.run(&["import", roster, "--dry-run", "--json"]);
    assert_eq!(tried.code, 0, "{}", tried.err);
    assert_eq!((&tried.json()["applied"], &tried.json()["counts"]["students"]["new"]), (&false.into(), &150.into()));

    let done = portal.run(&["import", roster]);
    assert_eq!(done.code, 0, "{}", done.err);
    assert!(done.out.contains("imported: "), "{}", done.out);
    for told in ["Джалилов", "primer123", "039337423"] {
        assert!(!done.out.contains(told) && !done.err.contains(told), "{told} was told");
    }
    let again = portal.run(&["import", roster, "--json"]);
    assert_eq!((again.code, &again.json()["changes"]), (0, &0.into()), "{}", again.err);

    let file = portal.path("roster.zip").display().to_string();
    let exported = portal.run(&["export", "--format", "oneroster", "--out", &file, "--json"]);
    assert_eq!((exported.code, &exported.json()["people"]), (0, &393.into()), "{}", exported.err);
    assert!(!portal.path("roster.zip.part").exists());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let unchanged = portal.run(&["import", &file, "--json"]);
    assert_eq!((unchanged.code, &unchanged.json()["changes"]), (0, &0.into()), "{}", unchanged.err);
}

#[test]
fn an_import_that_refused_rows_is_1_and_one_that_makes_no_sense_is_7() {
    let portal = Portal::ready();
    let bad = concat!(env!("CARGO_MANIFEST_DIR"), "/../end2end/roster/bad");
    let outcome = portal.run(&["import", bad]);
    outcome.is_clean_failure(1);
    assert!(outcome.out.contains("users.csv, line 6, sms: scientific (9.01E+10)"), "{}", outcome.out);

    portal.run(&["import", "there-is-no-such-file.zip"]).is_clean_failure(7);
    portal.run(&["import", bad, "--school", "nowhere"]).is_clean_failure(7);
    fs::write(portal.path("list.csv"), "Класс;Фамилия;Имя\n5А;Мелков;Степан\n").unwrap();
    let list = portal.path("list.csv").display().to_string();
    let nameless = portal.run(&["import", &list]);
    nameless.is_clean_failure(7);
    assert!(nameless.err.contains("--school"), "{}", nameless.err);
    let named = portal.run(&["import", &list, "--school", "школа № 9, ханты-мансийск", "--json"]);
    assert_eq!((named.code, &named.json()["counts"]["students"]["new"]), (0, &1.into()), "{}", named.err);
}
