//! Code that does nothing that a rule would care about.

use super::{check_harmless, told};

#[test]
fn computation_is_harmless() {
    check_harmless(&[
        ("python3", "print(1+1)"),
        ("python3", "import sys, json; print(json.load(sys.stdin)['name'])"),
        ("python3", "import json,sys\nd=json.load(sys.stdin)\nfor k,v in d.items():\n    print(k, v)"),
        ("python3", "import sys; print(sum(int(l) for l in sys.stdin))"),
        ("python3", "print('rm -rf /')"),
        ("python3", "print(\"os.system('rm -rf /')\")"),
        ("python3", "import re,sys; [print(m) for m in re.findall(r'\\d+', sys.stdin.read())]"),
        ("python3", "from datetime import datetime; print(datetime.now().isoformat())"),
        ("python3", "import sys; print(sys.executable)"),
        ("python3", "import math; print(f'{math.pi:.2f}')"),
        ("python3", "def f(n):\n    return 1 if n < 2 else n*f(n-1)\nprint(f(5))"),
        ("python3", "print(sorted({x: x*2 for x in range(10)}.items(), key=lambda p: p[1]))"),
        ("python3", "import base64; print(base64.b64encode(b'x').decode())"),
        ("python3", "import random; print(random.choice(['a','b']))"),
        ("python3", "# os.system('rm -rf /')\nprint(2)"),
        ("node", "console.log(process.versions.node)"),
        ("node", "process.versions"),
        ("node", "console.log([1,2,3].map(x => x * 2).join(','))"),
        ("node", "const s = 'rm -rf /'; console.log(s.length)"),
        ("node", "console.log(JSON.stringify({a: 1}, null, 2))"),
        ("node", "console.log(new Date().toISOString())"),
        ("node", "console.log(Buffer.from('aGk=', 'base64').toString())"),
        ("node", "/* rm */ console.log(1) // fs.rmSync('/')"),
        ("perl", "print \"$1\\n\" if /(\\d+)/"),
        ("perl", "s/foo/bar/g"),
        ("perl", "print if /x/"),
        ("perl", "$t += $F[6]; END { print $t }"),
        ("perl", "print join(',', map { $_ * 2 } 1..3), \"\\n\""),
        ("perl", "print length().\"  line $.  $_\""),
        ("perl", "print 'rm -rf /'"),
        ("perl", "($y,$f)=split; print \"$f\\n\" unless $y eq $x; $x=$y"),
        ("perl", "s{^}{\\\"};s{$}{\\\"}"),
        ("perl", "use strict; my %h; while (<>) { $h{$_}++ } print scalar keys %h"),
        ("ruby", "puts 1 + 1"),
        ("ruby", "puts ARGV.map(&:to_i).inject(&:+)"),
        ("ruby", "puts [1,2,3].map { |x| x * 2 }.join(',')"),
        ("ruby", "puts 'rm -rf /'"),
        ("ruby", "require 'json'; puts JSON.parse(STDIN.read)['a']"),
        ("php", "echo 1 + 1;"),
        ("php", "$s = 0; while (true) { $e = fgets(STDIN); if (false === $e) break; $s += $e; } echo $s;"),
        ("php", "echo json_encode(['a' => 1]), PHP_EOL;"),
        ("php", "echo 'rm -rf /';"),
        ("lua", "print(\"Hello World\")"),
        ("lua", "for i=1,3 do print(i) end"),
        ("lua", "print(string.format('%d', 3))"),
        ("awk", "{print $1}"),
        ("awk", "{ $cnt = $cnt + $2 } END {print $cnt}"),
        ("awk", "BEGIN {FS=\":\"} NR>1 && $3 > 5 {print $1, $3}"),
        ("awk", "{ printf \"%s\\n\", substr($0, 3) }"),
        ("awk", "/rm -rf/ {count++} END {print count}"),
        ("awk", "{print \"rm -rf /\"}"),
        ("awk", "!seen[$0]++"),
        ("awk", "$1 ~ /^a/ { sub(/a/, \"b\"); print }"),
        ("R", "cat(mean(c(1,2,3)))"),
        ("R", "x <- c(1,2); print(summary(x))"),
        ("julia", "println(sum(1:10))"),
        ("tclsh", "puts [expr 1+1]"),
        ("pwsh", "Write-Output 'Remove-Item /'"),
    ]);
}

#[test]
fn text_that_only_looks_dangerous_is_no_deed() {
    for (language, code) in [
        ("python3", "msg = 'never run rm -rf /'; print(msg)"),
        ("node", "console.log(`rm -rf /`)"),
        ("perl", "print q{unlink '/etc/passwd'}"),
        ("ruby", "puts %q{FileUtils.rm_rf '/'}"),
        ("php", "echo \"system('id')\";"),
        ("python3", "lst = [1, 2]; lst.remove(1)"),
        ("node", "const m = /x/.exec('x'); console.log(m)"),
        ("python3", "s = {1, 2}; s.remove(1); print('x'.replace('a', 'b'))"),
        ("node", "arr.delete('x'); map.remove('/etc')"),
    ] {
        assert_eq!(told(language, code), "", "{language}: {code}");
    }
}
