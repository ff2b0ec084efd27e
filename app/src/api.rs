//! Server functions, and what they share with the plain form posts.
