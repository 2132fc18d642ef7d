//! Programs that look at files: names, kinds, contents, sums.

use crate::grade::row::{Row, looks, same};
use crate::grade::special;

const SUM: &str =
    "-bctzw --binary --check --text --zero --ignore-missing --quiet --status --strict --warn --tag";
const DUMP: &str =
    "-bcCdoxv -n:n -s:n -e:t --canonical --one-byte-octal --one-byte-char --length:n --skip:n --no-squeezing";
const FD: &str = "-HIuslapLF0 -1 -g -i -q -d:n -t:t -e:t -E:t -c:t -S:t -j:n --hidden --no-ignore --no-ignore-vcs --unrestricted --case-sensitive --ignore-case --glob --fixed-strings --absolute-path --list-details --follow --full-path --print0 --max-depth:n --min-depth:n --exact-depth:n --type:t --extension:t --exclude:t --changed-within:t --changed-before:t --size:t --color:t --max-results:n --quiet --threads:n --strip-cwd-prefix";
const LESS: &str = "-EeFfGgIiJMmNnQqRrSsUuVWwX~ -#";
const DF: &str = "-ahHiklPTv -t:t -x:t -B:t --all --human-readable --si --inodes --local --portability --print-type --total --type:t --exclude-type:t --block-size:t --output?t --no-sync";
const EXA: &str = "-1aABbcdDeEfFgGhHiIlmMnNoOQrRSsTtuUxX@ -L:n --all --long --tree --level:n --git --git-ignore --icons --no-icons --header --group --recurse --sort:t --reverse --color:t --only-dirs --oneline --grid --classify --time-style:t --group-directories-first --binary --bytes --inode --links --modified --created --accessed --ignore-glob:t --no-user --no-time --no-permissions --no-filesize";

