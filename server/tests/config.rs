//! The configuration: defaults, environment, secrets, bounds, and that the documents say what the program does.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop where it is")]

use std::{fs, path::PathBuf};

use domain::Locale;
use schoolgate_server::config::{
    CATALOGUE, Config, ConfigError, Key, LogFormat, MailKind, PresetChoice, Rule, Source, default_toml, markdown,
};
use services::esia::EsiaSettings;

/// Loads a configuration from a text and an environment of its own.
fn load(text: &str, variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("portal.toml");
    fs::write(&file, text).unwrap();
    let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Config::load(&Source { file: Some(file), variables })
}

fn problems(text: &str, variables: &[(&str, &str)]) -> Vec<String> {
    let error = load(text, variables).err().unwrap_or_else(|| panic!("this should be refused: {text}"));
    error.problems.iter().map(ToString::to_string).collect()
}

fn only_problem(text: &str) -> String {
    let mut problems = problems(text, &[]);
    assert_eq!(problems.len(), 1, "{problems:?}");
    problems.remove(0)
}

fn every_key() -> impl Iterator<Item = (String, &'static Key)> {
    CATALOGUE.iter().flat_map(|section| {
        let lists = section.lists.iter().flat_map(|list| {
            list.keys.iter().map(|key| (format!("{}.{}[0].{}", section.path, list.name, key.name), key))
        });
        section.keys.iter().map(|key| (format!("{}.{}", section.path, key.name), key)).chain(lists)
    })
}

#[test]
fn an_empty_file_is_the_defaults() {
    assert_eq!(load("", &[]).unwrap(), Config::default());
}

#[test]
fn the_printed_file_is_the_defaults() {
    assert_eq!(load(&default_toml(), &[]).unwrap(), Config::default());
}

#[test]
fn the_examples_of_lists_are_right_but_for_what_only_the_school_knows() {
    // The examples of the printed file, with the marks of comments taken away.
    let text: String = default_toml()
        .lines()
        .map(|line| {
            line.strip_prefix("# ").filter(|rest| !rest.starts_with('#')).filter(|rest| is_toml(rest)).unwrap_or(line)
        })
        .fold(String::new(), |text, line| text + line + "\n");
    let problems = problems(&text, &[]);
    assert!(problems.iter().all(|problem| !problem.contains("is not a key")), "{problems:?}");
    assert!(problems.iter().any(|problem| problem.contains("mail.from")), "{problems:?}");
}

/// Whether a line of a comment is an example: a key with a value, or the head of a list.
fn is_toml(line: &str) -> bool {
    let name = line.split(" = ").next().unwrap_or_default();
    line.starts_with("[[") || (line.contains(" = ") && name.chars().all(|c| c.is_ascii_lowercase() || c == '_'))
}

#[test]
fn every_key_is_documented_and_printed() {
    let (printed, page) = (default_toml(), markdown());
    for (path, key) in every_key() {
        assert!(key.doc.trim().len() > 8, "{path} says nothing of itself");
        let line = format!("{} = {}", key.name, (key.default)());
        assert!(printed.lines().any(|found| found.trim_start_matches("# ") == line), "{path}: {line}");
        assert!(page.contains(&format!("| `{}` |", key.name)), "{path} is not in docs/configuration.md");
    }
}

#[test]
fn every_default_keeps_its_own_rule() {
    for (path, key) in every_key() {
        assert_eq!(key.rule.check(&(key.default)()), Ok(()), "{path}");
    }
}

/// Writes the page when `SCHOOLGATE_UPDATE_DOCS` is set, compares it otherwise.
#[test]
fn the_page_in_docs_is_the_table_of_keys() {
    let file = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/configuration.md"));
    if std::env::var_os("SCHOOLGATE_UPDATE_DOCS").is_some() {
        fs::write(&file, markdown()).unwrap();
    }
    let page = fs::read_to_string(&file).unwrap_or_default();
    assert!(
        page == markdown(),
        "docs/configuration.md is out of date: SCHOOLGATE_UPDATE_DOCS=1 cargo test -p schoolgate-server --test config"
    );
}

