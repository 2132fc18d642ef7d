//! What functions and methods do that are not in the program: general knowledge of each language, as data.
//!
//! Sources, sinks and sanitizers are not here: those are rules. Here is only how values go through.

use crate::language::Language;

/// What a function outside of the program gives back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    /// Something harmless, whatever went in: a number, a truth value, a hash, a time.
    Clean,
    /// What went in, in another form.
    Pass,
    /// A list of the elements of its first argument, or of what its second one, a function, makes of them.
    Elements,
    /// One element of its first argument.
    Element,
    /// Pairs of a number and an element.
    Numbered,
    /// Lists that have one element of each argument.
    Zipped,
    /// A list of what its first argument makes of the elements of the second.
    Mapped,
    /// A list of those elements of the second argument that the first one likes.
    Filtered,
    /// A map of its named arguments, or of the entries of its first.
    Map,
    /// The member of the first argument that the second names.
    Member,
    /// The class around the running method.
    Super,
    /// Something new that is filled by methods and keys.
    New,
    /// What its first argument, a function, gives to the functions that it is called with.
    Promise,
    /// The promise that is being made becomes what this is given.
    Resolve,
    /// Its first argument with the entries of the others, which that is afterwards.
    Merge,
    /// Its first argument, a function, with the others.
    Partial,
    /// The first argument keeps the third under the name that the second is.
    Store,
}

/// Python's functions, by full name; a name that ends in `.` stands for all under it.
const PYTHON: &[(&str, Effect)] = &[
    ("len", Effect::Clean),
    ("int", Effect::Clean),
    ("float", Effect::Clean),
    ("complex", Effect::Clean),
    ("bool", Effect::Clean),
    ("ord", Effect::Pass),
    ("chr", Effect::Pass),
    ("hex", Effect::Clean),
    ("oct", Effect::Clean),
    ("bin", Effect::Clean),
    ("hash", Effect::Clean),
    ("id", Effect::Clean),
    ("abs", Effect::Clean),
    ("round", Effect::Clean),
    ("isinstance", Effect::Clean),
    ("issubclass", Effect::Clean),
    ("hasattr", Effect::Clean),
    ("callable", Effect::Clean),
    ("any", Effect::Clean),
    ("all", Effect::Clean),
    ("range", Effect::Clean),
    ("type", Effect::Clean),
    ("uuid.", Effect::Clean),
    ("ipaddress.", Effect::Clean),
    ("decimal.Decimal", Effect::Clean),
    ("fractions.Fraction", Effect::Clean),
    ("datetime.", Effect::Clean),
    ("time.", Effect::Clean),
    ("random.random", Effect::Clean),
    ("random.randint", Effect::Clean),
    ("secrets.token_hex", Effect::Clean),
    ("secrets.token_urlsafe", Effect::Clean),
    ("hashlib.", Effect::Clean),
    ("hmac.", Effect::Clean),
    ("zlib.crc32", Effect::Clean),
    ("math.", Effect::Clean),
    ("os.path.exists", Effect::Clean),
    ("os.path.isfile", Effect::Clean),
    ("os.path.isdir", Effect::Clean),
    ("os.path.getsize", Effect::Clean),
    ("os.getpid", Effect::Clean),
    ("os.getcwd", Effect::Clean),
    ("re.compile", Effect::Pass),
    ("str", Effect::Pass),
    ("repr", Effect::Pass),
    ("bytes", Effect::Pass),
    ("reversed", Effect::Elements),
    ("list", Effect::Elements),
    ("tuple", Effect::Elements),
    ("set", Effect::Elements),
    ("frozenset", Effect::Elements),
    ("sorted", Effect::Elements),
    ("iter", Effect::Elements),
    ("next", Effect::Element),
    ("min", Effect::Pass),
    ("max", Effect::Pass),
    ("enumerate", Effect::Numbered),
    ("zip", Effect::Zipped),
    ("map", Effect::Mapped),
    ("filter", Effect::Filtered),
    ("dict", Effect::Map),
    ("collections.OrderedDict", Effect::Map),
    ("collections.defaultdict", Effect::New),
    ("collections.deque", Effect::Elements),
    ("types.SimpleNamespace", Effect::Map),
    ("configparser.ConfigParser", Effect::New),
    ("configparser.RawConfigParser", Effect::New),
    ("configparser.SafeConfigParser", Effect::New),
    ("io.StringIO", Effect::Pass),
    ("io.BytesIO", Effect::Pass),
    ("getattr", Effect::Member),
    ("setattr", Effect::Store),
    ("object.__setattr__", Effect::Store),
    ("functools.partial", Effect::Partial),
    ("functools.partialmethod", Effect::Partial),
    ("super", Effect::Super),
];

/// What resolves or rejects the promise that is being made.
pub(super) const RESOLVE: &str = "__wl_resolve";

