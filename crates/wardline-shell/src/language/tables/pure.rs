//! Functions and modules that only compute, and those whose harm `acts` knows. Sorted.

use super::super::Family;

/// Functions that change nothing and read nothing but their arguments and standard input.
pub(super) fn pure(family: Family) -> &'static [&'static str] {
    match family {
        Family::Python => PYTHON_PURE,
        Family::Script => SCRIPT_PURE,
        Family::Perl => PERL_PURE,
        Family::Ruby => RUBY_PURE,
        Family::Php => PHP_PURE,
        Family::Lua => LUA_PURE,
        Family::R => R_PURE,
        Family::Julia => JULIA_PURE,
        Family::Groovy => GROOVY_PURE,
        Family::Awk | Family::Tcl | Family::PowerShell => &[],
    }
}

/// Modules of which that is true of all.
pub(super) fn pure_modules(family: Family) -> &'static [&'static str] {
    match family {
        Family::Python => PYTHON_MODULES,
        Family::Script => SCRIPT_MODULES,
        Family::Perl => PERL_MODULES,
        Family::Ruby => RUBY_MODULES,
        Family::Php => PHP_MODULES,
        Family::Lua => LUA_MODULES,
        Family::R => R_MODULES,
        Family::Julia => JULIA_MODULES,
        Family::Groovy => GROOVY_MODULES,
        Family::Awk | Family::Tcl | Family::PowerShell => &[],
    }
}

/// Modules whose loading does nothing; their functions are judged one by one.
pub(super) fn known_modules(family: Family) -> &'static [&'static str] {
    match family {
        Family::Python => PYTHON_KNOWN,
        Family::Script => SCRIPT_KNOWN,
        Family::Perl => PERL_KNOWN,
        Family::Ruby => RUBY_KNOWN,
        Family::Php => PHP_KNOWN,
        Family::Lua => LUA_KNOWN,
        Family::R => R_KNOWN,
        Family::Julia => JULIA_KNOWN,
        Family::Groovy => GROOVY_KNOWN,
        Family::Awk | Family::Tcl | Family::PowerShell => &[],
    }
}

static PYTHON_PURE: &[&str] = &[
    "Exception", "KeyError", "RuntimeError", "SystemExit", "TypeError", "ValueError", "abs", "all", "any",
    "ascii", "bin", "bool", "bytearray", "bytes", "callable", "chr", "classmethod", "codecs.decode",
    "codecs.encode", "complex", "dict", "dir", "divmod", "enumerate", "exit", "filter", "float", "format",
    "frozenset", "getattr", "hasattr", "hash", "help", "hex", "id", "importlib.metadata.version",
    "importlib.util.find_spec", "input", "int", "io.BytesIO", "io.StringIO", "io.TextIOWrapper", "isinstance",
    "issubclass", "iter", "len", "list", "map", "max", "memoryview", "min", "next", "object", "oct", "ord",
    "os.cpu_count", "os.fspath", "os.getcwd", "os.getpid", "os.linesep", "os.path.abspath",
    "os.path.basename", "os.path.commonpath", "os.path.commonprefix", "os.path.dirname", "os.path.expanduser",
    "os.path.expandvars", "os.path.isabs", "os.path.join", "os.path.normpath", "os.path.relpath",
    "os.path.split", "os.path.splitext", "os.sep", "os.uname", "os.urandom", "pkg_resources.get_distribution",
    "platform.architecture", "platform.machine", "platform.node", "platform.platform", "platform.processor",
    "platform.python_version", "platform.release", "platform.system", "platform.uname", "pow", "print",
    "property", "quit", "range", "repr", "reversed", "round", "set", "shlex.join", "shlex.quote",
    "shlex.split", "site.getsitepackages", "slice", "sorted", "staticmethod", "str", "sum", "super",
    "sys.exit", "sys.getdefaultencoding", "sys.getrecursionlimit", "sys.getsizeof", "sys.stderr.write",
    "sys.stdin.buffer.read", "sys.stdin.read", "sys.stdin.readline", "sys.stdin.readlines",
    "sys.stdout.buffer.write", "sys.stdout.flush", "sys.stdout.write", "sysconfig.get_config_var",
    "sysconfig.get_path", "sysconfig.get_paths", "time.ctime", "time.gmtime", "time.localtime", "time.mktime",
    "time.monotonic", "time.perf_counter", "time.process_time", "time.strftime", "time.strptime", "time.time",
    "tuple", "type", "unittest.mock", "urllib.parse.parse_qs", "urllib.parse.quote",
    "urllib.parse.quote_plus", "urllib.parse.unquote", "urllib.parse.unquote_plus", "urllib.parse.urlencode",
    "urllib.parse.urljoin", "urllib.parse.urlparse", "urllib.parse.urlsplit", "urllib.quote",
    "urllib.quote_plus", "urllib.unquote", "vars", "zip",
];

