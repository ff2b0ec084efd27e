//! What is refused before the first message, and how clearly.

use std::sync::Arc;

use services::ManualClock;
use services::delivery::{SecretSource, SmsGatewaySettings};

use crate::{Gateways, NOW, PRIVATE, a_mail, build, sms};

fn problems(settings: &str) -> Vec<String> {
    match build(settings, Arc::new(ManualClock::new(NOW))) {
        Ok(_) => Vec::new(),
        Err(invalid) => {
            let shown = invalid.to_string();
            assert!(!shown.contains("s3cret"), "{shown}");
            invalid.0.into_iter().map(|problem| problem.key).collect()
        }
    }
}

fn http(more: &str) -> String {
    format!("[[sms]]\nkind = \"http\"\nname = \"first\"\n{more}")
}

fn api(more: &str) -> String {
    http(&format!("secrets = {{ token = \"s3cret\" }}\n[sms.api]\n{more}"))
}

const FIELDS: &str = "body = { kind = \"form\", fields = { a = \"{to}\", b = \"{text}\", c = \"{token}\" } }\n";
const OK: &str = "success = { status = [200, 299] }\n";

#[test]
fn presets_say_what_they_need() {
    assert_eq!(
        problems(&http("preset = \"inforu\"")),
        ["sms[0].values.sender", "sms[0].values.token", "sms[0].values.user"]
    );
    assert_eq!(
        problems(&http(
            "preset = \"exolve\"\nvalues = { sender = \"x\", user = \"y\" }\nsecrets = { token = \"s3cret\" }"
        )),
        ["sms[0].values.user"],
        "Exolve has no user"
    );
    assert_eq!(
        problems(&http("preset = \"exolve\"\nvalues = { sender = \"x\" }\nsecrets = { token = \"s3cret\" }")),
        Vec::<String>::new()
    );
}

#[test]
fn descriptions_are_checked() {
    let url = "url = \"https://sms.example/\"\n";
    assert_eq!(problems(&api(&format!("{url}{FIELDS}{OK}"))), Vec::<String>::new());
    for (settings, key) in [
        (http(""), "sms[0].preset"),
        (format!("{}preset = \"twilio\"\n[sms.api]\n{url}{FIELDS}{OK}", http("")), "sms[0].api"),
        (api(&format!("url = \"http://sms.example/\"\n{FIELDS}{OK}")), "sms[0].api.url"),
        (api(&format!("url = \"ftp://sms.example/\"\n{FIELDS}{OK}")), "sms[0].api.url"),
        (api(&format!("url = \"sms.example\"\n{FIELDS}{OK}")), "sms[0].api.url"),
        (api(&format!("url = \"https://{{to}}.example/\"\n{FIELDS}{OK}")), "sms[0].api.url"),
        (api(&format!("url = \"https://u:p@sms.example/\"\n{FIELDS}{OK}")), "sms[0].api.url"),
        (api(&format!("{url}method = \"GET\"\n{FIELDS}{OK}")), "sms[0].api.body"),
        (api(&format!("{url}{FIELDS}success = {{}}")), "sms[0].api.success"),
        (api(&format!("{url}{FIELDS}{OK}bad_recipient = [{{}}]")), "sms[0].api.bad_recipient"),
        (api(&format!("{url}{FIELDS}{OK}headers = {{ \"a b\" = \"c\" }}")), "sms[0].api.headers"),
        (api(&format!("{url}{FIELDS}{OK}headers = {{ \"X\" = \"{{text}}\" }}")), "sms[0].api.headers"),
        (api(&format!("{url}{FIELDS}{OK}headers = {{ \"X\" = \"a\\nb\" }}")), "sms[0].api.headers"),
        (
            api(&format!("{url}{FIELDS}{OK}auth = {{ kind = \"basic\", user = \"a:b\", password = \"c\" }}")),
            "sms[0].api.auth",
        ),
        (
            api(&format!("{url}{OK}body = {{ kind = \"json\", template = '[{{to}},\"{{text}}\",\"{{token}}\"]' }}")),
            "sms[0].api.body",
        ),
        (
            api(&format!("{url}{OK}body = {{ kind = \"form\", fields = {{ a = \"{{to}}\", c = \"{{token}}\" }} }}")),
            "sms[0].api.body",
        ),
    ] {
        assert_eq!(problems(&settings), [key], "{settings}");
    }
    let plain =
        api(&format!("url = \"http://sms.example/\"\n{FIELDS}{OK}")).replace("name =", "allow_plain = true\nname =");
    assert_eq!(problems(&plain), Vec::<String>::new());
}

