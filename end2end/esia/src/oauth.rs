//! The OAuth side: the authorize request, what the person answers, the token request.

pub mod answer;
pub mod authorize;
pub mod checks;
pub mod claims;
pub mod token;