static PYTHON_MODULES: &[&str] = &[
    "__future__", "abc", "argparse", "array", "ast", "base64", "binascii", "bisect", "bs4", "calendar",
    "cmath", "collections", "colorsys", "contextlib", "copy", "csv", "dataclasses", "datetime", "dateutil",
    "decimal", "difflib", "enum", "fractions", "functools", "gettext", "graphlib", "hashlib", "heapq", "hmac",
    "html", "inspect", "ipaddress", "itertools", "json", "jsonschema", "keyword", "locale", "logging", "math",
    "mimetypes", "numbers", "numpy", "operator", "packaging", "pandas", "pprint", "random", "re", "secrets",
    "semver", "simplejson", "statistics", "string", "stringprep", "struct", "tabulate", "textwrap", "timeit",
    "token", "toml", "tomllib", "traceback", "types", "typing", "unicodedata", "uuid", "warnings", "yaml",
    "zlib", "zoneinfo",
];

static PYTHON_KNOWN: &[&str] = &[
    "asyncio", "builtins", "bz2", "codecs", "commands", "errno", "fileinput", "fnmatch", "ftplib", "getpass",
    "glob", "gzip", "http", "http.client", "http.server", "httplib", "httpx", "importlib",
    "importlib.metadata", "importlib.util", "io", "linecache", "lzma", "marshal", "os", "os.path", "pathlib",
    "pickle", "platform", "pty", "requests", "runpy", "select", "shlex", "shutil", "signal", "site",
    "smtplib", "socket", "socketserver", "stat", "subprocess", "sys", "sysconfig", "tempfile", "threading",
    "time", "urllib", "urllib.parse", "urllib.request", "urllib2",
];

static SCRIPT_PURE: &[&str] = &[
    "Array", "BigInt", "Boolean", "Buffer.alloc", "Buffer.byteLength", "Buffer.concat", "Buffer.from",
    "Bun.sleep", "Bun.version", "Date", "Deno.args", "Deno.cwd", "Deno.exit", "Deno.stdout.write", "Error",
    "Float64Array", "Int32Array", "Intl.DateTimeFormat", "Intl.NumberFormat", "Map", "Number", "Object",
    "Promise", "Promise.all", "Promise.resolve", "Proxy", "RangeError", "Reflect.ownKeys", "RegExp", "Set",
    "String", "Symbol", "TextDecoder", "TextEncoder", "TypeError", "URL", "URLSearchParams", "Uint32Array",
    "Uint8Array", "WeakMap", "assert", "assert.deepStrictEqual", "assert.equal", "assert.ok",
    "assert.strictEqual", "atob", "btoa", "clearInterval", "clearTimeout", "console.debug", "console.dir",
    "console.error", "console.info", "console.log", "console.table", "console.time", "console.timeEnd",
    "console.warn", "crypto.createHash", "crypto.randomBytes", "crypto.randomUUID", "decodeURI",
    "decodeURIComponent", "describe", "encodeURI", "encodeURIComponent", "escape", "expect", "isFinite",
    "isNaN", "it", "os.EOL", "os.arch", "os.cpus", "os.freemem", "os.platform", "os.release", "os.tmpdir",
    "os.totalmem", "os.type", "parseFloat", "parseInt", "path.basename", "path.dirname", "path.extname",
    "path.isAbsolute", "path.join", "path.normalize", "path.parse", "path.relative", "path.resolve",
    "performance.now", "print", "process.cwd", "process.exit", "process.hrtime", "process.hrtime.bigint",
    "process.memoryUsage", "process.stderr.write", "process.stdin.on", "process.stdin.read",
    "process.stdin.resume", "process.stdin.setEncoding", "process.stdout.write", "process.uptime",
    "querystring.parse", "querystring.stringify", "readline.createInterface", "require.resolve",
    "structuredClone", "test", "unescape", "url.fileURLToPath", "url.parse", "util.format", "util.inspect",
    "util.promisify",
];

