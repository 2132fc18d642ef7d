//! Programs that search and rearrange text and print it.

use crate::grade::row::{Row, looks, same};
use crate::grade::special;

const GREP: &str = "-# -abcEFGhHiIlLnoPqrRsTuUvVwxyzZ -e:t -f:r -m:n -A:n -B:n -C:n -d:t -D:t --regexp:t --file:r --after-context:n --before-context:n --context?n --basic-regexp --extended-regexp --fixed-strings --perl-regexp --ignore-case --no-ignore-case --invert-match --word-regexp --line-regexp --count --color?t --colour?t --files-with-matches --files-without-match --max-count:n --only-matching --quiet --silent --no-messages --byte-offset --with-filename --no-filename --label:t --line-number --initial-tab --null --null-data --text --binary --binary-files:t --devices:t --directories:t --exclude:t --exclude-from:r --exclude-dir:t --include:t --recursive --dereference-recursive --line-buffered --group-separator:t --no-group-separator";
const RG: &str = "-# -.0abcFHIilLnNopPqsSuUvVwxz -e:t -f:r -g:t -t:t -T:t -A:n -B:n -C:n -m:n -M:n -d:n -r:t -j:n -E:t --regexp:t --file:r --glob:t --iglob:t --type:t --type-not:t --type-list --type-add:t --after-context:n --before-context:n --context:n --max-count:n --max-columns:n --max-depth:n --maxdepth:n --max-filesize:n --replace:t --threads:n --encoding:t --fixed-strings --ignore-case --smart-case --case-sensitive --invert-match --word-regexp --line-regexp --count --count-matches --color:t --colors:t --column --no-column --files --files-with-matches --files-without-match --only-matching --passthru --quiet --line-number --no-line-number --no-filename --with-filename --heading --no-heading --hidden --no-hidden --no-ignore --no-ignore-vcs --no-ignore-parent --no-ignore-global --no-ignore-dot --no-ignore-files --ignore-file:r --follow --multiline --multiline-dotall --null --null-data --pcre2 --auto-hybrid-regex --engine:t --json --stats --sort:t --sortr:t --text --trim --unrestricted --vimgrep --crlf --byte-offset --no-messages --no-config --one-file-system --pretty --include-zero --glob-case-insensitive --line-buffered --block-buffered --debug --trace --search-zip --no-mmap --mmap --max-columns-preview --path-separator:t --context-separator:t --field-match-separator:t --no-require-git --binary --no-unicode";
const AG: &str = "-# -acfFghHilLoQrRsStuUvwz0 -A:n -B:n -C:n -G:t -m:n -W:n --after?n --before?n --context?n --count --files-with-matches --files-without-matches --hidden --ignore:t --ignore-case --ignore-dir:t --literal --fixed-strings --max-count:n --depth:n --nocolor --color --nogroup --group --noheading --heading --numbers --nonumbers --only-matching --silent --smart-case --case-sensitive --stats --unrestricted --vimgrep --word-regexp --column --nobreak --break --all-types --all-text --follow --invert-match --null --skip-vcs-ignores --python --js --ruby --cpp --cc --go --rust --java --html --css --json --md --markdown --xml --yaml --php --shell --ts --list-file-types";
const ACK: &str = "-# -acfghHilLnoQrRsvwx1 -A:n -B:n -C:n -m:n --nocolor --color --nogroup --group --noheading --heading --column --count --files-with-matches --files-without-matches --ignore-case --smart-case --literal --match:t --max-count:n --no-recurse --type:t --ignore-dir:t --ignore-file:t --word-regexp --invert-match --print0 --sort-files --follow --help-types --python --js --ruby --cpp --cc --go --rust --java --html --css --json --md --markdown --xml --yaml --php --perl --shell --nopager --noenv --ignore-ack-defaults";
const AWK: &str = "-F:t -v:t --field-separator:t --assign:t --posix --traditional --re-interval --csv --sandbox --lint -S -P -c -r -W:{posix}";
const SED: &str = "-nErsuz -e:t -l:n -i?t^E --quiet --silent --expression:t --regexp-extended --separate --unbuffered --null-data --posix --debug --sandbox --line-length:n --in-place?t^E --follow-symlinks";
const JQ: &str = "-acCeMnrRsSj -f:r --arg:t --argjson:t --indent:n --tab --compact-output --raw-output --raw-input --slurp --null-input --sort-keys --exit-status --color-output --monochrome-output --join-output --ascii-output --ascii --seq --stream --unbuffered --raw-output0 --args --jsonargs --from-file:r --slurpfile:t --rawfile:t";
const SORT: &str = "-bdfgihMnRrVcCmsuz -k:t -t:t -S:t --ignore-leading-blanks --dictionary-order --ignore-case --general-numeric-sort --ignore-nonprinting --month-sort --human-numeric-sort --numeric-sort --random-sort --reverse --sort:t --version-sort --check?t --key:t --merge --stable --unique --zero-terminated --field-separator:t --parallel:n --buffer-size:t --debug --batch-size:n";

