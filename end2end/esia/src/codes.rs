//! ESIA's error codes, and what goes with each: OAuth's `error`, and words for `error_description`.

use std::fmt;

/// A code such as `ESIA-007053`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EsiaCode(u32);

impl EsiaCode {
    /// The certificate is not of this system, or it has none.
    pub const CERTIFICATE_MISMATCH: Self = Self(7_002);
    /// A parameter is wrong, or there twice.
    pub const BAD_PARAMETER: Self = Self(7_003);
    /// The person or the service refused.
    pub const ACCESS_DENIED: Self = Self(7_004);
    /// The client may not ask in this way: in practice a bad signature, certificate or algorithm.
    pub const UNAUTHORIZED_CLIENT: Self = Self(7_005);
    /// The scope is unknown or malformed.
    pub const BAD_SCOPE: Self = Self(7_006);
    /// The service failed.
    pub const SERVER_ERROR: Self = Self(7_007);
    /// The service is busy or under maintenance.
    pub const UNAVAILABLE: Self = Self(7_008);
    /// The type of answer is not supported.
    pub const BAD_RESPONSE_TYPE: Self = Self(7_009);
    /// The code or refresh token is invalid, expired, used, or of another client or address.
    pub const INVALID_GRANT: Self = Self(7_011);
    /// The type of grant is not supported.
    pub const BAD_GRANT_TYPE: Self = Self(7_012);
    /// There is no scope.
    pub const NO_SCOPE: Self = Self(7_013);
    /// A mandatory parameter is missing.
    pub const MISSING_PARAMETER: Self = Self(7_014);
    /// The time of the request is wrong.
    pub const WRONG_TIME: Self = Self(7_015);
    /// The scope is not approved for this client.
    pub const NO_GRANTS: Self = Self(7_019);
    /// The address to return to is not registered.
    pub const REDIRECT_NOT_REGISTERED: Self = Self(7_023);
    /// The parameters cannot be read.
    pub const UNREADABLE: Self = Self(7_038);
    /// A `code_verifier` without a `code_challenge` before it.
    pub const NO_CHALLENGE: Self = Self(7_039);
    /// The `code_verifier` does not fit.
    pub const PKCE_MISMATCH: Self = Self(7_040);
    /// `client_secret` or `client_certificate_hash` is wrong.
    pub const CLIENT_SECRET_WRONG: Self = Self(7_053);
    /// The account is not confirmed, and `person_filter` asks for a confirmed one.
    pub const NOT_CONFIRMED: Self = Self(7_055);
    /// A scope of an organisation that the person does not work in.
    pub const NOT_AN_EMPLOYEE: Self = Self(7_194);
    /// The client is not known.
    pub const CLIENT_AUTHENTICATION: Self = Self(8_010);
    /// REST: the token is not valid.
    pub const INVALID_TOKEN: Self = Self(5_011);
    /// REST: the token is expired.
    pub const EXPIRED_TOKEN: Self = Self(5_013);
    /// REST: the scope of the token does not allow it.
    pub const SCOPE_NOT_ALLOWED: Self = Self(5_029);