/// Sorted by name.
pub(in crate::grade) static ROWS: &[Row] = &[
    same("b2sum", "sha256sum"),
    looks("base32", "-di -w:n --decode --ignore-garbage --wrap:n", "r"),
    looks("base64", "-d -D -i -w:n --decode --ignore-garbage --wrap:n", "r").open(),
    looks("basename", "-az -s:t --multiple --suffix:t --zero", "t*").open(),
    looks("bat", "-AnpPS -l:t -r:t -H:n --plain --number --paging:{never} --color:t --style:t --theme:t --language:t --line-range:t --highlight-line:n --wrap:t --tabs:n --show-all --decorations:t --list-themes --list-languages", "r*"),
    same("batcat", "bat"),
    looks("bzcat", "-s", "r*"),
    looks("cat", "-AbeEnstTuv --show-all --number-nonblank --show-ends --number --squeeze-blank --show-tabs --show-nonprinting", "r*").open(),
    looks("cksum", "-a:t --algorithm:t --untagged -c --check --base64 --length:n -l:n --tag --zero -z", "r*").open(),
    looks("cmp", "-bls -i:t -n:n --print-bytes --verbose --silent --quiet --bytes:n --ignore-initial:t", "r r n n").open(),
    looks("comm", "-123iz --check-order --nocheck-order --output-delimiter:t --total --zero-terminated", "r r").open(),
    looks("df", DF, "t*").open(),
    looks(
        "diff",
        "-# -abBcdeEefiNnpqrstTuwyZ -U:n -C:n -W:n -I:t -x:t -X:r -L:t -F:t --unified?n --context?n --brief --recursive --side-by-side --new-file --ignore-all-space --ignore-space-change --ignore-blank-lines --ignore-case --ignore-trailing-space --ignore-matching-lines:t --strip-trailing-cr --text --color?t --width:n --suppress-common-lines --exclude:t --exclude-from:r --label:t --minimal --report-identical-files --normal --no-dereference --show-c-function --left-column --expand-tabs --speed-large-files",
        "r r",
    ),
    same("dir", "ls"),
    looks("dirname", "-z --zero", "t*").open(),
    looks("du", "-abcDhHklLmPsSxX0 -d:n -t:t -B:t --all --apparent-size --bytes --total --human-readable --summarize --max-depth:n --exclude:t --one-file-system --si --threshold:t --block-size:t --time?t --separate-dirs --inodes --dereference --null", "r*").open(),
    same("exa", "eza"),
    looks("eza", EXA, "r*").open(),
    looks("fd", FD, "t r*"),
    same("fdfind", "fd"),
    looks("file", "-bdEhikLlNnprsSvzZ0 -F:t -e:t -P:t --brief --mime --mime-type --mime-encoding --dereference --no-dereference --separator:t --print0 --extension --raw --uncompress --no-pad --keep-going --special-files --no-buffer", "r*"),
    looks("find", "", "any").check(special::find),
    looks("git-lfs", "", "/"),
    looks("git-lfs ls-files", "-alsnd --all --long --size --name-only --json", "t*"),
    looks("git-lfs status", "--porcelain --json", ""),
    looks("hd", DUMP, "r*"),
    looks("head", "-# -n:n -c:n -qvz --lines:n --bytes:n --quiet --silent --verbose --zero-terminated", "r*").open(),
    looks("hexdump", DUMP, "r*"),
    looks("isutf8", "-lqiv --list --quiet --invert", "r*"),
    looks("less", LESS, "r*").check(special::pager),
    looks("lessecho", "", "t*"),
    looks(
        "ls",
        "-aAbBcCdDfFgGhHiklLmnNopqQrRsStuUvxXZ1@eO -I:t -w:n -T:n --all --almost-all --author --escape --block-size:t --ignore-backups --color?t --directory --dired --classify?t --file-type --format:t --full-time --group-directories-first --no-group --human-readable --si --dereference --dereference-command-line --hide:t --hyperlink?t --indicator-style:t --inode --ignore:t --kibibytes --literal --numeric-uid-gid --hide-control-chars --show-control-chars --quote-name --quoting-style:t --reverse --recursive --size --sort:t --time:t --time-style:t --tabsize:n --width:n --context --zero",
        "r*",
    )
    .open(),
    looks("lsattr", "-RVadlpv", "r*").open(),
    same("lsd", "eza"),
    looks("md5", "-qr -s:t", "r*").open(),
    same("md5sum", "sha256sum"),
    looks("more", "-dflpcsu -n:n -#", "r*").check(special::pager),
    looks("namei", "-xmolnv --mountpoints --modes --owners --long --nosymlinks --vertical", "r*").open(),
    looks("od", "-abcdDefFhHiIlLoOsvxX -A:t -t:t -N:n -j:n -w?n -S:n --address-radix:t --format:t --read-bytes:n --skip-bytes:n --width?n --output-duplicates --strings?n --endian:t", "r*").open(),
    looks("pathchk", "-pP --portability", "t*").open(),
    looks("pwd", "-LP --logical --physical", "").open(),
    looks("readelf", "-aAcdeghiIlLnNrsStTuvVWwz --all --file-header --program-headers --segments --section-headers --sections --symbols --syms --dyn-syms --notes --relocs --dynamic --version-info --wide --headers -x:t -p:t", "r*"),
    looks("readlink", "-efmnqsvz --canonicalize --canonicalize-existing --canonicalize-missing --no-newline --zero", "r*").open(),
    looks("realpath", "-eEmLPqsz --canonicalize-existing --canonicalize-missing --logical --physical --quiet --relative-to:t --relative-base:t --strip --no-symlinks --zero", "r*").open(),
    looks("sdiff", "-abBdEHilstWZ -w:n -I:t --suppress-common-lines --width:n --ignore-all-space --ignore-case --left-column --text --minimal", "r r"),
    same("sha1sum", "sha256sum"),
    same("sha224sum", "sha256sum"),
    looks("sha256sum", SUM, "r*").open(),
    same("sha384sum", "sha256sum"),
    same("sha512sum", "sha256sum"),
    looks("shasum", "-bctUQsqwp0 -a:n --algorithm:n --binary --check --text --quiet --status --warn --ignore-missing --tag", "r*").open(),
    looks("size", "-ABGdotx --format:t --radix:n --totals --common", "r*"),
    looks("stat", "-FLfltrxsqnv -c:t -f -t --format:t --printf:t --dereference --file-system --terse --cached:t", "r*").open(),
    looks("strings", "-afowd -n:n -t:t -e:t -s:t -# --all --print-file-name --bytes:n --radix:t --encoding:t --output-separator:t", "r*").open(),
    looks("sum", "-rs --sysv", "r*").open(),
    looks("tail", "-# -n:n -c:n -s:n -fFqrvz --lines:n --bytes:n --quiet --silent --verbose --zero-terminated --follow?t --retry --pid:n --sleep-interval:n --max-unchanged-stats:n", "r*").open(),
    looks(
        "tree",
        "-aACdDfFghilNnpqQrRsStuUvxJX -L:n -I:t -P:t --charset:t --dirsfirst --du --filelimit:n --gitignore --inodes --device --ignore-case --matchdirs --metafirst --noreport --prune --si --sort:t --timefmt:t --nolinks --noreport --filesfirst --info --hintro:t",
        "r*",
    ),
    same("vdir", "ls"),
    looks("wc", "-clLmw --bytes --chars --lines --max-line-length --words --total:t", "r*").open(),
    looks("xxd", "-abeEiupP -c:n -g:n -l:n -s:n -o:n -n:t", "r"),
    looks("xzcat", "-fqv -T:n", "r*"),
    looks("zcat", "-fqv", "r*"),
    looks("zipinfo", "-12slmMvhtTzZ", "r t*"),
    looks("zless", LESS, "r*").check(special::pager),
    looks("zstdcat", "-fqv", "r*"),
];
