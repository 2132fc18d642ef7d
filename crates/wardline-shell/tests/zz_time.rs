mod support;
use support::read;
#[test]
fn timing() {
    let t = |name: &str, s: String| {
        let start = std::time::Instant::now();
        let a = read(&s);
        let p = a.commands.iter().flat_map(|c| &c.paths).any(|p| p.text.contains(".env"));
        let d: Vec<_> = a
            .doubts
            .iter()
            .chain(a.commands.iter().flat_map(|c| &c.doubts))
            .map(|d| (d.kind, d.text.chars().take(50).collect::<String>()))
            .take(2)
            .collect();
        println!("{name}: {:?} len {} commands {} env {p} {d:?}", start.elapsed(), s.len(), a.commands.len());
    };
    let bomb = |sep: &str, pre: &str| {
        let mut s = format!("{pre}a=xxxxxxxxxx");
        for (x, y) in ('a'..'z').zip('b'..='z') {
            s += &format!("{sep}{pre}{y}=${x}${x}");
        }
        s + sep + "cat $y .env"
    };
    t("bomb", bomb(";", ""));
    t("bomb nl", bomb("\n", ""));
    t("bomb &&", bomb(" && ", ""));
    t("bomb export", bomb(";", "export "));
    t("bomb quote", bomb(";", "").replace("$", "$"));
    let mut s = "a=xxxxxxxxxx".to_owned();
    for i in 1..60 {
        s += &format!(";v{i}=\"${{v{}}}${{v{}}}\"", i - 1, i - 1);
    }
    t("bomb v", s.replace("v0", "a") + "; cat $v59 .env");
    let mut s = "a=xxxxxxxxxx".to_owned();
    for i in 1..60 {
        s += &format!(";v{i}=$(echo $v{} $v{})", i - 1, i - 1);
    }
    t("bomb subst", s.replace("v0", "a") + "; cat $v59 .env");
    let mut s = "alias a=xxxxxxxxxx".to_owned();
    for i in 1..40 {
        s += &format!("\nalias v{i}='v{} v{}; v{}'", i - 1, i - 1, i - 1);
    }
    t("bomb alias", s + "\nv39 .env; cat .env");
    let mut s = "set -- xxxxxxxx".to_owned();
    for _ in 1..40 {
        s += "; set -- \"$@$@\" $*$*";
    }
    t("bomb pos", s + "; cat $1 .env");
    let mut s = "a='x x x x x x'".to_owned();
    for _ in 0..200 {
        s += "; a=$a' '$a";
    }
    t("bomb ws", s + "; cat $a .env");
    let mut s = String::new();
    for _ in 0..30 {
        s += "eval \"a=\\$a\\$a\"; a=x$a$a;";
    }
    t("bomb eval", s + "; cat $a .env");
    t("bomb printf", "a=x;".to_owned() + &"printf -v a %s $a$a;".repeat(60) + "cat $a .env");
    t("bomb default", {
        let mut w = "x".repeat(10);
        for _ in 0..20 {
            w = format!("${{q:-{w}{w}}}");
            if w.len() > 200_000 {
                break;
            }
        }
        format!("cat {w} .env")
    });
    t("bomb brace", format!("a={}; cat {} .env", "x".repeat(4000), "{$a$a$a$a,$a}".repeat(6)));
    t("wide", format!("a={}; cat {} .env", "x ".repeat(2000), "$a".repeat(3000)));
    t("wide2", format!("a={}; {} cat .env", "x ".repeat(2000), "echo $a; ".repeat(3000)));
    t("wide q", format!("a='{}'; cat {} .env", "x ".repeat(2000), "$a".repeat(3000)));
    t("nest", format!("cat {} .env", (0..40).fold("x".to_owned(), |i, _| format!("$(echo {{a,b,c,d}}{i})"))));
    t("par", format!("parallel {} ::: {}; cat $x .env", "{}".repeat(50_000), "d".repeat(50_000)));
    t("findbig", format!("find {} -exec rm {} \\; ; cat $x .env", "d".repeat(50_000), "{}".repeat(50_000)));
    t("doubts", format!("cat .env {}", (0..20_000).map(|i| format!("$x{i} ")).collect::<String>()));
    t("find 5000", format!("find . {} ; cat .env", "-exec rm x \\; ".repeat(5000)));
    t("find 5000 {}", format!("find . {} ; cat .env", "-exec rm {} \\; ".repeat(5000)));
    t("find roots", format!("find {} -exec rm {} \\; ; cat .env", "d ".repeat(5000), "{} ".repeat(5000)));
    t("pipeline 20k", format!("{} cat .env", "cat f | ".repeat(20_000)));
    t("pipeline 10k", format!("{} cat .env", "a | ".repeat(10_000)));
    t("word 8MB", format!("cat {} .env", "x".repeat(8 << 20)));
    t("word 250K", format!("cat {} .env", "x".repeat(250 << 10)));
    t("args 60k", format!("cat {} .env", "x ".repeat(60_000)));
    t("args uniq", format!("cat {} .env", (0..20_000).map(|i| format!("f{i} ")).collect::<String>()));
    t("vars xargs", format!("{} cat .env", "sudo ".repeat(60)));
    t("redirs", format!("cat .env {}", (0..20_000).map(|i| format!(">f{i} ")).collect::<String>()));
    t("parallel", format!("parallel {} ::: {}; cat .env", "a".repeat(1000), "b ".repeat(50_000)));
    t("parallel2", format!("parallel ::: {}; cat .env", "b ".repeat(50_000)));
    t("trap", format!("{} cat .env", "trap 'x' 0; ".repeat(10_000)));
    t("git", format!("git add {} .env", "b:c ".repeat(40_000)));
    t("dd", format!("dd {} if=.env", "if=b ".repeat(40_000)));
    t("awk", format!("python -c '{}'; cat .env", "/a ".repeat(60_000)));
    t(
        "heredocs",
        format!("{}cat .env", (0..10_000).map(|i| format!("cat <<E\nx{i}\nE\n")).collect::<String>()),
    );
    t("and", format!("{}cat .env", "a && ".repeat(20_000)));
    t("cd", format!("{}cat .env", (0..9_000).map(|i| format!("cd a{i} && ")).collect::<String>()));
    t("cd deep", format!("{}cat .env", "cd a; ".repeat(18_000)));
    t("blur", format!("{}cat .env", "x=1 && y=2 || z=3; ".repeat(6_000)));
    t(
        "blur2",
        format!(
            "{}{}cat .env",
            (0..5_000).map(|i| format!("v{i}=1;")).collect::<String>(),
            ". f;".repeat(5_000)
        ),
    );
    t("tar", format!("tar c {} .env", "b ".repeat(60_000)));
    t("rm flags", format!("rm {} .env", "-a -b -c ".repeat(20_000)));
    t(
        "funcs",
        format!("{}cat .env", (0..6_000).map(|i| format!("f{i}() {{ f{}; }}; ", i + 1)).collect::<String>()),
    );
    t("test", format!("[[ {} ]] ; cat .env", "-f a && ".repeat(20_000) + "-f b"));
    t("unclosed", format!("{} cat .env '", "ls a; ".repeat(15_000)));
}