/// Functions of JavaScript and of browsers.
const SCRIPT: &[(&str, Effect)] = &[
    ("parseInt", Effect::Clean),
    ("parseFloat", Effect::Clean),
    ("Number", Effect::Clean),
    ("Number.", Effect::Clean),
    ("BigInt", Effect::Clean),
    ("Boolean", Effect::Clean),
    ("isNaN", Effect::Clean),
    ("isFinite", Effect::Clean),
    ("Math.", Effect::Clean),
    ("Date", Effect::Clean),
    ("Date.", Effect::Clean),
    ("Symbol", Effect::Clean),
    ("crypto.", Effect::Clean),
    ("Array.isArray", Effect::Clean),
    ("Object.keys", Effect::Elements),
    ("Array.from", Effect::Elements),
    ("String", Effect::Pass),
    ("Map", Effect::New),
    ("Set", Effect::Elements),
    ("WeakMap", Effect::New),
    ("Object.assign", Effect::Merge),
    ("Promise", Effect::Promise),
    (RESOLVE, Effect::Resolve),
];

/// Classes of Java, imported and with their whole names.
const JAVA: &[(&str, Effect)] = &[
    ("java.util.ArrayList", Effect::Elements),
    ("java.util.LinkedList", Effect::Elements),
    ("java.util.Vector", Effect::Elements),
    ("java.util.HashMap", Effect::New),
    ("java.util.LinkedHashMap", Effect::New),
    ("java.util.TreeMap", Effect::New),
    ("java.util.concurrent.ConcurrentHashMap", Effect::New),
    ("java.util.UUID.", Effect::Clean),
    ("java.time.", Effect::Clean),
];

/// Functions of Go, by package and name.
const GO: &[(&str, Effect)] = &[
    ("len", Effect::Clean),
    ("cap", Effect::Clean),
    ("copy", Effect::Clean),
    ("append", Effect::Pass),
    ("make", Effect::New),
    ("new", Effect::New),
    ("strings.Contains", Effect::Clean),
    ("strings.ContainsAny", Effect::Clean),
    ("strings.HasPrefix", Effect::Clean),
    ("strings.HasSuffix", Effect::Clean),
    ("strings.Index", Effect::Clean),
    ("strings.Count", Effect::Clean),
    ("strings.EqualFold", Effect::Clean),
    ("strconv.Itoa", Effect::Clean),
    ("strconv.Parse", Effect::Clean),
    ("errors.Is", Effect::Clean),
    ("errors.As", Effect::Clean),
    ("errors.New", Effect::Pass),
    ("time.", Effect::Clean),
    ("math.", Effect::Clean),
    ("sha256.", Effect::Clean),
    ("sha512.", Effect::Clean),
    ("context.", Effect::Clean),
    ("fmt.", Effect::Pass),
    ("strings.Builder", Effect::New),
    ("strings.", Effect::Pass),
    ("bytes.Buffer", Effect::New),
    ("bytes.", Effect::Pass),
    ("filepath.", Effect::Pass),
    ("path.", Effect::Pass),
    ("url.", Effect::Pass),
    ("html.", Effect::Pass),
];

/// Functions of PHP.
const PHP: &[(&str, Effect)] = &[
    ("dirname", Effect::Pass),
    ("realpath", Effect::Pass),
    ("basename", Effect::Pass),
    ("rtrim", Effect::Pass),
    ("ltrim", Effect::Pass),
    ("trim", Effect::Pass),
    ("sprintf", Effect::Pass),
    ("implode", Effect::Pass),
    ("strtolower", Effect::Pass),
    ("strtoupper", Effect::Pass),
    ("ucfirst", Effect::Pass),
    ("strval", Effect::Pass),
    ("count", Effect::Clean),
    ("strlen", Effect::Clean),
    ("time", Effect::Clean),
    ("date", Effect::Clean),
    ("microtime", Effect::Clean),
    ("uniqid", Effect::Clean),
    ("rand", Effect::Clean),
    ("mt_rand", Effect::Clean),
    ("random_int", Effect::Clean),
    ("bin2hex", Effect::Clean),
    ("getcwd", Effect::Clean),
    ("sys_get_temp_dir", Effect::Clean),
    ("get_template_directory", Effect::Clean),
    ("plugin_dir_path", Effect::Clean),
    ("file_exists", Effect::Clean),
    ("is_file", Effect::Clean),
    ("is_dir", Effect::Clean),
];

