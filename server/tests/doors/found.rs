//! The routes that there are: server functions as they register themselves, all others as they stand in the sources.

use std::fs;
use std::path::{Path, PathBuf};

/// Method and path of each.
pub fn routes() -> Vec<(String, String)> {
    let functions = leptos_server_functions();
    let mut routes: Vec<_> = in_sources().into_iter().chain(pages()).chain(functions).collect();
    routes.sort();
    routes.dedup();
    routes
}

fn leptos_server_functions() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut found = Vec::new();
    for file in sources(&root.join("app/src")) {
        let text = fs::read_to_string(&file).unwrap();
        for attribute in text.split("#[server(").skip(1) {
            let attribute = attribute.split(")]").next().unwrap();
            let Some(endpoint) = attribute.split("endpoint = \"").nth(1) else {
                assert!(
                    !attribute.contains("prefix"),
                    "{}: a server function without endpoint",
                    file.display()
                );
                continue;
            };
            let method = if attribute.contains("GetUrl") { "GET" } else { "POST" };
            found.push((method.to_owned(), format!("/api/{}", endpoint.split('"').next().unwrap())));
        }
    }
    found
}

/// `<Route path=path!("…")`, with the names of parameters as the table has them.
fn pages() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let text = ["app.rs", "documents.rs"]
        .map(|file| fs::read_to_string(root.join("app/src/session").join(file)).unwrap())
        .concat();
    let paths = text.split("path!(\"").skip(1).map(|rest| rest.split('"').next().unwrap());
    paths
        .map(|path| {
            let path = ["machines", "jobs", "runs"].iter().fold(path.to_owned(), |path, noun| {
                path.replace(&format!("/{noun}/:id"), &format!("/{noun}/{{{}}}", &noun[..noun.len() - 1]))
            });
            let path = path.replace("/:machine", "/{machine}").replace("/repair/:id", "/repair/{job}");
            assert!(!path.contains(':'), "name the parameter of {path}");
            ("GET".to_owned(), path)
        })
        .collect()
}

/// `.route("…", get(…).post(…))`, of the dashboard's address alone.
fn in_sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let all = ["app/src", "server/src/api", "server/src/console", "server/src/people"]
        .map(|folder| sources(&root.join(folder)));
    let files = all.concat().into_iter().chain([root.join("server/src/web.rs")]);
    let mut found = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        for rest in text.split(".route(").skip(1) {
            let rest = rest.trim_start();
            // Documents, by their own list.
            if rest.starts_with("page.path()") {
                continue;
            }
            let path = rest.strip_prefix('"').and_then(|rest| rest.split('"').next());
            let path = path.unwrap_or_else(|| panic!("{}: the path of a route is no text", file.display()));
            let handlers = handlers(&text, rest);
            let methods = ["get", "post", "put", "delete", "patch"].into_iter().filter(|method| {
                handlers.contains(&format!(" {method}(")) || handlers.contains(&format!(".{method}("))
            });
            let methods: Vec<_> = methods.map(str::to_uppercase).collect();
            assert!(!methods.is_empty(), "{}: {path} has no method that is understood", file.display());
            found.extend(methods.into_iter().map(|method| (method, path.to_owned())));
        }
    }
    found
}

/// What stands behind the path: to the end of the call, or where a variable is defined.
fn handlers(text: &str, rest: &str) -> String {
    let mut depth = 1;
    let end = rest.char_indices().find(|(_, c)| {
        depth += match c {
            '(' => 1,
            ')' => -1,
            _ => 0,
        };
        depth == 0
    });
    let call = &rest[..end.map_or(rest.len(), |(at, _)| at)];
    let behind = call.split_once(',').map_or("", |(_, behind)| behind).trim();
    if behind.chars().all(|c| c.is_alphanumeric() || c == '_') {
        let defined =
            text.split(&format!("let {behind} =")).nth(1).expect("the variable is defined in the file");
        return format!(" {}", defined.split(';').next().unwrap().trim());
    }
    format!(" {behind}")
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|kind| kind == "rs") {
            found.push(path);
        }
    }
    found
}
