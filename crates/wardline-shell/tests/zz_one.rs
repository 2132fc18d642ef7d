mod support;
use support::read;
#[test]
fn one() {
    for n in [10, 30, 100, 300, 1000] {
    for (name, s) in [("q", format!("a='{}'; cat {} .env", "x ".repeat(2000), "$a".repeat(n))), ("b", format!("a='{}'; cat {} .env", "x".repeat(4000), "$a".repeat(n))), ("assign", format!("a='{}'; ls", "x ".repeat(2000)))] {
    let start = std::time::Instant::now();
    let a = read(&s);
    println!("{name} {n} {:?} {} args {:?}", start.elapsed(), a.commands.len(), a.commands.last().map(|c| c.arguments.len()));
    } }
}