/// Functions and classes of Ruby.
const RUBY: &[(&str, Effect)] = &[
    ("Integer", Effect::Clean),
    ("Float", Effect::Clean),
    ("String", Effect::Pass),
    ("Array", Effect::Elements),
    ("rand", Effect::Clean),
    ("SecureRandom.", Effect::Clean),
    ("Time.", Effect::Clean),
    ("Date.", Effect::Clean),
    ("DateTime.", Effect::Clean),
    ("Digest.", Effect::Clean),
    ("File.exist?", Effect::Clean),
    ("File.file?", Effect::Clean),
    ("File.directory?", Effect::Clean),
    ("File.size", Effect::Clean),
    ("File.mtime", Effect::Clean),
    ("Set", Effect::Elements),
    ("Hash", Effect::New),
];

/// Functions and classes of C#, as they are named after `using`; type arguments are left out.
const CSHARP: &[(&str, Effect)] = &[
    ("int.", Effect::Clean),
    ("long.", Effect::Clean),
    ("short.", Effect::Clean),
    ("byte.", Effect::Clean),
    ("uint.", Effect::Clean),
    ("ulong.", Effect::Clean),
    ("double.", Effect::Clean),
    ("float.", Effect::Clean),
    ("decimal.", Effect::Clean),
    ("bool.", Effect::Clean),
    ("Int32.", Effect::Clean),
    ("Int64.", Effect::Clean),
    ("Guid.", Effect::Clean),
    ("DateTime.", Effect::Clean),
    ("DateTimeOffset.", Effect::Clean),
    ("DateOnly.", Effect::Clean),
    ("TimeSpan.", Effect::Clean),
    ("Math.", Effect::Clean),
    ("Enum.", Effect::Clean),
    ("Convert.ToInt32", Effect::Clean),
    ("Convert.ToInt64", Effect::Clean),
    ("Convert.ToDouble", Effect::Clean),
    ("Convert.ToDecimal", Effect::Clean),
    ("Convert.ToBoolean", Effect::Clean),
    ("Convert.ToDateTime", Effect::Clean),
    ("string.IsNullOrEmpty", Effect::Clean),
    ("string.IsNullOrWhiteSpace", Effect::Clean),
    ("string.Equals", Effect::Clean),
    ("string.Compare", Effect::Clean),
    ("File.Exists", Effect::Clean),
    ("Directory.Exists", Effect::Clean),
    ("SHA256.", Effect::Clean),
    ("Regex", Effect::Pass),
    ("List", Effect::Elements),
    ("HashSet", Effect::Elements),
    ("Queue", Effect::Elements),
    ("Stack", Effect::Elements),
    ("Dictionary", Effect::New),
    ("ConcurrentDictionary", Effect::New),
];

/// Methods that give something harmless, whatever they are called on.
const CLEAN_METHODS: &[&str] = &[
    "isdigit",
    "isalnum",
    "isalpha",
    "isdecimal",
    "isnumeric",
    "isidentifier",
    "islower",
    "isupper",
    "isspace",
    "startswith",
    "endswith",
    "count",
    "find",
    "rfind",
    "index",
    "rindex",
    "hexdigest",
    "digest",
    "exists",
    "is_file",
    "is_dir",
    "is_absolute",
    "is_relative_to",
    "startsWith",
    "endsWith",
    "includes",
    "indexOf",
    "lastIndexOf",
    "search",
    "test",
    "charCodeAt",
    "codePointAt",
    "getTime",
    "toFixed",
    "has",
    "hasOwnProperty",
    "localeCompare",
    "__len__",
    "__contains__",
    "timestamp",
    "bit_length",
    "include?",
    "start_with?",
    "end_with?",
    "match?",
    "key?",
    "respond_to?",
    "is_a?",
    "StartsWith",
    "EndsWith",
    "Contains",
    "ContainsKey",
    "IndexOf",
    "Equals",
    "GetHashCode",
    "CompareTo",
];

/// Members that say what a value is, not what is in it.
const ABOUT: &[&str] = &[
    "_meta",
    "__class__",
    "__name__",
    "__qualname__",
    "__module__",
    "__doc__",
    "constructor",
    "length",
    "byteLength",
    "Length",
];

/// Methods that put what they are given into what they are called on.
const FILLING_METHODS: &[&str] = &[
    "append",
    "appendleft",
    "add",
    "extend",
    "insert",
    "update",
    "put",
    "push",
    "push_str",
    "insert_str",
    "write_str",
    "unshift",
    "write",
    "writelines",
    "set",
    "setdefault",
    "setItem",
    "setAttribute",
    "set_header",
    "add_header",
    "setHeader",
    "add_section",
    "concat",
    "assign",
    "prepend",
    "addAll",
    "putAll",
    "offer",
    "enqueue",
    "Write",
    "WriteString",
    "WriteByte",
    "WriteRune",
    "Append",
    "AppendLine",
    "AppendFormat",
    "Add",
    "AddRange",
    "Insert",
    "Enqueue",
    "Push",
];

/// Methods that put the entries of the one map that they are given under the same names.
const MERGING_METHODS: &[&str] = &["extend", "assign", "update", "merge", "defaults"];

