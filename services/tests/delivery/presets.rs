//! What each preset sends, byte by byte, and how it reads the provider's answers.

use services::delivery::{DeliveryError, FailureKind, Preset};

use crate::http_server::{HttpServer, Manner};
use crate::{assert_tells_nothing, delivery, sms};

struct Case {
    preset: &'static str,
    path: &'static str,
    values: &'static str,
    authorization: Option<&'static str>,
    content_type: &'static str,
    body: &'static str,
    success: (u16, &'static str),
    /// Status, body, and the code it leads to.
    refusals: &'static [(u16, &'static str, &'static str)],
}

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

const CASES: [Case; 6] = [
    Case {
        preset: "inforu",
        path: "/api/v2/SMS/SendSms",
        values: r#"{ user = "school", sender = "Nitzanim" }"#,
        authorization: Some("Basic c2Nob29sOnMzY3JldA=="),
        content_type: JSON,
        body: r#"{"Data":{"Message":"קוד: 314159 \"a&b\" <c>\n+d","Recipients":[{"Phone":"0501234567"}],"Settings":{"Sender":"Nitzanim"}}}"#,
        success: (200, r#"{"StatusId":1,"StatusDescription":"Success","Data":{"Recipients":1}}"#),
        refusals: &[
            (200, r#"{"StatusId":-2,"StatusDescription":"Bad user name or password 0501234567"}"#, "DEL-08"),
            (401, "", "DEL-05"),
        ],
    },
    Case {
        preset: "019",
        path: "/api",
        values: r#"{ user = "school", sender = "Nitzanim" }"#,
        authorization: Some("Bearer s3cret"),
        content_type: JSON,
        body: r#"{"sms":{"user":{"username":"school"},"source":"Nitzanim","destinations":{"phone":[{"$":{"id":"key-1"},"_":"0501234567"}]},"message":"קוד: 314159 \"a&b\" <c>\n+d"}}"#,
        success: (200, r#"{"status":0,"message":"SMS will be sent","shipment_id":"x"}"#),
        refusals: &[(200, r#"{"status":3,"message":"Invalid user or password"}"#, "DEL-08")],
    },
    Case {
        preset: "smsc",
        path: "/sys/send.php",
        values: r#"{ user = "school", sender = "Nitzanim" }"#,
        authorization: None,
        content_type: FORM,
        body: "charset=utf-8&fmt=3&login=school&mes=%D7%A7%D7%95%D7%93%3A+314159+%22a%26b%22+%3Cc%3E%0A%2Bd&phones=972501234567&psw=s3cret&sender=Nitzanim",
        success: (200, r#"{"id":17,"cnt":2}"#),
        refusals: &[
            (200, r#"{"error":"invalid number","error_code":7,"id":18}"#, "DEL-07"),
            (200, r#"{"error":"can't deliver","error_code":8}"#, "DEL-07"),
            (200, r#"{"error":"authorise error","error_code":2}"#, "DEL-08"),
        ],
    },
    Case {
        preset: "sms_aero",
        path: "/v2/sms/send",
        values: r#"{ user = "it@school.example", sender = "Nitzanim" }"#,
        authorization: Some("Basic aXRAc2Nob29sLmV4YW1wbGU6czNjcmV0"),
        content_type: JSON,
        body: r#"{"number":"972501234567","text":"קוד: 314159 \"a&b\" <c>\n+d","sign":"Nitzanim"}"#,
        success: (200, r#"{"success":true,"data":{"id":1,"status":8},"message":null}"#),
        refusals: &[
            (200, r#"{"success":false,"data":null,"message":"Not enough money"}"#, "DEL-08"),
            (402, r#"{"success":false}"#, "DEL-08"),
        ],
    },
    Case {
        preset: "exolve",
        path: "/messaging/v1/SendSMS",
        values: r#"{ sender = "79990000000" }"#,
        authorization: Some("Bearer s3cret"),
        content_type: JSON,
        body: r#"{"number":"79990000000","destination":"972501234567","text":"קוד: 314159 \"a&b\" <c>\n+d"}"#,
        success: (200, r#"{"message_id":"439166538239448536"}"#),
        refusals: &[(400, r#"{"error":{"code":3,"message":"bad"}}"#, "DEL-08"), (200, "{}", "DEL-08")],
    },
    Case {
        preset: "twilio",
        path: "/2010-04-01/Accounts/AC1/Messages.json",
        values: r#"{ account = "AC1", sender = "+15005550006" }"#,
        authorization: Some("Basic QUMxOnMzY3JldA=="),
        content_type: FORM,
        body: "Body=%D7%A7%D7%95%D7%93%3A+314159+%22a%26b%22+%3Cc%3E%0A%2Bd&From=%2B15005550006&To=%2B972501234567",
        success: (201, r#"{"sid":"SM1","status":"queued","error_code":null}"#),
        refusals: &[
            (400, r#"{"code":21211,"message":"The 'To' number +972501234567 is not valid"}"#, "DEL-07"),
            (400, r#"{"code":21614,"message":"not a mobile number"}"#, "DEL-07"),
            (401, r#"{"code":20003,"message":"Authenticate"}"#, "DEL-05"),
            (429, "", "DEL-08"),
            (500, "<html>", "DEL-08"),
        ],
    },
];

/// The preset against a server of ours: everything as in the preset but scheme and host.
async fn send(case: &Case, server: &HttpServer) -> Result<String, DeliveryError> {
    let path = if case.preset == "twilio" { "/2010-04-01/Accounts/{account}/Messages.json" } else { case.path };
    let delivery = delivery(&format!(
        r#"
        [[sms]]
        kind = "http"
        name = "first"
        preset = "{}"
        url = "http://127.0.0.1:{}{path}"
        values = {}
        secrets = {{ token = "s3cret" }}
        "#,
        case.preset, server.port, case.values
    ));
    delivery.send_sms(&sms("key-1")).await.map(|delivered| delivered.gateway)
}

#[tokio::test]
async fn every_preset_sends_what_its_provider_documents() {
    for case in CASES {
        let server = HttpServer::start(Manner::json(case.success.0, case.success.1)).await;
        assert_eq!(send(&case, &server).await.as_deref(), Ok("first"), "{}", case.preset);
        let authorization = case.authorization.map(|value| format!("authorization: {value}\r\n")).unwrap_or_default();
        let expected = format!(
            "POST {} HTTP/1.1\r\n{authorization}content-type: {}\r\naccept: */*\r\nuser-agent: Schoolgate/{}\r\nhost: 127.0.0.1:{}\r\ncontent-length: {}\r\n\r\n{}",
            case.path,
            case.content_type,
            env!("CARGO_PKG_VERSION"),
            server.port,
            case.body.len(),
            case.body
        );
        assert_eq!(server.take(), [expected], "{}", case.preset);
    }
}

#[tokio::test]
async fn every_preset_reads_refusals() {
    for case in CASES {
        for (status, body, code) in case.refusals {
            let server = HttpServer::start(Manner::json(*status, body)).await;
            let error = send(&case, &server).await.unwrap_err();
            assert_eq!((error.code, error.status), (*code, Some(*status)), "{} {body}", case.preset);
            assert_eq!(error.kind == FailureKind::Permanent, *code == "DEL-07");
            assert_tells_nothing(&error, &error.to_string());
        }
    }
}

#[test]
fn the_cases_are_all_presets_and_their_addresses() {
    for (preset, case) in Preset::ALL.into_iter().zip(CASES) {
        let url = preset.api().unwrap().url.replace("{account}", "AC1");
        assert!(url.ends_with(case.path), "{url}");
    }
}