static SCRIPT_MODULES: &[&str] = &[
    "Array", "Atomics", "Buffer", "Date", "Intl", "JSON", "Math", "Number", "Object", "Promise", "Reflect",
    "String", "Symbol", "assert", "buffer", "chalk", "console", "crypto", "dayjs", "events", "lodash",
    "moment", "path", "perf_hooks", "punycode", "querystring", "readline", "semver", "string_decoder", "url",
    "util", "uuid", "zlib",
];

static SCRIPT_KNOWN: &[&str] = &[
    "axios", "child_process", "dns", "fs", "fs-extra", "fs.promises", "glob", "got", "http", "https",
    "module", "net", "node-fetch", "os", "path", "process", "rimraf", "shelljs", "stream", "stream.promises",
    "timers", "timers.promises", "tls", "tty", "vm",
];

static PERL_PURE: &[&str] = &[
    "BEGIN", "Dumper", "END", "Time.HiRes.time", "abs", "all", "and", "any", "atan2", "basename", "binmode",
    "bless", "blessed", "caller", "ceil", "chained", "chomp", "chop", "chr", "close", "cos", "decode",
    "decode_base64", "decode_json", "defined", "delete", "die", "dirname", "do_nothing", "each", "encode",
    "encode_base64", "encode_json", "eof", "exists", "exit", "exp", "first", "floor", "fmod", "format",
    "from_json", "getline", "gmtime", "grep", "hex", "if", "index", "int", "join", "keys", "last", "lc",
    "lcfirst", "length", "local", "localtime", "log", "looks_like_number", "map", "max", "md5_hex", "min",
    "my", "next", "none", "not", "nsort", "oct", "or", "ord", "our", "pack", "pop", "pos", "print", "printf",
    "push", "quotemeta", "rand", "read", "readline", "redo", "reduce", "ref", "reset", "return", "reverse",
    "rindex", "say", "scalar", "seek", "select", "sha1_hex", "sha256_hex", "shift", "shuffle", "sin", "sort",
    "sort_by", "splice", "split", "sprintf", "sqrt", "srand", "strftime", "study", "substr", "sum", "sum0",
    "tell", "time", "to_json", "tr", "uc", "ucfirst", "undef", "uniq", "unless", "unpack", "unshift",
    "values", "vec", "wantarray", "warn",
];

static PERL_MODULES: &[&str] = &[
    "Carp", "Data.Dumper", "Digest.MD5", "Digest.SHA", "Encode", "English", "File.Basename", "File.Spec",
    "Getopt.Long", "JSON", "JSON.PP", "List.MoreUtils", "List.Util", "MIME.Base64", "Math.BigFloat",
    "Math.BigInt", "Math.Trig", "POSIX", "Scalar.Util", "Term.ANSIColor", "Text.CSV", "Text.Wrap",
    "Time.HiRes", "Time.Local", "Time.Piece", "Unicode.Normalize", "bigint", "bignum", "constant", "feature",
    "integer", "locale", "open", "strict", "utf8", "v5", "vars", "warnings",
];

static PERL_KNOWN: &[&str] = &[
    "Cwd", "Fcntl", "File.Copy", "File.Find", "File.Path", "File.Temp", "HTTP.Tiny", "IO.File", "IO.Handle",
    "IO.Socket", "IO.Socket.INET", "IO.Socket.SSL", "LWP.Simple", "LWP.UserAgent", "Socket",
];

