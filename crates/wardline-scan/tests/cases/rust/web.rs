use axum::extract::{Form, Json, Path, Query, State};
use axum::http::HeaderMap;
use axum::response::{Html, Redirect};
use std::fs;
use std::process::Command;

async fn search(State(db): State<Db>, Query(params): Query<Params>) -> Json<Vec<Row>> {
    let sql = format!("select * from items where name like '%{}%'", params.name);
    // ruleid: rust.sql-injection
    let rows = sqlx::query(&sql).fetch_all(&db).await.unwrap();
    Json(rows)
}

async fn search_bound(State(db): State<Db>, Query(params): Query<Params>) -> Json<Vec<Row>> {
    // ok: rust.sql-injection
    let rows = sqlx::query("select * from items where name = $1").bind(params.name).fetch_all(&db).await;
    Json(rows.unwrap())
}

async fn sorted(State(db): State<Db>, Query(params): Query<Params>) -> Json<Vec<Row>> {
    let column = match params.sort.as_str() {
        "price" => "price",
        _ => "name",
    };
    // ok: rust.sql-injection
    Json(sqlx::query(&format!("select * from items order by {column}")).fetch_all(&db).await.unwrap())
}

async fn by_number(State(db): State<Db>, Path(id): Path<String>) -> Json<Vec<Row>> {
    let id: i64 = id.parse().unwrap();
    // ok: rust.sql-injection
    Json(sqlx::query(&format!("select * from items where id = {id}")).fetch_all(&db).await.unwrap())
}

fn find(connection: &rusqlite::Connection, name: &str) -> usize {
    let mut text = String::from("delete from users where name = '");
    text.push_str(name);
    text.push('\'');
    // ruleid: rust.sql-injection
    connection.execute(&text, []).unwrap()
}

async fn remove(Form(form): Form<Remove>) {
    let connection = open();
    find(&connection, &form.name);
}

async fn greet(Query(params): Query<Params>) -> Html<String> {
    // ruleid: rust.xss
    Html(format!("<h1>Hello {}</h1>", params.name))
}

async fn greet_escaped(Query(params): Query<Params>) -> Html<String> {
    let name = html_escape::encode_text(&params.name);
    // ok: rust.xss
    Html(format!("<h1>Hello {name}</h1>"))
}

async fn ping(Query(params): Query<Params>) -> String {
    // ruleid: rust.command-injection
    let out = Command::new("sh").arg("-c").arg(format!("ping -c1 {}", params.host)).output().unwrap();
    String::from_utf8_lossy(&out.stdout).into_owned()
}

async fn ping_argument(Query(params): Query<Params>) -> String {
    // ok: rust.command-injection
    let out = Command::new("ping").args(["-c1", "--", &params.host]).output().unwrap();
    String::from_utf8_lossy(&out.stdout).into_owned()
}

async fn download(Path(name): Path<String>) -> Vec<u8> {
    let path = std::path::Path::new("/srv/files").join(name);
    // ruleid: rust.path-traversal
    fs::read(path).unwrap()
}

async fn download_name(Path(name): Path<String>) -> Vec<u8> {
    let name = std::path::Path::new(&name).file_name().unwrap();
    // ok: rust.path-traversal
    fs::read(std::path::Path::new("/srv/files").join(name)).unwrap()
}

/// A path of the standard library is no extractor.
fn load(path: &std::path::Path) -> Vec<u8> {
    // ok: rust.path-traversal
    fs::read(path).unwrap()
}

mod files {
    use std::path::Path;

    fn save<'a>(path: &'a Path, bytes: &[u8]) {
        // ok: rust.path-traversal
        std::fs::write(path, bytes).unwrap();
    }
}

async fn download_by_its_long_name(name: axum::extract::Path<String>) -> Vec<u8> {
    // ruleid: rust.path-traversal
    fs::read(name.0).unwrap()
}

async fn download_checked(Path(name): Path<String>) -> Result<Vec<u8>, Error> {
    let path = fs::canonicalize(format!("/srv/files/x"))?;
    if name.contains("..") {
        return Err(Error::Refused);
    }
    // ok: rust.path-traversal
    Ok(fs::read(path.join(name))?)
}

async fn leave(Query(params): Query<Params>) -> Redirect {
    // ruleid: rust.open-redirect
    Redirect::to(&params.next)
}

async fn stay(Query(params): Query<Params>) -> Redirect {
    let next = params.next;
    if !PAGES.contains(&next) {
        return Redirect::to("/");
    }
    // ok: rust.open-redirect
    Redirect::to(&next)
}

async fn stay_with_member(Query(params): Query<Params>) -> Redirect {
    if PAGES.contains(&params.next) {
        // ok: rust.open-redirect
        return Redirect::to(&params.next);
    }
    // ruleid: rust.open-redirect
    Redirect::to(&params.next)
}

async fn fetch(Json(body): Json<Fetch>) -> String {
    // ruleid: rust.ssrf
    reqwest::get(&body.url).await.unwrap().text().await.unwrap()
}

fn client() -> reqwest::Client {
    // ruleid: rust.tls-verification
    reqwest::Client::builder().danger_accept_invalid_certs(true).build().unwrap()
}

fn strict_client() -> reqwest::Client {
    // ok: rust.tls-verification
    reqwest::Client::builder().danger_accept_invalid_certs(false).build().unwrap()
}