#[test]
fn figures_at_their_bounds_are_taken_and_beyond_them_refused() {
    let mut figures = 0;
    for section in CATALOGUE {
        for key in section.keys {
            let Rule::Whole(least, most) = key.rule else { continue };
            figures += 1;
            let file = |value: i64| format!("[{}]\n{} = {value}\n", section.path, key.name);
            for beyond in [least - 1, most + 1] {
                let problem = only_problem(&file(beyond));
                assert!(
                    problem.starts_with(&format!("{}.{} = {beyond} must be {least} to {most}", section.path, key.name)),
                    "{problem}"
                );
            }
            for bound in [least, most] {
                // A rule between keys may still refuse it; the bound itself must not.
                let refused = load(&file(bound), &[]).err().map(|error| error.to_string()).unwrap_or_default();
                assert!(!refused.contains(&format!("= {bound} must be")), "{refused}");
            }
        }
    }
    assert!(figures > 20, "only {figures} figures were tried");
}

#[test]
fn unknown_keys_are_refused_with_the_nearest_known_one() {
    let nearest = |text: &str| only_problem(text);
    assert_eq!(
        nearest("[server]\nlisen = \"127.0.0.1:1\""),
        "server.lisen is not a key of this program; did you mean server.listen?"
    );
    assert_eq!(
        nearest("[throttle]\nargon2_m_kb = 1"),
        "throttle.argon2_m_kb is not a key of this program; did you mean password.argon2_m_kib?"
    );
    assert_eq!(nearest("[databse]\nurl = \"x\""), "databse is not a section of this program; did you mean [database]?");
    assert_eq!(nearest("listen = \"127.0.0.1:1\""), "listen is not a key of this program; did you mean server.listen?");
    assert!(nearest("[[mail.gatway]]\nname = \"a\"").ends_with("did you mean mail.gateway?"));
    assert!(nearest("[database]\nurl_fil = \"x\"").ends_with("did you mean database.url_file?"));
}

#[test]
fn unknown_keys_of_the_environment_are_refused_too() {
    assert_eq!(
        problems("", &[("SCHOOLGATE__SERVER__LISTN", "x")]),
        ["server.listn (from SCHOOLGATE__SERVER__LISTN) is not a key of this program; did you mean server.listen?"]
    );
    assert_eq!(problems("", &[("SCHOOLGATE__SEVER__LISTEN", "x")]).len(), 1);
}

#[test]
fn all_problems_are_named_at_once() {
    let problems = problems(
        "[server]\nlisten = 80\nbody_limit_kib = 0\nwat = 1\n[codes]\ntries = \"five\"\n",
        &[("SCHOOLGATE__LOG__FORMAT", "xml")],
    );
    assert_eq!(problems.len(), 5, "{problems:?}");
    for part in [
        "server.listen = 80 must be an address and a port",
        "server.body_limit_kib = 0 must be 1 to 65536",
        "server.wat is not a key",
        "codes.tries = \"five\" must be a whole number",
        "log.format (from SCHOOLGATE__LOG__FORMAT) = \"xml\" must be one of human, json",
    ] {
        assert!(problems.iter().any(|problem| problem.starts_with(part)), "{part} is not in {problems:?}");
    }
}

#[test]
fn the_environment_wins_over_the_file() {
    let config = load(
        "[server]\nlisten = \"127.0.0.1:1\"\n[codes]\ntries = 3\n",
        &[
            ("SCHOOLGATE__SERVER__LISTEN", "0.0.0.0:8080"),
            ("SCHOOLGATE__DATABASE__AUTO_MIGRATE", "false"),
            ("SCHOOLGATE__CODES__RESEND_AFTER_S", "10, 20"),
            ("SCHOOLGATE__SERVER__TRUSTED_PROXIES", "[\"10.0.0.0/8\", \"::1\"]"),
            ("SCHOOLGATE__PORTAL__LOCALES", "ru,en"),
            ("SCHOOLGATE__PORTAL__DEFAULT_LOCALE", "ru"),
            ("SCHOOLGATE__PORTAL__NAME__RU", "Наш портал"),
            ("SCHOOLGATE__LOG__FORMAT", "json"),
            ("SCHOOLGATE__SERVER__METRICS_LISTEN", ""),
            ("SCHOOLGATE_CONFIG", "ignored: the file was named already"),
            ("PATH", "/bin"),
        ],
    )
    .unwrap();
    assert_eq!(config.server.listen.to_string(), "0.0.0.0:8080");
    assert_eq!(config.codes.tries, 3);
    assert!(!config.database.auto_migrate);
    assert_eq!(config.codes.resend_after_s, [10, 20]);
    assert_eq!(config.server.trusted_proxies.len(), 2);
    assert_eq!(config.portal.locales, [Locale::Ru, Locale::En]);
    assert_eq!(config.portal.name.get(Locale::Ru), "Наш портал");
    assert_eq!(config.log.format, LogFormat::Json);
    assert_eq!(config.server.metrics_listen, None);
}