static RUBY_PURE: &[&str] = &[
    "ARGF.each", "ARGF.each_line", "ARGF.read", "ARGF.readlines", "Array", "Array.new", "Base64.decode64",
    "Base64.encode64", "Base64.strict_decode64", "Base64.strict_encode64", "Benchmark.measure",
    "Benchmark.realtime", "CGI.escape", "CGI.unescape", "CSV.generate", "CSV.parse", "CSV.parse_line",
    "Class.new", "Comparable", "Complex", "Date.parse", "Date.today", "DateTime.now", "Digest.MD5.hexdigest",
    "Digest.SHA1.hexdigest", "Digest.SHA256.hexdigest", "Dir.getwd", "Dir.pwd", "ENV.fetch", "ENV.key",
    "ERB.new", "Enumerator.new", "Etc.nprocessors", "File.absolute_path", "File.basename", "File.dirname",
    "File.expand_path", "File.extname", "File.join", "Float", "Gem.path", "Gem.version", "Hash", "Hash.new",
    "Integer", "Integer.sqrt", "JSON.generate", "JSON.parse", "JSON.pretty_generate", "Kernel.puts",
    "Math.cos", "Math.log", "Math.pow", "Math.sin", "Math.sqrt", "Module.new", "Object.new",
    "ObjectSpace.count_objects", "Process.clock_gettime", "Process.pid", "RUBY_VERSION", "Random.new",
    "Random.rand", "Rational", "Regexp.escape", "Regexp.new", "STDERR.puts", "STDIN.each_line", "STDIN.gets",
    "STDIN.read", "STDIN.readlines", "STDOUT.flush", "STDOUT.print", "STDOUT.puts", "STDOUT.sync",
    "STDOUT.write", "SecureRandom.alphanumeric", "SecureRandom.hex", "SecureRandom.uuid", "Set.new",
    "Shellwords.escape", "Shellwords.split", "String", "String.new", "StringIO.new", "Struct.new", "Time.at",
    "Time.now", "Time.parse", "URI", "URI.decode_www_form_component", "URI.encode_www_form",
    "URI.encode_www_form_component", "URI.parse", "YAML.dump", "YAML.load", "YAML.safe_load", "abort",
    "at_exit", "attr_accessor", "attr_reader", "binding", "block_given", "catch", "chomp", "define_method",
    "exit", "extend", "format", "freeze", "gets", "gsub", "include", "lambda", "loop", "p", "pp", "print",
    "printf", "private", "proc", "public", "putc", "puts", "raise", "rand", "readline", "readlines",
    "sprintf", "srand", "sub", "throw", "warn",
];

static RUBY_MODULES: &[&str] = &[
    "Base64", "Date", "Digest", "English", "JSON", "Math", "SecureRandom", "Time", "base64", "benchmark",
    "bigdecimal", "cgi", "csv", "date", "digest", "digest.md5", "digest.sha1", "digest.sha2", "erb",
    "forwardable", "json", "matrix", "optparse", "ostruct", "pp", "prime", "securerandom", "set",
    "shellwords", "singleton", "stringio", "strscan", "time", "uri", "yaml", "zlib",
];

static RUBY_KNOWN: &[&str] = &[
    "etc", "fileutils", "find", "httparty", "io.console", "net.http", "net.https", "open-uri", "open3",
    "open4", "pathname", "pty", "socket", "tempfile", "timeout", "tmpdir",
];