    /// Reads `ESIA-` and six digits.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix("ESIA-")?;
        let good = digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_digit());
        good.then(|| digits.parse().ok()).flatten().map(Self)
    }

    /// OAuth's `error`. Those of 007004, 007005, 007014 and 007053 were seen; the others follow RFC 6749.
    pub const fn oauth_error(self) -> &'static str {
        match self.0 {
            7_004 | 7_046 | 7_053 | 7_055 | 7_110 => "access_denied",
            7_002 | 7_005 => "unauthorized_client",
            7_006 | 7_013 | 7_019 | 7_194 => "invalid_scope",
            7_008 => "temporarily_unavailable",
            7_009 => "unsupported_response_type",
            7_011 | 7_039 | 7_040 => "invalid_grant",
            7_012 => "unsupported_grant_type",
            7_003 | 7_014 | 7_015 | 7_023 | 7_038 | 7_060..=7_062 | 36_700..=36_727 => "invalid_request",
            8_010 => "invalid_client",
            _ => "server_error",
        }
    }

    /// What the service says of it: sometimes in Russian, sometimes in English, sometimes the name of a constant.
    pub const fn words(self) -> &'static str {
        match self.0 {
            5_011 => "SecurityErrorEnum.invalidToken",
            5_013 => "SecurityErrorEnum.expiredToken",
            5_029 => "SecurityErrorEnum.scopeNotAllowed",
            7_002 => "Несоответствие сертификата и мнемоники информационной системы или отсутствие сертификата",
            7_003 => "Запрос включает неверное значение параметра или включает параметр несколько раз",
            7_004 => "Владелец ресурса или сервис авторизации отклонил запрос",
            7_005 => "The client is not authorized to request an access token using this method.",
            7_006 => "Запрошенная область доступа (scope) указана неверно, неизвестна или сформирована некорректно",
            7_007 => "Возникла неожиданная ошибка в работе сервиса авторизации",
            7_008 => "Сервис авторизации в настоящее время не может выполнить запрос",
            7_009 => "Сервис авторизации не поддерживает получение маркера доступа этим методом",
            7_011 => {
                "Авторизационный код или маркер обновления недействителен, просрочен, отозван или выдан другой системе"
            }
            7_012 => "Тип авторизационного кода не поддерживается сервисом авторизации",
            7_013 => "Запрос не содержит указания на область доступа (scope)",
            7_014 => "The request doesn't contain the mandatory parameter",
            7_015 => "Неверное время запроса",
            7_019 => "OAuthErrorEnum.noGrants",
            7_023 => "Указанный в запросе <redirect_uri> отсутствует среди разрешенных для ИС",
            7_038 => "Ошибка получения параметров из запроса",
            7_039 => "В изначальном запросе параметр <code_challenge> не был указан",
            7_040 => "Ошибка сравнения исходного и контрольного значений",
            7_046 => "Запрос otp невозможен",
            7_053 => "OAuthErrorEnum.clientSecretWrong",
            7_055 => "Вход в систему осуществляется с неподтвержденной учетной записью",
            7_060 => "Значение параметра <roles> в запросе указано неверно",
            7_061 => "Значение параметра <obj_type> в запросе указано неверно",
            7_062 => "Тип или роль пользователя в запросе указана неверно",
            7_110 => "Ошибка входа по QR-коду",
            7_194 => "Запрос области доступа для организации, сотрудником которой пользователь не является",
            8_010 => "Не удалось произвести аутентификацию системы-клиента",
            36_700..=36_727 => "Ошибка в запросе согласия",
            _ => "Ошибка",
        }
    }
}

impl fmt::Display for EsiaCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ESIA-{:06}", self.0)
    }
}

/// A request that is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The code that the client is told.
    pub code: EsiaCode,
    /// The parameter that is named with it.
    pub parameter: Option<&'static str>,
    /// What exactly is wrong, for whoever reads the log of the stand-in. The client is not told: the real service does not either.
    pub reason: &'static str,
}

impl Refusal {
    /// A refusal with that code.
    pub const fn new(code: EsiaCode, reason: &'static str) -> Self {
        Self { code, parameter: None, reason }
    }

    /// A mandatory parameter is missing.
    pub const fn missing(parameter: &'static str) -> Self {
        Self::naming(parameter, "the parameter is missing or empty")
    }

    /// A parameter that the service calls missing, though something else may be wrong with it.
    pub const fn naming(parameter: &'static str, reason: &'static str) -> Self {
        Self { code: EsiaCode::MISSING_PARAMETER, parameter: Some(parameter), reason }
    }

    /// `error_description`: the code first.
    pub fn description(&self) -> String {
        match self.parameter {
            Some(parameter) => format!("{}: {} [{parameter}].", self.code, self.code.words()),
            None => format!("{}: {}", self.code, self.code.words()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read_and_written() {
        assert_eq!(EsiaCode::parse("ESIA-007053"), Some(EsiaCode::CLIENT_SECRET_WRONG));
        assert_eq!(EsiaCode::CLIENT_SECRET_WRONG.to_string(), "ESIA-007053");
        for bad in ["ESIA-7053", "007053", "ESIA-00705x", "esia-007053", "ESIA-+07053", ""] {
            assert_eq!(EsiaCode::parse(bad), None, "{bad}");
        }
        assert_eq!(EsiaCode::parse("ESIA-999999").map(EsiaCode::oauth_error), Some("server_error"));
    }

    #[test]
    fn descriptions_are_those_of_the_service() {
        let refusal = Refusal::new(EsiaCode::CLIENT_SECRET_WRONG, "");
        assert_eq!(refusal.description(), "ESIA-007053: OAuthErrorEnum.clientSecretWrong");
        assert_eq!(refusal.code.oauth_error(), "access_denied");
        assert_eq!(
            Refusal::missing("client_certificate_hash").description(),
            "ESIA-007014: The request doesn't contain the mandatory parameter [client_certificate_hash]."
        );
        assert_eq!(EsiaCode::ACCESS_DENIED.oauth_error(), "access_denied");
        assert_eq!(EsiaCode::UNAUTHORIZED_CLIENT.oauth_error(), "unauthorized_client");
        assert_eq!(EsiaCode::MISSING_PARAMETER.oauth_error(), "invalid_request");
        assert_eq!(EsiaCode::INVALID_GRANT.oauth_error(), "invalid_grant");
    }
}
