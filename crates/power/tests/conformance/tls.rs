//! Whose certificate is believed: the rig's board behind a TLS endpoint that signs its own, as boards do.

use super::case::Case;
use super::redfish::{settings, start_with};
use pitstop_domain::route::{Redfish, Route, Target, Trust};
use pitstop_power::Effect;
use pitstop_rig::board::{Board, Quirks};
use sha2::{Digest, Sha256};
use std::process::Command;
use std::sync::Arc;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// A certificate that signs itself, and its key.
fn certificate() -> (CertificateDer<'static>, PrivateKeyDer<'static>) {
    let folder = tempfile::tempdir().unwrap();
    let (key, cert) = (folder.path().join("key"), folder.path().join("cert"));
    let mut openssl = Command::new("openssl");
    openssl.args([
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-days",
        "2",
    ]);
    openssl.args(["-subj", "/CN=board"]).arg("-keyout").arg(&key).arg("-out").arg(&cert);
    assert!(openssl.output().expect("openssl is there").status.success());
    (CertificateDer::from_pem_file(cert).unwrap(), PrivateKeyDer::from_pem_file(key).unwrap())
}

async fn start(trust: impl FnOnce(String) -> Trust) -> (Case, Arc<Board>) {
    let (mut case, board) = start_with(Quirks::default()).await;
    let (certificate, key) = certificate();
    let fingerprint = hex::encode(Sha256::digest(&certificate));
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let config = config.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    let acceptor = TlsAcceptor::from(Arc::new(config.with_single_cert(vec![certificate], key).unwrap()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, behind) = (listener.local_addr().unwrap(), board.address());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(mut outer) = acceptor.accept(stream).await else { return };
                let mut inner = TcpStream::connect(behind).await.unwrap();
                let _ = tokio::io::copy_bidirectional(&mut outer, &mut inner).await;
            });
        }
    });
    let url = format!("https://{address}");
    case.route = Route::Redfish(Redfish { trust: trust(fingerprint), ..settings(&url) });
    (case, board)
}

async fn refused(trust: impl FnOnce(String) -> Trust) -> String {
    let (case, board) = start(trust).await;
    let fault = case.board(Target::Maintenance).await.prepare().await.unwrap_err();
    assert_eq!(fault.effect, Effect::None);
    assert_eq!((board.book().logins, board.book().refused_logins), (0, 0), "the password was not sent");
    fault.what
}

#[tokio::test]
async fn the_pinned_certificate_is_believed_whoever_signed_it() {
    let (case, board) = start(|print| Trust::Pinned { sha256: print.parse().unwrap() }).await;
    let mut asked = case.board(Target::Maintenance).await;
    asked.prepare().await.unwrap();
    asked.restart().await.unwrap();
    assert_eq!(board.book().presses.len(), 1);
}

#[tokio::test]
async fn another_certificate_is_refused_and_its_fingerprint_told() {
    let words = refused(|_| Trust::Pinned { sha256: "0".repeat(64).parse().unwrap() }).await;
    assert!(words.contains("another is pinned"), "{words}");
}

#[tokio::test]
async fn a_certificate_that_nobody_known_signed_is_refused_unless_all_are_believed() {
    let words = refused(|_| Trust::SystemRoots).await;
    assert!(words.contains("Pin its fingerprint"), "{words}");
    let (case, _board) = start(|_| Trust::Any).await;
    case.board(Target::Maintenance).await.prepare().await.unwrap();
}
