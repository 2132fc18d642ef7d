//! GitHub's expressions: whether the value of one can be what anybody writes.
//!
//! Only values count: a comparison gives true or false, and so do `contains` and `startsWith`.

/// What the value of an expression can be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    /// This part of the event.
    Foreign(String),
    /// A variable of `env:` that holds such.
    Variable(String),
}

/// What others write, by the end of its path in the event.
const FOREIGN: &[&str] = &[
    "issue.title",
    "issue.body",
    "pull_request.title",
    "pull_request.body",
    "pull_request.head.ref",
    "pull_request.head.label",
    "pull_request.head.repo.default_branch",
    "pull_request.head.repo.description",
    "pull_request.head.repo.homepage",
    "comment.body",
    "review.body",
    "review_comment.body",
    "discussion.title",
    "discussion.body",
    "head_commit.message",
    "head_commit.author.email",
    "head_commit.author.name",
    "head_commit.committer.email",
    "head_commit.committer.name",
    "workflow_run.head_branch",
    "workflow_run.display_title",
    "workflow_run.head_commit.message",
    "workflow_run.head_commit.author.email",
    "workflow_run.head_commit.author.name",
    "workflow_run.head_repository.description",
    "workflow_run.pull_requests.*.head.ref",
    "commits.*.message",
    "commits.*.author.email",
    "commits.*.author.name",
    "pages.*.page_name",
    "changes.title.from",
    "changes.body.from",
    "release.name",
    "release.body",
];

/// Functions whose value is made of their arguments.
const PASSING: [&str; 5] = ["format", "join", "tojson", "fromjson", "case"];

/// What the value of an expression can be that others write. `is_foreign` says which variables of `env:` hold such.
pub(super) fn untrusted(expression: &str, is_foreign: &dyn Fn(&str) -> bool) -> Option<Part> {
    let mut reader = Reader { rest: expression.trim(), is_foreign, depth: 0 };
    reader.either()
}

struct Reader<'a> {
    rest: &'a str,
    is_foreign: &'a dyn Fn(&str) -> bool,
    depth: usize,
}

impl Reader<'_> {
    fn skip(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn take(&mut self, sign: &str) -> bool {
        self.skip();
        let rest = self.rest.strip_prefix(sign);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    /// `a || b` and `a && b` have the value of one of their sides.
    fn either(&mut self) -> Option<Part> {
        let mut found = self.both();
        while self.take("||") {
            let right = self.both();
            found = found.or(right);
        }
        found
    }

    fn both(&mut self) -> Option<Part> {
        let mut found = self.compared();
        while self.take("&&") {
            // The left side is the value only where it is false or empty.
            found = self.compared();
        }
        found
    }

    fn compared(&mut self) -> Option<Part> {
        let mut found = self.one();
        while ["==", "!=", "<=", ">=", "<", ">"].iter().any(|sign| self.take(sign)) {
            self.one();
            found = None;
        }
        found
    }

    fn one(&mut self) -> Option<Part> {
        self.skip();
        self.depth += 1;
        if self.depth > 200 {
            self.rest = "";
            return None;
        }
        if self.take("!") {
            self.one();
            return None;
        }
        if self.take("(") {
            let found = self.either();
            self.take(")");
            return found;
        }
        if self.rest.starts_with('\'') {
            self.string();
            return None;
        }
        let end =
            self.rest.find(|c: char| !(c.is_alphanumeric() || "_-.*".contains(c))).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at_checked(end).unwrap_or((self.rest, ""));
        if word.is_empty() {
            // No sign may hold the reader up.
            self.rest =
                self.rest.get(self.rest.chars().next().map_or(0, char::len_utf8)..).unwrap_or_default();
            return None;
        }
        let word = word.to_owned();
        self.rest = rest;
        if self.take("(") {
            return self.call(&word.to_ascii_lowercase());
        }
        let path = self.path(word);
        self.named(&path)
    }

    fn string(&mut self) -> String {
        let mut text = String::new();
        let mut rest = self.rest.get(1..).unwrap_or_default();
        while let Some(at) = rest.find('\'') {
            text.push_str(rest.get(..at).unwrap_or_default());
            rest = rest.get(at + 1..).unwrap_or_default();
            // Two of them are one.
            match rest.strip_prefix('\'') {
                Some(more) => {
                    text.push('\'');
                    rest = more;
                }
                None => {
                    self.rest = rest;
                    return text;
                }
            }
        }
        self.rest = "";
        text
    }

    fn call(&mut self, name: &str) -> Option<Part> {
        let mut found = None;
        loop {
            let argument = self.either();
            found = found.or(argument);
            if !self.take(",") {
                break;
            }
        }
        self.take(")");
        found.filter(|_| PASSING.contains(&name))
    }

    /// `a.b['c'][0]` as `a.b.c.*`.
    fn path(&mut self, mut path: String) -> String {
        while self.take("[") {
            self.skip();
            if self.rest.starts_with('\'') {
                let name = self.string();
                path.push('.');
                path.push_str(&name);
            } else {
                self.either();
                path.push_str(".*");
            }
            self.take("]");
            let end = self
                .rest
                .find(|c: char| !(c.is_alphanumeric() || "_-.*".contains(c)))
                .unwrap_or(self.rest.len());
            let (more, rest) = self.rest.split_at_checked(end).unwrap_or(("", self.rest));
            path.push_str(more);
            self.rest = rest;
        }
        path
    }

    fn named(&self, path: &str) -> Option<Part> {
        let path = path.to_ascii_lowercase();
        if let Some(name) = path.strip_prefix("env.") {
            // Names of variables are told apart by their letters.
            let exact = [name.to_ascii_uppercase(), name.to_owned()];
            return exact.into_iter().find(|name| (self.is_foreign)(name)).map(Part::Variable);
        }
        let whole = path == "github.head_ref" || path == "github.event" || path == "github";
        let inside = path.strip_prefix("github.event.").is_some_and(|rest| {
            FOREIGN.iter().any(|known| {
                *known == rest || known.strip_prefix(rest).is_some_and(|more| more.starts_with('.'))
            })
        });
        (whole || inside).then_some(Part::Foreign(path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_told_from_tests_of_them() {
        let rows = [
            ("github.event.issue.title", true),
            ("github.event.pull_request['head']['ref']", true),
            ("github.event.commits[0].message", true),
            ("github.head_ref || github.ref_name", true),
            ("github.ref_name || github.HEAD_REF", true),
            ("format('x {0}', github.event.comment.body)", true),
            ("toJSON(github.event.issue)", true),
            ("toJSON(github.event)", true),
            ("github.event_name == 'push' && 'a' || github.head_ref", true),
            ("env.TITLE", true),
            ("github.event.issue.number", false),
            ("github.event.pull_request.head.sha", false),
            ("github.event.issue.title == 'x'", false),
            ("contains(github.event.comment.body, '/deploy')", false),
            ("startsWith(github.head_ref, 'release/') && 'yes' || 'no'", false),
            ("!github.head_ref", false),
            ("'github.head_ref'", false),
            ("secrets.TOKEN", false),
            ("hashFiles('**/lock')", false),
            ("env.OTHER", false),
            ("((((", false),
            ("]]", false),
        ];
        for (text, wanted) in rows {
            assert_eq!(untrusted(text, &|name| name == "TITLE").is_some(), wanted, "{text}");
        }
    }
}
