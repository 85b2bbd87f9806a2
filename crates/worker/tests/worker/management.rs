//! A management address that accepts every reset and keeps the book.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

pub struct Management {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<Request>>>,
}

/// What came.
#[derive(Clone, Debug, Default)]
pub struct Request {
    pub path: String,
    /// Its name in `idempotency-key` or `webhook-id`, by which receivers pass over what comes twice.
    pub id: String,
    pub body: String,
}

impl Management {
    pub async fn start() -> Self {
        Self::that_answers(&["200 OK"]).await
    }

    /// Answers by these, one after the other; the last for ever.
    pub async fn that_answers(answers: &'static [&'static str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let book = asked.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, book.clone(), answers));
            }
        });
        Self { address, asked }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}/{path}", self.address)
    }

    pub async fn until_asked(&self, times: usize) {
        let begin = std::time::Instant::now();
        while self.asked().len() < times {
            assert!(begin.elapsed() < super::LIMIT, "asked {times} times");
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }

    /// The paths that were asked, in their order.
    pub fn asked(&self) -> Vec<String> {
        self.requests().into_iter().map(|request| request.path).collect()
    }

    pub fn requests(&self) -> Vec<Request> {
        self.asked.lock().unwrap().clone()
    }
}

async fn serve(stream: TcpStream, book: Arc<Mutex<Vec<Request>>>, answers: &[&str]) {
    let mut stream = BufReader::new(stream);
    let request = read(&mut stream).await;
    let status = {
        let mut book = book.lock().unwrap();
        book.push(request);
        answers[(book.len() - 1).min(answers.len() - 1)]
    };
    let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    stream.write_all(answer.as_bytes()).await.unwrap();
}

async fn read(stream: &mut BufReader<TcpStream>) -> Request {
    let mut line = String::new();
    stream.read_line(&mut line).await.unwrap();
    let path = line.split_whitespace().nth(1).unwrap().trim_start_matches('/').to_owned();
    let (mut id, mut length) = (String::new(), 0);
    while !line.trim().is_empty() {
        line.clear();
        stream.read_line(&mut line).await.unwrap();
        match line.split_once(':').map(|(name, value)| (name.to_lowercase(), value.trim())) {
            Some((name, value)) if name == "idempotency-key" || name == "webhook-id" => {
                value.clone_into(&mut id)
            }
            Some((name, value)) if name == "content-length" => length = value.parse().unwrap(),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.unwrap();
    Request { path, id, body: String::from_utf8(body).unwrap() }
}