#[test]
fn gateways_can_stand_in_file_and_environment() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    let text = format!(
        "[mail]\nfrom = \"portal@example.org\"\n[[mail.gateway]]\nname = \"first\"\nkind = \"folder\"\npath = \"{path}\"\n"
    );
    let config = load(
        &text,
        &[
            ("SCHOOLGATE__SMS__GATEWAY__0__NAME", "inforu"),
            ("SCHOOLGATE__SMS__GATEWAY__0__PRESET", "inforu"),
            ("SCHOOLGATE__SMS__GATEWAY__0__VALUES", "{ user = \"school\", sender = \"SCHOOL\" }"),
            ("SCHOOLGATE__SMS__GATEWAY__0__SECRETS__TOKEN", "hush"),
            ("SCHOOLGATE__SMS__GATEWAY__1__NAME", "folder"),
            ("SCHOOLGATE__SMS__GATEWAY__1__KIND", "folder"),
            ("SCHOOLGATE__SMS__GATEWAY__1__PATH", path),
        ],
    )
    .unwrap();
    assert_eq!(config.sms.gateway.len(), 2);
    assert_eq!(config.sms.gateway[0].preset, PresetChoice::Inforu);
    assert_eq!(config.mail.gateway[0].kind, MailKind::Folder);
    assert!(!format!("{config:?}").contains("hush"));
    let gateways = config.gateways();
    assert_eq!((gateways.sms.len(), gateways.mail.len()), (2, 1));
}

#[test]
fn what_gateways_refuse_is_named_by_its_key_in_the_file() {
    let text = "[[sms.gateway]]\nname = \"Not A Name\"\npreset = \"inforu\"\n";
    let problems = problems(text, &[]);
    assert!(problems.iter().any(|problem| problem.starts_with("sms.gateway[0].name ")), "{problems:?}");
}

#[test]
fn a_described_gateway_is_read_whole_or_refused() {
    let described = |status: &str| {
        format!(
            "[[sms.gateway]]\nname = \"own\"\nsecrets = {{ token = \"hush\" }}\n\
             [sms.gateway.api]\nurl = \"https://sms.example.org/send\"\n\
             [sms.gateway.api.auth]\nkind = \"bearer\"\ntoken = \"{{token}}\"\n\
             [sms.gateway.api.body]\nkind = \"json\"\ntemplate = '{{\"to\":\"{{to}}\",\"text\":\"{{text}}\"}}'\n\
             [sms.gateway.api.success]\n{status} = [200, 299]\n"
        )
    };
    load(&described("status"), &[]).unwrap();
    let problem = only_problem(&described("statos"));
    assert!(problem.starts_with("sms.gateway[0].api ") && problem.contains("statos"), "{problem}");
}

#[test]
fn gosuslugi_is_off_until_it_is_described_whole() {
    let config = Config::default();
    assert!(config.esia().is_none());
    assert_eq!(config.esia.form_targets(), "");

    let missing = problems("[esia]\nkind = \"direct\"\n", &[]);
    for key in ["esia.client_id ", "esia.client_certificate ", "esia.certificates "] {
        assert!(missing.iter().any(|problem| problem.starts_with(key)), "{key}: {missing:?}");
    }
    let direct = "[esia]\nkind = \"direct\"\nbase_url = \"http://esia.gosuslugi.ru\"\n";
    assert!(problems(direct, &[]).iter().any(|problem| problem.contains("esia.base_url must begin with https://")));
    let both = "[esia]\nkind = \"direct\"\nsigner = [\"sign\"]\nsigning_key = \"-----BEGIN\"\n";
    let both = only_problem(both);
    assert!(both.contains("esia.signing_key and esia.signer are both set"), "{both}");
    let slow = only_problem("[esia]\nkind = \"direct\"\n[server]\nrequest_timeout_s = 21\n");
    assert!(slow.starts_with("esia.timeout_ms"), "{slow}");
}