static PHP_PURE: &[&str] = &[
    "ArrayObject", "DateTime", "Exception", "PHP_VERSION", "abs", "addslashes", "array_chunk", "array_column",
    "array_combine", "array_diff", "array_fill", "array_fill_keys", "array_flip", "array_intersect",
    "array_is_list", "array_key_exists", "array_key_first", "array_key_last", "array_keys", "array_merge",
    "array_pop", "array_product", "array_push", "array_rand", "array_reverse", "array_search", "array_shift",
    "array_slice", "array_splice", "array_sum", "array_unique", "array_unshift", "array_values", "arsort",
    "asort", "base64_decode", "base64_encode", "base_convert", "basename", "bin2hex", "bindec", "boolval",
    "ceil", "checkdate", "chr", "class_exists", "compact", "constant", "convert_uudecode", "cos", "count",
    "crc32", "ctype_alnum", "ctype_alpha", "ctype_digit", "current", "date", "date_default_timezone_set",
    "decbin", "dechex", "decoct", "define", "defined", "die", "dirname", "each", "echo", "empty", "end",
    "error_reporting", "escapeshellarg", "escapeshellcmd", "exit", "exp", "explode", "extension_loaded",
    "fclose", "feof", "fflush", "fgetc", "fgetcsv", "fgets", "filter_var", "floatval", "floor", "flush",
    "fputcsv", "fputs", "fread", "fscanf", "function_exists", "fwrite", "get_loaded_extensions", "getcwd",
    "gethostname", "gettype", "gzdecode", "gzinflate", "gzuncompress", "hash", "hex2bin", "hexdec",
    "html_entity_decode", "htmlentities", "htmlspecialchars", "http_build_query", "iconv", "implode",
    "in_array", "ini_get", "intval", "is_array", "is_bool", "is_float", "is_int", "is_null", "is_numeric",
    "is_object", "is_string", "isset", "iterator_to_array", "join", "json_decode", "json_encode", "key",
    "krsort", "ksort", "lcfirst", "levenshtein", "list", "log", "log10", "ltrim", "max",
    "mb_convert_encoding", "mb_strlen", "mb_strtolower", "mb_strtoupper", "mb_substr", "md5",
    "memory_get_peak_usage", "memory_get_usage", "metaphone", "microtime", "min", "mktime", "mt_rand",
    "mt_srand", "next", "nl2br", "number_format", "ob_get_clean", "ob_start", "octdec", "openssl_encrypt",
    "ord", "pack", "parse_str", "parse_url", "password_hash", "password_verify", "pathinfo", "php_sapi_name",
    "php_uname", "phpinfo", "phpversion", "pi", "pow", "preg_match", "preg_match_all", "preg_quote",
    "preg_replace", "preg_split", "print", "print_r", "printf", "rand", "random_bytes", "random_int", "range",
    "rawurlencode", "readline", "reset", "round", "rsort", "rtrim", "serialize", "set_error_handler",
    "set_time_limit", "settype", "sha1", "shuffle", "similar_text", "sin", "sizeof", "sort", "soundex",
    "spl_object_id", "sprintf", "sqrt", "str_contains", "str_ends_with", "str_getcsv", "str_ireplace",
    "str_pad", "str_repeat", "str_replace", "str_rot13", "str_split", "str_starts_with", "strcasecmp",
    "strcmp", "stream_get_contents", "strip_tags", "stripos", "stripslashes", "strlen", "strncmp", "strpos",
    "strrev", "strrpos", "strstr", "strtolower", "strtotime", "strtoupper", "strtr", "strval", "substr",
    "substr_count", "sys_get_temp_dir", "tan", "time", "trim", "ucfirst", "ucwords", "uniqid", "unpack",
    "unset", "urldecode", "urlencode", "utf8_decode", "utf8_encode", "var_dump", "var_export",
    "version_compare", "vsprintf", "wordwrap",
];

static PHP_MODULES: &[&str] = &[];

static PHP_KNOWN: &[&str] = &[];

static LUA_PURE: &[&str] = &[
    "assert", "bit.band", "bit.bor", "collectgarbage", "coroutine.create", "coroutine.resume",
    "coroutine.wrap", "coroutine.yield", "error", "getmetatable", "io.flush", "io.read", "io.stderr",
    "io.stderr.write", "io.stdin.lines", "io.stdin.read", "io.stdout.write", "io.write", "ipairs",
    "jit.version", "next", "os.clock", "os.date", "os.difftime", "os.exit", "os.time", "os.tmpname", "pairs",
    "pcall", "print", "rawequal", "rawget", "rawlen", "rawset", "select", "setmetatable", "tonumber",
    "tostring", "type", "unpack", "utf8.char", "xpcall",
];

static LUA_MODULES: &[&str] = &[
    "bit", "bit32", "cjson", "coroutine", "inspect", "json", "math", "string", "table", "utf8",
];

static LUA_KNOWN: &[&str] = &[
    "io", "lfs", "os", "socket", "socket.http",
];

