//! Programs that change files that they are told: copies, links, modes, archives, formatters without plug-ins.

use crate::grade::row::{Row, builds, edits, looks, same};
use crate::grade::special;

const COPY: &str = "-afgiHLlnPpRrsTuvx -t:o -S:t --archive --force --interactive --no-clobber --verbose --update?t --recursive --preserve?t --no-preserve:t --parents --reflink?t --sparse:t --no-target-directory --target-directory:o --symbolic-link --link --dereference --no-dereference --backup?t --suffix:t --one-file-system --strip-trailing-slashes --remove-destination --attributes-only --debug";
const MOVE: &str = "-finTuv -t:o -S:t --force --interactive --no-clobber --verbose --update?t --no-target-directory --target-directory:o --backup?t --suffix:t --strip-trailing-slashes --debug";
const GZIP: &str = "-# -cdfklnNqtv --stdout --to-stdout --decompress --force --keep --list --quiet --test --verbose --fast --best --no-name --name";

/// Sorted by name.
pub(in crate::grade) static ROWS: &[Row] = &[
    builds("autopep8", "-iradv --in-place --recursive --diff --aggressive --max-line-length:n --select:t --ignore:t --exclude:t", "p*"),
    edits("black", "-qv -t:t -l:n -C -S --check --diff --quiet --verbose --line-length:n --fast --safe --skip-string-normalization --skip-magic-trailing-comma --color --no-color --target-version:t --exclude:t --include:t --extend-exclude:t --preview --config:p", "p*"),
    same("bzip2", "gzip"),
    edits("chmod", "-cfv --changes --silent --quiet --verbose", "t o*").open().check(special::chmod),
    edits("clang-format", "-i -n -style:t -verbose --style:t --Werror --dry-run --verbose --fallback-style:t --sort-includes --lines:t", "o*").exact(),
    edits("cp", COPY, "r* o").open().check(special::two),
    edits("dos2unix", "-fkqv --force --keepdate --quiet --verbose", "o*"),
    edits("gofmt", "-dlsw^E", "p*"),
    edits("gofumpt", "-dlwe", "p*"),
    edits("goimports", "-d -l -w -local:t", "p*").exact(),
    edits("gunzip", "-cfklNnqtv --stdout --force --keep --list --quiet --test --verbose", "o*").check(special::operand),
    edits("gzip", GZIP, "o*"),
    edits("install", "-Dpv -m:t --mode:t --verbose", "r* o").check(special::chmod_option),
    builds("isort", "-cqv --check --check-only --diff --profile:t --quiet --line-length:n --atomic --force-single-line-imports --skip:t --skip-glob:t", "p*"),
    edits("ln", "-finrsTv --symbolic --force --interactive --no-dereference --relative --no-target-directory --verbose", "p* o").check(special::link),
    edits("mkdir", "-pv -m:{700|755|750|775|0755|0700} --parents --verbose --mode:{700|755|750|775|0755|0700}", "o*").open(),
    edits("mktemp", "-dqtu -p:o --directory --quiet --suffix:t --dry-run --tmpdir?o", "o"),
    edits("mv", MOVE, "p* o").open().check(special::two),
    builds("patch", "-p:n -i:p -bEflNRstuZ --strip:n --input:p --backup --forward --reverse --dry-run --quiet --silent --verbose --batch --unified -C", "p p"),
    edits("rm", "-fivRrdI --force --recursive --verbose --dir --interactive?t --one-file-system", "p*").open().check(special::rm),
    edits("rmdir", "-pv --parents --verbose --ignore-fail-on-non-empty", "p*"),
    edits("rustfmt", "-lqv --check --edition:n --color:t --emit:{files|stdout} --quiet --verbose", "p*"),
    edits("shfmt", "-d -l -s -w -i:n -bn -ci -sr -kp -fn -p -mn", "p*").exact(),
    edits("split", "-dxuz -l:n -b:n -n:n -a:n -C:n --lines:n --bytes:n --number:n --suffix-length:n --numeric-suffixes?n --additional-suffix:t --line-bytes:n --verbose", "r o").check(special::two),
    edits("sqlfmt", "--check --diff -q", "p*"),
    edits("taplo", "", "/"),
    edits("taplo fmt", "--check --diff", "p*"),
    looks("tar", "-ctvzjJa -f:t --list --create --verbose --gzip --bzip2 --xz --zstd --auto-compress --file:t --exclude:t --exclude-vcs -C:p --directory:p -n -O --to-stdout --strip-components:n --wildcards --numeric-owner --sort:t --owner:n --group:n --mtime:t", "t*").check(special::tar),
    edits("touch", "-acmfh -d:t -t:t -r:r --no-create --date:t --reference:r --time:t --no-dereference", "o*").open(),
    same("unix2dos", "dos2unix"),
    looks("unlz4", "-ctl", "r"),
    edits("unxz", "-cfkqtv", "o*").check(special::operand),
    looks("unzip", "-lvtzqZ1", "r t*").check(special::unzip),
    same("xz", "gzip"),
    looks("zip", "-r -q -9 -v -u -j -x:t -#", "o p*").check(special::zip),
    edits("zstd", "-# -cdfklqtv -T:n --list --test --stdout --decompress --keep --force --quiet --rm", "o*"),
];