/// Methods that look something up by what they are given, and give back what was there.
const LOOKUPS: &[&str] = &[
    "get",
    "filter",
    "filter_by",
    "find",
    "find_one",
    "findOne",
    "findAll",
    "findMany",
    "findUnique",
    "findFirst",
    "findById",
    "findByPk",
    "get_or_404",
    "get_or_create",
    "first_or_404",
    "first",
    "query",
    "execute",
    "executemany",
    "fetchone",
    "fetchall",
    "fetchmany",
    "select",
    "where",
    "exclude",
    "scalar",
    "scalars",
    "has_perm",
    "get_object",
    "lookup",
    "getItem",
    "hget",
    "aggregate",
    "annotate",
    "order_by",
    "delete",
    "remove",
    "commit",
    "find_by",
    "find_by!",
    "find_or_create_by",
    "find_or_create_by!",
    "find_or_initialize_by",
    "fetch",
    "exists?",
    "Query",
    "QueryRow",
    "QueryContext",
    "QueryRowContext",
    "Exec",
    "ExecContext",
    "First",
    "Find",
    "FindAsync",
    "FirstOrDefaultAsync",
    "SingleOrDefaultAsync",
    "GetValue",
    "Context",
];

/// Functions and methods whose result stands for their arguments: a check of it is a check of them.
const VIEWS: &[&str] = &[
    "urlparse",
    "urlsplit",
    "URL",
    "url_parse",
    "parse",
    "fullmatch",
    "match",
    "realpath",
    "abspath",
    "normpath",
    "resolve",
    "relative",
    "relpath",
    "normalize",
    "Path",
    "PurePath",
    "str",
    "String",
    "lower",
    "strip",
    "toLowerCase",
    "trim",
];

/// Methods whose truth means that their receiver is made of harmless characters.
const SAFE_CHARACTERS: &[&str] = &["isdigit", "isalnum", "isalpha", "isdecimal", "isnumeric", "isidentifier"];

/// Functions that match a text against a pattern, by the end of their full name, and whether they match all of it.
const MATCHERS: &[(&str, bool)] = &[("fullmatch", true), ("match", false)];

/// Names of methods that are constructors.
const CONSTRUCTORS: &[&str] = &["__init__", "constructor", "__construct", "initialize", "__post_init__"];

/// What a function outside of the program does.
pub(super) fn function(language: Language, name: &str) -> Option<Effect> {
    let name = name.strip_prefix("builtins.").unwrap_or(name);
    // Go's packages are known by the last part of their path.
    let name = if language == Language::Go { name.rsplit('/').next().unwrap_or(name) } else { name };
    let table = match language {
        Language::Python => PYTHON,
        Language::Java => JAVA,
        Language::Go => GO,
        Language::Ruby | Language::Erb => RUBY,
        Language::CSharp => CSHARP,
        Language::Php => PHP,
        _ => SCRIPT,
    };
    // By far the most differ in their first letter.
    let first = name.bytes().next();
    let named = |(known, _): &&(&str, Effect)| {
        known.bytes().next() == first
            && (*known == name || (known.bytes().next_back() == Some(b'.') && name.starts_with(*known)))
    };
    table.iter().find(named).map(|(_, effect)| *effect)
}

pub(super) fn clean_method(name: &str) -> bool {
    CLEAN_METHODS.contains(&name)
}

pub(super) fn about(name: &str) -> bool {
    ABOUT.contains(&name)
}

pub(super) fn filling_method(name: &str) -> bool {
    FILLING_METHODS.contains(&name)
}

pub(super) fn merging_method(name: &str) -> bool {
    MERGING_METHODS.contains(&name)
}

pub(super) fn lookup(name: &str) -> bool {
    LOOKUPS.contains(&name)
}

pub(super) fn view(name: &str) -> bool {
    VIEWS.contains(&name)
}

pub(super) fn safe_characters(name: &str) -> bool {
    SAFE_CHARACTERS.contains(&name)
}

pub(super) fn matcher(name: &str) -> Option<bool> {
    let last = name.rsplit('.').next().unwrap_or(name);
    MATCHERS.iter().find(|(known, _)| *known == last).map(|(_, whole)| *whole)
}

pub(super) fn constructor(name: &str) -> bool {
    CONSTRUCTORS.contains(&name)
}

/// Whether a function of that full name never returns.
pub(super) fn never_returns(name: &str) -> bool {
    matches!(
        name,
        "flask.abort"
            | "quart.abort"
            | "bottle.abort"
            | "werkzeug.exceptions.abort"
            | "flask_restful.abort"
            | "sanic.exceptions.abort"
            | "sys.exit"
            | "os._exit"
            | "os.abort"
            | "process.exit"
            | "process.abort"
    )
}