static R_PURE: &[&str] = &[
    "Filter", "Map", "Negate", "R.version.string", "Reduce", "Sys.Date", "Sys.time", "abs", "aggregate",
    "all", "any", "apply", "as.Date", "as.character", "as.factor", "as.hexmode", "as.integer", "as.logical",
    "as.numeric", "basename", "bitwAnd", "c", "cat", "cbind", "ceiling", "charToRaw", "character", "colMeans",
    "colSums", "colnames", "commandArgs", "cor", "crossprod", "cumprod", "cumsum", "data.frame", "date",
    "deparse", "det", "diff", "difftime", "dim", "dirname", "do.call", "eigen", "endsWith", "exp", "factor",
    "file", "file.path", "floor", "format", "function", "getwd", "gregexpr", "grep", "grepl", "gsub", "head",
    "identical", "ifelse", "intToUtf8", "integer", "interactive", "invisible", "is.na", "is.null",
    "is.numeric", "jsonlite.fromJSON", "jsonlite.toJSON", "lapply", "length", "levels", "list", "lm", "log",
    "log10", "log2", "logical", "mapply", "matrix", "max", "mean", "median", "merge", "message", "min",
    "names", "nchar", "ncol", "nlevels", "noquote", "normalizePath", "nrow", "numeric", "order", "outer",
    "packageVersion", "paste", "paste0", "print", "q", "quantile", "quit", "rawToChar", "rbind", "regexpr",
    "regmatches", "rep", "return", "rev", "rnorm", "round", "rowMeans", "rowSums", "rownames", "runif",
    "sample", "sapply", "sd", "seq", "seq_along", "seq_len", "sessionInfo", "set.seed", "solve", "sort",
    "sprintf", "sqrt", "startsWith", "stdin", "stop", "str", "strsplit", "strtoi", "sub", "subset", "substr",
    "substring", "sum", "summary", "suppressMessages", "suppressPackageStartupMessages", "suppressWarnings",
    "switch", "table", "tail", "tapply", "toString", "tolower", "toupper", "trimws", "unique", "utf8ToInt",
    "vapply", "var", "vector", "warning", "which", "which.max", "which.min", "with", "within",
];

static R_MODULES: &[&str] = &[
    "dplyr", "ggplot2", "jsonlite", "methods", "stats", "stringr", "tibble", "utils",
];

static R_KNOWN: &[&str] = &[
    "base",
];

static JULIA_PURE: &[&str] = &[
    "Char", "Dict", "Float64", "Int", "Matrix", "Set", "String", "Tuple", "VERSION", "Vector", "abs", "all",
    "any", "append!", "basename", "binomial", "bytes2hex", "ceil", "chomp", "collect", "cos", "count", "det",
    "dirname", "display", "div", "eachindex", "eachmatch", "eigen", "endswith", "enumerate", "error", "exit",
    "exp", "factorial", "filter", "first", "floor", "foldl", "foldr", "gcd", "get", "haskey", "hex",
    "hex2bytes", "inv", "isa", "isempty", "isprime", "join", "joinpath", "keys", "last", "lcm", "length",
    "log", "lowercase", "lpad", "map", "match", "maximum", "minimum", "mod", "ndims", "nothing", "now",
    "occursin", "ones", "parse", "pop!", "print", "println", "prod", "push!", "pwd", "rand", "randn", "range",
    "readline", "reduce", "rem", "repeat", "replace", "repr", "reverse", "round", "rpad", "show", "sin",
    "size", "sort", "sort!", "split", "sqrt", "startswith", "string", "strip", "sum", "throw", "time",
    "transpose", "typeof", "unique", "uppercase", "values", "versioninfo", "zeros", "zip",
];

static JULIA_MODULES: &[&str] = &[
    "Dates", "JSON", "LinearAlgebra", "Printf", "Random", "Statistics",
];

static JULIA_KNOWN: &[&str] = &[];

static GROOVY_PURE: &[&str] = &[
    "Date", "Integer.parseInt", "Math.abs", "Math.max", "Math.min", "Math.sqrt", "String.format",
    "System.currentTimeMillis", "System.nanoTime", "System.out.println", "assert", "print", "printf",
    "println",
];

static GROOVY_MODULES: &[&str] = &[
    "groovy.json",
];

static GROOVY_KNOWN: &[&str] = &[];