#[test]
fn a_gateway_of_gosuslugi_is_read_with_its_claims() {
    let text = "[esia]\nkind = \"broker\"\nissuer = \"https://gateway.example:8443/realms/school\"\n\
                client_id = \"portal\"\nclient_secret = \"s3cret\"\nclaims = { snils = \"esia_snils\", email = \"\" }\n";
    let config = load(text, &[]).unwrap();
    assert_eq!(config.esia.form_targets(), " https://gateway.example:8443 https://esia.gosuslugi.ru");
    let Some(EsiaSettings::Broker(settings)) = config.esia() else { panic!("{:?}", config.esia()) };
    assert_eq!((settings.claims.snils.as_str(), settings.claims.email.as_str()), ("esia_snils", ""));
    assert_eq!(settings.claims.mobile, "phone_number", "what is left out keeps its name");
    assert!(!format!("{config:?} {settings:?}").contains("s3cret"));

    let named = only_problem("[esia]\nclaims = { snlis = \"x\" }\n");
    assert!(named.starts_with("esia.claims has snlis"), "{named}");
    let variables = [("SCHOOLGATE__ESIA__CLAIMS__SNILS", "of_env"), ("SCHOOLGATE__ESIA__CLIENT_SECRET", "other")];
    let Some(EsiaSettings::Broker(settings)) = load(text, &variables).unwrap().esia() else { panic!("no gateway") };
    assert_eq!(settings.claims.snils, "of_env");
}

#[test]
fn secrets_come_from_files_and_are_never_shown() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("url");
    fs::write(&file, "postgres://portal:hush@db/portal\n").unwrap();
    let name = file.to_str().unwrap();

    let text = format!("[database]\nurl_file = \"{name}\"\n[password]\npepper = \"salt and hush\"\n");
    let config = load(&text, &[]).unwrap();
    assert_eq!(config.database.url.expose(), "postgres://portal:hush@db/portal");
    assert!(!format!("{config:?}").contains("hush"));

    let config = load("", &[("SCHOOLGATE__DATABASE__URL_FILE", name)]).unwrap();
    assert_eq!(config.database.url.expose(), "postgres://portal:hush@db/portal");

    let both = only_problem(&format!("[database]\nurl = \"sqlite://x\"\nurl_file = \"{name}\"\n"));
    assert_eq!(both, "database.url_file and url are both set: keep one of them");

    let missing = only_problem("[password]\npepper_file = \"/no such file\"\n");
    assert!(missing.starts_with("password.pepper_file = \"/no such file\" can't be read:"), "{missing}");
}

#[test]
fn no_message_quotes_a_secret() {
    for text in [
        "[password]\npepper = [\"hush\"]\n",
        "[database]\nurl = \"hush://x\"\n",
        "[password]\npepper = \"hush\n",
        "[[sms.gateway]]\nsecrets = { token = [\"hush\"] }\n",
        "[[sms.gateway]]\nsecrets = \"hush\"\n",
    ] {
        let problems = problems(text, &[]);
        assert!(!problems.is_empty() && problems.iter().all(|problem| !problem.contains("hush")), "{problems:?}");
    }
}

#[test]
fn broken_files_are_told_with_their_place() {
    let problem = only_problem("[server]\nlisten = \n");
    assert!(problem.contains("portal.toml, line 2, column "), "{problem}");

    let missing = Config::load(&Source { file: Some(PathBuf::from("/no/such.toml")), variables: Vec::new() });
    assert_eq!(missing.unwrap_err().to_string(), "the configuration file /no/such.toml does not exist");
}