#[test]
fn names_values_and_limits_are_checked() {
    let folder = |name: &str| format!("[[sms]]\nkind = \"folder\"\nname = \"{name}\"\npath = \"x\"\n");
    assert_eq!(problems(&folder("a")), Vec::<String>::new());
    for name in ["", "A", "a b", "ש", &"a".repeat(41)] {
        assert_eq!(problems(&folder(name)), ["sms[0].name"]);
    }
    assert_eq!(problems(&folder("a").repeat(2)), ["sms[1].name"]);
    let twilio = "preset = \"twilio\"\nsecrets = { token = \"s3cret\" }\n";
    let values = "values = { account = \"a\", sender = \"b\" }\n";
    for (more, keys) in [
        ("timeout_ms = 0", vec!["sms[0].timeout_ms"]),
        ("connect_timeout_ms = 120001", vec!["sms[0].connect_timeout_ms"]),
        ("root_certificate = \"/nowhere\"", vec!["sms[0].root_certificate"]),
    ] {
        assert_eq!(problems(&http(&format!("{twilio}{values}{more}"))), keys);
    }
    for (values, key) in [
        ("values = { account = \"a\", sender = \"b\", token = \"c\" }", "sms[0].secrets.token"),
        ("values = { account = \"a\", sender = \"b\", to = \"c\" }", "sms[0].values.to"),
        ("values = { account = \"a\", sender = \"\" }", "sms[0].values.sender"),
        ("values = { account = \"a\", sender = \"b\", B = \"c\" }", "sms[0].values.B"),
    ] {
        assert!(problems(&http(&format!("{twilio}{values}"))).contains(&key.to_owned()), "{key}");
    }
}

#[test]
fn mail_servers_are_checked() {
    let smtp = |more: &str| {
        format!("[[mail]]\nkind = \"smtp\"\nname = \"first\"\nhost = \"mail.example\"\nfrom = \"a@b.example\"\n{more}")
    };
    assert_eq!(problems(&smtp("")), Vec::<String>::new());
    assert_eq!(problems(&smtp("tls = \"none\"\nallow_plain = true")), Vec::<String>::new());
    for (more, key) in [
        ("tls = \"none\"", "mail[0].tls"),
        ("user = \"a\"", "mail[0].password"),
        ("password = \"s3cret\"", "mail[0].user"),
        ("user = \"a\"\npassword = \"\"", "mail[0].password"),
        ("user = \"a\"\npassword = { file = \"/nowhere\" }", "mail[0].password"),
        ("port = 0", "mail[0].port"),
        ("hello_name = \"a b\"", "mail[0].hello_name"),
        ("root_certificate = \"/nowhere\"", "mail[0].root_certificate"),
        ("from_name = \"a\\nb\"", "mail[0].from"),
    ] {
        assert_eq!(problems(&smtp(more)), [key]);
    }
    assert_eq!(problems(&smtp("").replace("a@b.example", "nobody")), ["mail[0].from"]);
    assert_eq!(problems(&smtp("").replace("mail.example", "smtp://mail.example")), ["mail[0].host"]);
}

#[test]
fn unknown_keys_are_refused() {
    for settings in [
        "[[sms]]\nkind = \"folder\"\nname = \"a\"\npath = \"x\"\npaht = \"y\"",
        "[[sms]]\nkind = \"http\"\nname = \"a\"\npreset = \"twilio\"\ntoken = \"y\"",
        "[[sms]]\nkind = \"http\"\nname = \"a\"\npreset = \"another\"",
        "[[sms]]\nkind = \"pigeon\"\nname = \"a\"",
        "[[mail]]\nkind = \"smtp\"\nname = \"a\"\nhost = \"x\"\nfrom = \"y\"\ntlss = \"none\"",
        "[[mail]]\nkind = \"folder\"\nname = \"a\"\npath = \"x\"\nfrom = \"y\"\ntls = \"none\"",
    ] {
        assert!(toml::from_str::<Gateways>(settings).is_err(), "{settings}");
    }
}

#[test]
fn secrets_come_from_files_and_are_never_shown() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "s3cret \r\n").unwrap();
    let settings = http(&format!(
        "preset = \"exolve\"\nvalues = {{ sender = \"x\" }}\nsecrets = {{ token = {{ file = '{}' }}, other = \"s3cret\" }}",
        file.path().display()
    ));
    let gateways: Gateways = toml::from_str(&settings).unwrap();
    let SmsGatewaySettings::Http(read) = &gateways.sms[0] else {
        panic!("no HTTP gateway");
    };
    assert_eq!(read.secrets["token"].read().unwrap().expose(), "s3cret ");
    assert!(matches!(read.secrets["other"], SecretSource::Value(_)));
    assert!(!format!("{read:?}").contains("s3cret"));
    std::fs::write(file.path(), "\n").unwrap();
    assert!(read.secrets["token"].read().is_err());
}

#[test]
fn messages_show_nothing_of_themselves() {
    let shown = format!("{:?} {:?}", sms("k"), a_mail("k"));
    for private in PRIVATE {
        assert!(!shown.contains(private), "{shown}");
    }
    assert!(shown.contains("\"k\""), "the key is shown: {shown}");
}