/// Methods that do so, whatever they are called on.
pub(super) static METHODS: &[&str] = &[
    "abs", "accumulate", "add", "append", "apply", "asString", "as_integer_ratio", "assoc", "astimezone",
    "at", "autoflush", "b", "binmode", "bit_length", "bsearch", "byte", "bytes", "byteslice", "capitalize",
    "casefold", "catch", "ceil", "center", "charAt", "charCodeAt", "chars", "chomp", "chop", "chr", "chunk",
    "class", "clear", "clone", "close", "codePointAt", "collect", "combination", "compact", "compare",
    "compare_by_identity", "concat", "conjugate", "contains", "copy", "corr", "count", "crypt", "cumsum",
    "cycle", "date", "decode", "default", "denominator", "describe", "detach", "difference", "dig", "digest",
    "discard", "divmod", "downcase", "downto", "drop", "dup", "each", "each_byte", "each_char", "each_cons",
    "each_entry", "each_index", "each_line", "each_pair", "each_slice", "each_with", "each_with_index",
    "each_with_object", "elements", "empty", "encode", "encoding", "end", "end_with", "endsWith", "endswith",
    "entries", "eof", "even", "every", "exit", "expandtabs", "extend", "external_encoding", "fetch", "fill",
    "filter", "filter_map", "finally", "find", "findIndex", "find_all", "find_index", "first", "flat",
    "flatMap", "flat_map", "flatten", "floor", "flush", "forEach", "force", "force_encoding", "format",
    "format_map", "freeze", "from", "from_bytes", "fromkeys", "frozen", "get", "getDate", "getDay",
    "getFullYear", "getHours", "getMinutes", "getMonth", "getOwnPropertyNames", "getTime", "getValue",
    "gmatch", "grep", "group", "group_by", "groupby", "groups", "gsub", "has", "hasOwnProperty", "has_key",
    "hash", "head", "hex", "hexadecimal", "hexdigest", "hexencode", "imag", "include", "includes", "indent",
    "index", "indexOf", "inject", "insert", "inspect", "instance_methods", "instance_of",
    "instance_variables", "intersect", "intersection", "isArray", "isEmpty", "isInteger", "is_a",
    "is_integer", "isalnum", "isalpha", "isascii", "isdigit", "isdisjoint", "isidentifier", "islower",
    "isnumeric", "isoformat", "isoweekday", "isspace", "issubset", "issuperset", "istitle", "isupper",
    "items", "iter", "itself", "join", "keep_if", "key", "keySet", "keys", "kind_of", "last", "lastIndexOf",
    "lazy", "len", "length", "lines", "ljust", "localeCompare", "lower", "lpad", "lstrip", "maketrans", "map",
    "match", "matchAll", "max", "max_by", "mean", "median", "merge", "methods", "min", "min_by", "minmax",
    "most_common", "name", "nan", "negative", "next", "nil", "none", "nonzero", "normalize", "now",
    "numerator", "nunique", "object_id", "odd", "of", "on", "once", "ord", "pad", "padEnd", "padStart",
    "parent", "partition", "permutation", "pluck", "pop", "pos", "positive", "pow", "prepend", "presence",
    "pretty_inspect", "product", "push", "put", "raise", "rand", "ranges", "raw", "readline", "readlines",
    "real", "reduce", "reject", "remove", "rep", "repeat", "replace", "replace_all", "resolve", "respond_to",
    "rest", "reverse", "reverse_each", "reversed", "rfind", "rindex", "rjust", "rotate", "round",
    "rpartition", "rsplit", "rstrip", "sample", "scan", "search", "seek", "select", "set", "setEncoding",
    "setPrototypeOf", "setdefault", "sha1", "shape", "shift", "shuffle", "size", "slice", "slice_when",
    "slots", "some", "sort", "sort_by", "sort_values", "sorted", "span", "splice", "split", "split_lines",
    "splitlines", "sqrt", "squeeze", "start", "start_with", "startsWith", "startswith", "std", "stem", "step",
    "strftime", "strip", "stripIndent", "strptime", "sub", "substr", "substring", "subtract", "succ",
    "suffix", "sum", "sum_by", "swapcase", "symmetric_difference", "tail", "take", "take_while", "tally",
    "tap", "tell", "test", "then", "throw", "time", "times", "timestamp", "title", "toBase64", "toDate",
    "toFixed", "toISOString", "toJSON", "toLocaleString", "toLowerCase", "toPrecision", "toString",
    "toUpperCase", "to_a", "to_bytes", "to_dict", "to_f", "to_h", "to_i", "to_json", "to_r", "to_s", "to_set",
    "to_str", "to_string", "to_sym", "today", "tokenize", "tolist", "total", "total_seconds", "tr",
    "transform", "translate", "transpose", "trim", "trimEnd", "trimStart", "unicode_normalize", "union",
    "uniq", "unpack", "unpack1", "unref", "unshift", "unzip", "upcase", "update", "upper", "upto",
    "valid_encoding", "value", "value_counts", "values", "values_at", "var", "weekday", "with_index", "year",
    "zero", "zfill", "zip", "zip_longest",
];