/// Sorted by name.
pub(in crate::grade) static ROWS: &[Row] = &[
    looks("ack", ACK, "t r*"),
    looks("ag", AG, "t r*"),
    looks("awk", AWK, "t r*").check(special::awk),
    looks("col", "-bfhpx -l:n", "").open(),
    looks("colordiff", "-abBcdiNnpqrstTuwy -U:n -C:n", "r r"),
    looks("colrm", "", "n n"),
    looks("column", "-teJrndLx -s:t -o:t -c:n -N:t -R:t -H:t -O:t -T:t -W:t -E:t --table --separator:t --output-separator:t --output-width:n --json --table-columns:t --table-right:t --table-hide:t --table-order:t --table-truncate:t --table-name:t --fillrows --table-noheadings --keep-empty-lines", "r*").open(),
    looks("csvcut", "-nlHSx -d:t -c:t -C:t", "r*"),
    looks("cut", "-nsz -b:t -c:t -d:t -f:t --bytes:t --characters:t --delimiter:t --fields:t --complement --only-delimited --output-delimiter:t --zero-terminated", "r*").open(),
    same("egrep", "grep"),
    looks("expand", "-i -t:t --initial --tabs:t -#", "r*").open(),
    same("fgrep", "grep"),
    looks("fmt", "-cstu -w:n -g:n -p:t --width:n --goal:n --prefix:t --split-only --uniform-spacing --crown-margin --tagged-paragraph -#", "r*").open(),
    looks("fold", "-bs -w:n --bytes --spaces --width:n -#", "r*").open(),
    same("gawk", "awk"),
    same("ggrep", "grep"),
    looks("grep", GREP, "t r*").open(),
    same("gsed", "sed"),
    looks("iconv", "-cls -f:t -t:t -l -s --from-code:t --to-code:t --list --silent", "r*"),
    looks("join", "-1:n -2:n -a:n -e:t -i -j:n -o:t -t:t -v:n -z --check-order --nocheck-order --header --ignore-case --zero-terminated", "r r").open(),
    looks("jq", JQ, "t r*").check(special::jq),
    looks("look", "-adf -t:t --alternative --alphanum --ignore-case --terminate:t", "t r"),
    same("mawk", "awk"),
    same("nawk", "awk"),
    looks("nl", "-p -b:t -d:t -f:t -h:t -i:n -l:n -n:t -s:t -v:n -w:n --body-numbering:t --number-format:t --number-separator:t --number-width:n --line-increment:n --starting-line-number:n", "r*").open(),
    looks("numfmt", "-d:t -z --from:t --to:t --from-unit:n --to-unit:n --field:t --format:t --grouping --header?n --padding:n --round:t --suffix:t --delimiter:t --invalid:t", "t*").open(),
    looks("paste", "-sz -d:t --delimiters:t --serial --zero-terminated", "r*").open(),
    looks("pr", "-# -acdfFmrTtv -D:t -e?t -h:t -i?t -l:n -N:n -n?t -o:n -S?t -s?t -w:n -W:n", "r*").open(),
    looks("ptx", "-AfGrRit -w:n -b:r -o:r", "r"),
    looks("rev", "", "r*").open(),
    looks("rg", RG, "t r*"),
    looks("sed", SED, "t r*").check(special::sed),
    looks("seq", "-w -f:t -s:t --equal-width --format:t --separator:t", "n n n").open(),
    looks("shuf", "-erz -n:n -i:t --echo --head-count:n --input-range:t --repeat --zero-terminated", "t*"),
    looks("sort", SORT, "r*"),
    looks("tac", "-br -s:t --before --regex --separator:t", "r*").open(),
    looks("tr", "-cCdst --complement --delete --squeeze-repeats --truncate-set1", "t t").open(),
    looks("tsort", "-w", "r").open(),
    looks("ugrep", GREP, "t r*"),
    looks("unexpand", "-a -t:t --all --first-only --tabs:t", "r*").open(),
    looks("uniq", "-cdDiuz -f:n -s:n -w:n --count --repeated --all-repeated?t --skip-fields:n --group?t --ignore-case --skip-chars:n --unique --zero-terminated --check-chars:n", "r"),
    looks("xmllint", "--format --noout --xpath:t --pretty:n --nowarning --recover --huge --nonet --html --noblanks --debug --schema:p --c14n", "p*"),
    looks("yq", "-ePrCMNjn -p:t -o:t -I:n --exit-status --prettyPrint --output-format:t --input-format:t --null-input --no-colors --colors --unwrapScalar --indent:n --no-doc", "t r*").check(special::yq),
    looks("zegrep", GREP, "t r*"),
    looks("zgrep", GREP, "t r*"),
];