#[test]
fn the_public_address_decides_about_https() {
    let url =
        |text: &str| load(&format!("[server]\npublic_url = \"{text}\""), &[]).map(|config| config.server.public_url);
    let portal = url("https://Portal.example.org/").unwrap();
    assert!(portal.is_https());
    assert_eq!((portal.host(), portal.port()), ("portal.example.org", 443));
    assert_eq!(portal.join("/me"), "https://portal.example.org/me");
    assert_eq!(url("https://portal.example.org:443").unwrap().origin(), "https://portal.example.org");
    for local in ["http://localhost:3000", "http://127.0.0.1", "http://[::1]:8080"] {
        assert_eq!(url(local).unwrap().origin(), local);
    }
    for wrong in [
        "http://portal.example.org",
        "http://localhost.example.org",
        "https://portal.example.org/path",
        "https://portal.example.org/?a=b",
        "https://user:pass@portal.example.org",
        "portal.example.org",
        "ftp://portal.example.org",
        "",
    ] {
        assert!(url(wrong).is_err(), "{wrong} should be refused");
    }
}

#[test]
fn rules_between_keys_hold() {
    for (text, part) in [
        (
            "[portal]\nlocales = [\"he\"]\ndefault_locale = \"ru\"",
            "portal.default_locale must be one of portal.locales",
        ),
        ("[portal]\ntime_zone = \"Asia/Atlantis\"", "portal.time_zone must be a name"),
        ("[outbox]\nlease_s = 10\n[[sms.gateway]]\nkind = \"folder\"\npath = \"x\"", "outbox.lease_s must be longer"),
        ("[portal]\nlocales = []", "portal.locales must name at least one language"),
        ("[portal]\nid_kinds = [\"il_id\", \"il_id\"]", "portal.id_kinds names a kind twice"),
        ("[throttle]\nfirst_wait_s = 100\nlongest_wait_s = 50", "throttle.longest_wait_s must not be shorter"),
        (
            "[password]\nmin_with_second_factor = 16",
            "password.min_with_second_factor must not be longer than password.min_alone",
        ),
        ("[codes]\nresend_after_s = [60, 30]", "codes.resend_after_s must not grow shorter"),
        ("[database]\nurl = \"mysql://x\"", "database.url must begin with"),
        ("[log]\nfilter = \"services=loud\"", "log.filter is not a log filter"),
        ("[server]\nmetrics_listen = \"127.0.0.1:3000\"", "server.metrics_listen must differ"),
        ("[sessions]\nidle_min = 600\nabsolute_h = 1", "sessions.absolute_h must not be shorter"),
    ] {
        assert!(only_problem(text).starts_with(part), "{text}: {:?}", problems(text, &[]));
    }
}

#[test]
fn no_password_may_contain_the_name_in_any_language() {
    let text = "[portal]\nshort_name = \"Gate\"\nname = { he = \"השער\", ru = \"Ворота школы\", en = \"Gate\" }";
    let config = load(text, &[]).unwrap();
    assert_eq!(config.settings().service_names, ["Gate", "השער", "Ворота школы"]);
    let config = load("[portal]\nname = \"Our gate\"", &[]).unwrap();
    assert_eq!(config.settings().service_names, ["Schoolgate", "Our gate"]);
}

#[test]
fn the_lengths_of_passwords_and_the_codes_that_are_accepted_reach_the_services() {
    let lengths = "[password]\nmin_alone = 20\nmin_with_second_factor = 12\nmax = 64\n";
    let settings = load(&format!("{lengths}[codes]\naccepted = 1\n"), &[]).unwrap().settings();
    let policy = &settings.passwords.policy;
    assert_eq!((policy.min(false), policy.min(true), policy.max()), (20, 12, 64));
    assert_eq!(settings.codes.accepted, 1);
    // The older policy has its own.
    let legacy = load(&format!("{lengths}policy = \"moe-legacy\"\n"), &[]).unwrap().settings().passwords.policy;
    assert_eq!((legacy.min(false), legacy.max()), (8, 16));
}

#[test]
fn the_services_take_the_defaults() {
    let config = Config::default();
    assert_eq!(config.settings(), services::settings::Settings::default());
    assert_eq!(config.settings().check(), Ok(()));
    let (ours, theirs) = (config.hash_settings(), services::hasher::HashSettings::default());
    assert_eq!((ours.m_kib, ours.t, ours.p), (theirs.m_kib, theirs.t, theirs.p));
    assert_eq!((ours.threads, ours.queue, ours.pepper), (theirs.threads, theirs.queue, theirs.pepper));
    assert!(config.worker_threads() >= 4);
}
