//! Mail, by SMTP.

use lettre::message::header::ContentType;
use lettre::message::{Mailbox, MessageBuilder};
use lettre::transport::smtp::authentication::Credentials;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use pitstop_domain::health::listener::{Mail, Tls};
use std::time::Duration;

/// Greylisting servers answer late; a person who presses *send a test* waits for this.
const PATIENCE: Duration = Duration::from_secs(20);

type Smtp = AsyncSmtpTransport<Tokio1Executor>;

/// Sends one mail to all who are to have it. A certificate must be vouched for by the system's roots.
///
/// # Errors
/// In words, when the server did not take it.
pub async fn send(mail: &Mail, password: &str, subject: &str, text: &str) -> Result<(), String> {
    let message = written(mail, subject, text)?;
    let builder = match mail.tls {
        Tls::Whole => Smtp::relay(&mail.host).map_err(said)?,
        Tls::Start => Smtp::starttls_relay(&mail.host).map_err(said)?,
        Tls::None => Smtp::builder_dangerous(&mail.host),
    };
    let builder = builder.port(mail.port).timeout(Some(PATIENCE));
    let smtp = match mail.user.is_empty() {
        true => builder.build(),
        false => builder.credentials(Credentials::new(mail.user.clone(), password.to_owned())).build(),
    };
    match tokio::time::timeout(PATIENCE * 2, smtp.send(message)).await {
        Ok(sent) => sent.map(drop).map_err(said),
        Err(_) => Err(format!("{} did not answer in {} s", mail.host, PATIENCE.as_secs() * 2)),
    }
}

fn written(mail: &Mail, subject: &str, text: &str) -> Result<Message, String> {
    let address = |text: &str| -> Result<Mailbox, String> {
        text.parse().map_err(|error| format!("{text} is no mail address: {error}"))
    };
    let builder = Message::builder().from(address(&mail.from)?).subject(subject);
    let builder = mail
        .to
        .iter()
        .try_fold(builder, |builder: MessageBuilder, to| Ok::<_, String>(builder.to(address(to)?)))?;
    // Nobody's holiday is told back to us (RFC 3834).
    let builder = builder.raw_header(lettre::message::header::HeaderValue::new(
        lettre::message::header::HeaderName::new_from_ascii_str("Auto-Submitted"),
        "auto-generated".to_owned(),
    ));
    let builder = builder.header(ContentType::TEXT_PLAIN);
    builder.body(text.to_owned()).map_err(|error| format!("the mail cannot be written: {error}"))
}

/// With what lies below: `connection error` alone helps nobody.
fn said(error: lettre::transport::smtp::Error) -> String {
    use std::error::Error as _;
    let mut words = error.to_string();
    let mut below = error.source();
    while let Some(cause) = below {
        let cause_words = cause.to_string();
        if !words.contains(&cause_words) {
            words = format!("{words}: {cause_words}");
        }
        below = cause.source();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
    use tokio::net::TcpListener;

    /// A server that takes one mail, and says what it heard.
    async fn server(refuses: bool) -> (u16, tokio::task::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            let (read, mut write) = stream.into_split();
            let mut lines = BufReader::new(read).lines();
            write.write_all(b"220 played ESMTP\r\n").await.unwrap();
            let (mut heard, mut in_data) = (String::new(), false);
            while let Ok(Some(line)) = lines.next_line().await {
                heard.push_str(&line);
                heard.push('\n');
                let answer = match line.split(' ').next().unwrap_or_default() {
                    "." if in_data => {
                        in_data = false;
                        "250 taken\r\n"
                    }
                    _ if in_data => continue,
                    "RCPT" if refuses => "550 nobody of that name\r\n",
                    "DATA" => {
                        in_data = true;
                        "354 go on\r\n"
                    }
                    "QUIT" => break,
                    _ => "250 fine\r\n",
                };
                if write.write_all(answer.as_bytes()).await.is_err() {
                    break;
                }
            }
            heard
        });
        (port, heard)
    }

    fn mail(port: u16) -> Mail {
        Mail {
            host: "127.0.0.1".to_owned(),
            port,
            tls: Tls::None,
            user: String::new(),
            from: "Pitstop <pitstop@example.org>".to_owned(),
            to: vec!["anna@example.org".to_owned(), "bob@example.org".to_owned()],
        }
    }

    #[tokio::test]
    async fn a_mail_reaches_all_who_are_to_have_it() {
        let (port, heard) = server(false).await;
        send(&mail(port), "", "Slow processors on pc-1", "It is slow.\n.\nSince noon.").await.unwrap();
        let heard = heard.await.unwrap();
        for words in [
            "RCPT TO:<anna@example.org>",
            "RCPT TO:<bob@example.org>",
            "Subject: Slow processors on pc-1",
            "Auto-Submitted: auto-generated",
            "\n..\n",
            "Since noon.",
        ] {
            assert!(heard.contains(words), "{words} is not in {heard}");
        }
    }

    #[tokio::test]
    async fn what_the_server_says_against_it_is_told() {
        let (port, _) = server(true).await;
        let why = send(&mail(port), "", "s", "t").await.unwrap_err();
        assert!(why.contains("nobody of that name"), "{why}");
        let nobody = send(&Mail { to: vec!["no address".to_owned()], ..mail(port) }, "", "s", "t").await;
        assert!(nobody.unwrap_err().contains("no mail address"));
    }

    #[tokio::test]
    async fn a_server_without_starttls_is_told_nothing() {
        let (port, heard) = server(false).await;
        let closed = Mail { tls: Tls::Start, ..mail(port) };
        assert!(send(&closed, "", "secret subject", "t").await.is_err());
        assert!(!heard.await.unwrap().contains("secret subject"));
    }
}
