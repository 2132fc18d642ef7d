//! Which functions of each language run, change or read what, by their full names. Sorted.

use super::super::Family;

/// What a call of a function does with its arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::language) enum Act {
    /// A program, then the list of its arguments with its name.
    Argv,
    /// Calls the function that an argument names, with the others.
    Callback,
    /// Connects to a host.
    Connect,
    /// From the first to the second.
    Copy,
    /// Names the address of a request.
    CurlInit,
    /// Sets an option of a request.
    CurlSet,
    /// Deletes the first argument.
    Delete,
    /// Deletes all arguments.
    DeleteAll,
    /// Gives an environment variable.
    Environment,
    /// Runs its first argument as code.
    Eval,
    /// Reads a file, or fetches an address.
    FileRead,
    /// Starts a copy of the process.
    Fork,
    /// Fetches an address.
    Get,
    /// Gives the names that match.
    Glob,
    /// Does what can not be followed.
    Hide,
    /// Talks to a host, as methods say.
    Host,
    /// Loads a module by name.
    Import,
    /// Signals the process that is named first.
    Kill,
    /// Signals the processes after the signal.
    KillFirst,
    /// Runs its first argument later.
    Later,
    /// Makes the second lead to the first.
    Link,
    /// Looks at names and sizes.
    List,
    /// Waits for connections.
    Listen,
    /// Runs a file as code.
    Load,
    /// Asks for the address of a name.
    Lookup,
    /// Sets the mode of the first to the second.
    Mode,
    /// Sets the mode of what follows to the first.
    ModeFirst,
    /// From the first to the second, which takes its place.
    Move,
    /// Connects to a host that named arguments hold.
    NewConnect,
    /// Opens a file; the second argument says for what.
    Open,
    /// Sets the owner of the first.
    Owner,
    /// Sets the owner of what follows the first two.
    OwnerFirst,
    /// Reads a text as code, which is then run.
    Parse,
    /// A path as an object.
    Path,
    /// Opens a file or an address.
    PhpOpen,
    /// Opens a file or a pipe to a command, as the mode says.
    Pipe,
    /// Sends to an address.
    Post,
    /// A list is a program, a text one for a shell.
    Process,
    /// Opens a file with flags.
    RawOpen,
    /// Reads the file that is named.
    Read,
    /// Empties the first argument.
    Replace,
    /// Writes the second argument to the file of the first.
    ReplaceData,
    /// Writes the first argument to the file named after it.
    ReplaceLast,
    /// Fetches or sends, as its options say.
    Request,
    /// Calls the function that the first argument names.
    Send,
    /// The first argument is a text for a shell.
    Shell,
    /// One text for a shell, several a program with arguments.
    ShellOrWords,
    /// Makes a socket.
    Socket,
    /// Like `Argv`, after a mode.
    SpawnArgv,
    /// A program and its words with its name, after a mode.
    SpawnWords,
    /// Like `Process`, and nobody waits for it.
    Start,
    /// Opens the second argument with flags.
    SysOpen,
    /// A program, then its arguments.
    SystemTwo,
    /// Ties a descriptor to another.
    Tie,
    /// Deletes the first argument; all below it with an option that says so.
    Tree,
    /// Deletes what is named and all below it.
    TreeAlways,
    /// Deletes; all below with `recursive`.
    TreeNamed,
    /// Fetches an address, or opens a file.
    UriOpen,
    /// Waits.
    Wait,
    /// Visits everything below what follows the first.
    Walk,
    /// A program and its arguments, or a list of them.
    Words,
    /// Creates or changes the first argument.
    Write,
    /// Adds the second argument to the file of the first.
    WriteData,
}

/// What is done, and the full names of the functions that do it.
pub(in crate::language) type Rows = &'static [(Act, &'static [&'static str])];

/// The functions that are judged.
pub(in crate::language) fn acts(family: Family) -> Rows {
    match family {
        Family::Python => PYTHON,
        Family::Script => SCRIPT,
        Family::Perl => PERL,
        Family::Ruby => RUBY,
        Family::Php => PHP,
        Family::Lua => LUA,
        Family::R => R,
        Family::Julia => JULIA,
        Family::Groovy => GROOVY,
        Family::Awk | Family::Tcl | Family::PowerShell => &[],
    }
}

static PYTHON: Rows = &[
    (Act::Argv, &[
        "os.execv", "os.execve", "os.execvp", "os.execvpe", "os.posix_spawn", "os.posix_spawnp",
        "posix.execv", "posix.execve",
    ]),
    (Act::Connect, &["socket.create_connection"]),
    (Act::Copy, &[
        "distutils.dir_util.copy_tree", "distutils.file_util.copy_file", "shutil.copy", "shutil.copy2",
        "shutil.copyfile", "shutil.copytree",
    ]),
    (Act::Delete, &[
        "os.remove", "os.rmdir", "os.unlink", "posix.remove", "posix.rmdir", "posix.unlink",
        "send2trash.send2trash",
    ]),
    (Act::Environment, &["os.getenv"]),
    (Act::Eval, &[
        "cPickle.loads", "code.InteractiveInterpreter", "code.interact", "compile", "dill.loads", "eval",
        "exec", "execfile", "joblib.load", "marshal.loads", "pickle.load", "pickle.loads", "runpy.run_path",
        "shelve.open", "torch.load", "types.CodeType", "types.FunctionType", "yaml.unsafe_load",
    ]),
    (Act::Fork, &["multiprocessing.Process", "os.fork", "os.forkpty", "pty.fork"]),
    (Act::Get, &[
        "httpx.get", "httpx.head", "httpx.stream", "requests.get", "requests.head", "requests.options",
        "urllib.request.urlopen", "urllib.request.urlretrieve", "urllib.urlopen", "urllib.urlretrieve",
        "urllib2.urlopen", "wget.download",
    ]),
    (Act::Glob, &["glob.glob", "glob.iglob"]),
    (Act::Hide, &[
        "ctypes.CDLL", "ctypes.PyDLL", "ctypes.cdll.LoadLibrary", "os.chroot", "os.putenv", "os.setgid",
        "os.setuid", "sys.settrace",
    ]),
    (Act::Host, &[
        "aiohttp.ClientSession", "ftplib.FTP", "http.client.HTTPConnection", "http.client.HTTPSConnection",
        "httplib.HTTPConnection", "httplib.HTTPSConnection", "httpx.AsyncClient", "httpx.Client",
        "imaplib.IMAP4_SSL", "paramiko.SSHClient", "poplib.POP3", "requests.Session", "requests.session",
        "smtplib.SMTP", "smtplib.SMTP_SSL", "telnetlib.Telnet", "xmlrpc.client.ServerProxy",
    ]),
    (Act::Import, &["__import__", "importlib.__import__", "importlib.import_module"]),
    (Act::Kill, &["os.kill", "os.killpg"]),
    (Act::Link, &["os.link", "os.symlink"]),
    (Act::List, &[
        "os.access", "os.fwalk", "os.listdir", "os.lstat", "os.path.exists", "os.path.getmtime",
        "os.path.getsize", "os.path.isdir", "os.path.isfile", "os.path.islink", "os.path.realpath",
        "os.readlink", "os.scandir", "os.stat", "os.walk", "shutil.disk_usage",
    ]),
    (Act::Listen, &[
        "SimpleHTTPServer.test", "http.server.HTTPServer", "http.server.ThreadingHTTPServer",
        "http.server.test", "socketserver.TCPServer", "socketserver.ThreadingTCPServer",
    ]),
    (Act::Lookup, &["socket.getaddrinfo", "socket.gethostbyname"]),
    (Act::Mode, &["os.chmod", "os.fchmod", "os.lchmod"]),
    (Act::Move, &["os.rename", "os.renames", "os.replace", "shutil.move"]),
    (Act::Open, &[
        "bz2.open", "codecs.open", "gzip.open", "io.open", "lzma.open", "open", "os.fdopen", "tokenize.open",
    ]),
    (Act::Owner, &["os.chown", "os.lchown", "shutil.chown"]),
    (Act::Path, &["pathlib.Path", "pathlib.PosixPath", "pathlib.PurePath"]),
    (Act::Post, &[
        "httpx.delete", "httpx.patch", "httpx.post", "httpx.put", "requests.delete", "requests.patch",
        "requests.post", "requests.put",
    ]),
    (Act::Process, &[
        "subprocess.call", "subprocess.check_call", "subprocess.check_output", "subprocess.run",
    ]),
    (Act::RawOpen, &["os.open"]),
    (Act::Read, &[
        "fileinput.input", "linecache.getline", "linecache.getlines", "numpy.loadtxt", "pandas.read_csv",
        "pathlib.Path.read_text",
    ]),
    (Act::Replace, &["os.truncate"]),
    (Act::Request, &["httpx.request", "requests.request", "urllib.request.Request", "urllib2.Request"]),
    (Act::Shell, &[
        "asyncio.create_subprocess_shell", "commands.getoutput", "commands.getstatusoutput", "fabric.local",
        "get_ipython.system", "invoke.run", "nt.system", "os.popen", "os.popen2", "os.popen3", "os.popen4",
        "os.startfile", "os.system", "pexpect.run", "pexpect.spawn", "pexpect.spawnu", "platform.popen",
        "popen2.popen2", "popen2.popen3", "posix.system", "sh.sh", "subprocess.getoutput",
        "subprocess.getstatusoutput",
    ]),
    (Act::Socket, &["socket.socket"]),
    (Act::SpawnArgv, &["os.spawnv", "os.spawnve", "os.spawnvp", "os.spawnvpe"]),
    (Act::SpawnWords, &["os.spawnl", "os.spawnle", "os.spawnlp", "os.spawnlpe"]),
    (Act::Start, &["pty.spawn", "subprocess.Popen"]),
    (Act::Tie, &["os.dup2"]),
    (Act::Tree, &["distutils.dir_util.remove_tree", "os.removedirs", "shutil.rmtree"]),
    (Act::Wait, &["os.wait", "os.waitpid", "signal.pause", "time.sleep"]),
    (Act::Words, &["asyncio.create_subprocess_exec", "os.execl", "os.execle", "os.execlp", "os.execlpe"]),
    (Act::Write, &[
        "os.chflags", "os.makedirs", "os.mkdir", "os.mkfifo", "os.mknod", "os.setxattr", "os.utime",
    ]),
];

static SCRIPT: Rows = &[
    (Act::Connect, &[
        "Bun.connect", "Deno.connect", "net.Socket", "net.connect", "net.createConnection", "tls.connect",
    ]),
    (Act::Copy, &[
        "Deno.copyFile", "fs-extra.copy", "fs-extra.copySync", "fs.copyFile", "fs.copyFileSync", "fs.cp",
        "fs.cpSync", "fs.promises.copyFile", "fs.promises.cp",
    ]),
    (Act::Delete, &["fs.promises.unlink", "fs.unlink", "fs.unlinkSync"]),
    (Act::Environment, &["Deno.env.get"]),
    (Act::Eval, &[
        "AsyncFunction", "Function", "eval", "vm.Script", "vm.compileFunction", "vm.runInContext",
        "vm.runInNewContext", "vm.runInThisContext",
    ]),
    (Act::Fork, &["cluster.fork"]),
    (Act::Get, &[
        "axios.get", "got", "got.get", "http.get", "https.get", "https.request.get", "request.get",
        "undici.request",
    ]),
    (Act::Glob, &["fs.glob", "fs.globSync", "glob.glob", "glob.globSync", "glob.sync"]),
    (Act::Hide, &[
        "Deno.dlopen", "Worker", "process.binding", "process.chroot", "process.dlopen", "process.setgid",
        "process.setuid", "worker_threads.Worker",
    ]),
    (Act::Host, &["EventSource", "WebSocket", "XMLHttpRequest", "ws"]),
    (Act::Import, &["createRequire", "import", "require"]),
    (Act::Kill, &["Deno.kill", "process.kill"]),
    (Act::Later, &["process.nextTick", "queueMicrotask", "setImmediate", "setInterval", "setTimeout"]),
    (Act::Link, &[
        "Deno.symlink", "fs.link", "fs.linkSync", "fs.promises.symlink", "fs.symlink", "fs.symlinkSync",
    ]),
    (Act::List, &[
        "Deno.readDir", "Deno.stat", "fs.accessSync", "fs.existsSync", "fs.lstatSync", "fs.opendirSync",
        "fs.promises.readdir", "fs.promises.stat", "fs.readdir", "fs.readdirSync", "fs.readlinkSync",
        "fs.realpathSync", "fs.stat", "fs.statSync",
    ]),
    (Act::Listen, &[
        "Bun.serve", "Deno.listen", "Deno.serve", "express", "http.createServer", "https.createServer",
        "net.createServer",
    ]),
    (Act::Lookup, &["dns.lookup", "dns.promises.lookup", "dns.resolve", "dns.resolve4", "dns.resolveTxt"]),
    (Act::Mode, &["Deno.chmod", "fs.chmod", "fs.chmodSync", "fs.promises.chmod"]),
    (Act::Move, &[
        "Deno.rename", "Deno.renameSync", "fs-extra.move", "fs-extra.moveSync", "fs.promises.rename",
        "fs.rename", "fs.renameSync",
    ]),
    (Act::Open, &["Deno.open", "fs.open", "fs.openSync", "fs.promises.open"]),
    (Act::Owner, &["Deno.chown", "fs.chown", "fs.chownSync", "fs.promises.chown"]),
    (Act::Path, &["Bun.file"]),
    (Act::Post, &[
        "axios.delete", "axios.patch", "axios.post", "axios.put", "got.post", "got.put",
        "navigator.sendBeacon", "request.post", "superagent.post",
    ]),
    (Act::Read, &[
        "Deno.readFile", "Deno.readTextFile", "Deno.readTextFileSync", "fs-extra.readJson",
        "fs-extra.readJsonSync", "fs.createReadStream", "fs.promises.readFile", "fs.readFile",
        "fs.readFileSync",
    ]),
    (Act::Replace, &[
        "Deno.create", "Deno.truncate", "fs.createWriteStream", "fs.promises.truncate", "fs.truncate",
        "fs.truncateSync",
    ]),
    (Act::ReplaceData, &[
        "Bun.write", "Deno.writeFile", "Deno.writeFileSync", "Deno.writeTextFile", "Deno.writeTextFileSync",
        "fs-extra.outputFile", "fs-extra.outputFileSync", "fs-extra.writeJson", "fs-extra.writeJsonSync",
        "fs.promises.writeFile", "fs.writeFile", "fs.writeFileSync",
    ]),
    (Act::Request, &[
        "axios", "axios.request", "fetch", "got.stream", "http.request", "https.request", "node-fetch",
        "request", "superagent", "undici.fetch",
    ]),
    (Act::Shell, &[
        "Bun.$", "child_process.exec", "child_process.execSync", "shell.exec", "shelljs.exec", "zx.$",
    ]),
    (Act::Tree, &[
        "Deno.remove", "Deno.removeSync", "fs.promises.rm", "fs.promises.rmdir", "fs.rm", "fs.rmSync",
        "fs.rmdir", "fs.rmdirSync",
    ]),
    (Act::TreeAlways, &[
        "del", "del.deleteAsync", "fs-extra.emptyDir", "fs-extra.emptyDirSync", "fs-extra.remove",
        "fs-extra.removeSync", "rimraf", "rimraf.rimraf", "rimraf.rimrafSync", "rimraf.sync", "shelljs.rm",
        "trash",
    ]),
    (Act::Words, &[
        "Bun.spawn", "Bun.spawnSync", "Deno.Command", "Deno.run", "child_process.execFile",
        "child_process.execFileSync", "child_process.fork", "child_process.spawn", "child_process.spawnSync",
        "cross-spawn", "execa", "execa.execa",
    ]),
    (Act::Write, &[
        "Deno.mkdir", "Deno.mkdirSync", "fs.mkdir", "fs.mkdirSync", "fs.mkdtempSync", "fs.promises.mkdir",
        "fs.utimes", "fs.utimesSync",
    ]),
    (Act::WriteData, &["fs.appendFile", "fs.appendFileSync", "fs.promises.appendFile"]),
];

static PERL: Rows = &[
    (Act::Connect, &["connect"]),
    (Act::Copy, &["File.Copy.copy", "copy", "cp", "dircopy"]),
    (Act::Delete, &["rmdir"]),
    (Act::DeleteAll, &["unlink"]),
    (Act::Eval, &["eval"]),
    (Act::Fork, &["fork"]),
    (Act::Get, &["LWP.Simple.get", "LWP.Simple.getstore", "get", "getprint", "getstore", "mirror"]),
    (Act::Glob, &["glob"]),
    (Act::Hide, &["dbmopen", "syscall"]),
    (Act::Host, &[
        "HTTP.Tiny.new", "LWP.UserAgent.new", "Net.FTP.new", "Net.SMTP.new", "Net.SSH.new",
        "WWW.Mechanize.new",
    ]),
    (Act::KillFirst, &["kill"]),
    (Act::Link, &["link", "symlink"]),
    (Act::List, &["lstat", "opendir", "readlink", "stat"]),
    (Act::Listen, &["HTTP.Daemon.new", "listen"]),
    (Act::Load, &["do", "require"]),
    (Act::ModeFirst, &["chmod"]),
    (Act::Move, &["File.Copy.move", "move", "mv", "rename"]),
    (Act::NewConnect, &[
        "IO.Socket.INET.new", "IO.Socket.INET6.new", "IO.Socket.IP.new", "IO.Socket.SSL.new", "IO.Socket.new",
    ]),
    (Act::OwnerFirst, &["chown"]),
    (Act::Pipe, &["open"]),
    (Act::Replace, &["truncate"]),
    (Act::Shell, &["readpipe"]),
    (Act::ShellOrWords, &["exec", "system"]),
    (Act::Socket, &["socket"]),
    (Act::SysOpen, &["sysopen"]),
    (Act::TreeAlways, &["File.Path.remove_tree", "File.Path.rmtree", "pathrmdir", "remove_tree", "rmtree"]),
    (Act::Wait, &["sleep", "wait", "waitpid"]),
    (Act::Walk, &["File.Find.find", "File.Find.finddepth", "find", "finddepth"]),
    (Act::Write, &["make_path", "mkdir", "mkpath", "utime"]),
];

static RUBY: Rows = &[
    (Act::Connect, &[
        "OpenSSL.SSL.SSLSocket.new", "Socket.tcp", "TCPSocket", "TCPSocket.new", "TCPSocket.open",
        "TCPSocket.tcp", "UDPSocket.new", "UNIXSocket.new",
    ]),
    (Act::Copy, &[
        "FileUtils.copy", "FileUtils.copy_file", "FileUtils.cp", "FileUtils.cp_r", "FileUtils.install",
        "IO.copy_stream", "cp", "cp_r",
    ]),
    (Act::DeleteAll, &[
        "Dir.delete", "Dir.rmdir", "Dir.unlink", "File.delete", "File.unlink", "FileUtils.remove_file",
        "FileUtils.rm", "FileUtils.rm_f", "FileUtils.rmdir", "FileUtils.safe_unlink", "rm", "rm_f", "rmdir",
    ]),
    (Act::Eval, &[
        "Kernel.eval", "Marshal.load", "RubyVM.InstructionSequence.eval", "YAML.unsafe_load", "binding.eval",
        "class_eval", "eval", "instance_eval", "module_eval",
    ]),
    (Act::Fork, &["Process.daemon", "Process.fork", "fork"]),
    (Act::Get, &[
        "Faraday.get", "HTTParty.get", "Net.HTTP.get", "Net.HTTP.get_print", "Net.HTTP.get_response",
        "RestClient.get",
    ]),
    (Act::Glob, &["Dir.[]", "Dir.glob"]),
    (Act::Hide, &["Dir.chroot", "Fiddle.dlopen", "Kernel.syscall", "Process.setuid", "syscall"]),
    (Act::Host, &[
        "Net.FTP.new", "Net.FTP.open", "Net.HTTP.new", "Net.HTTP.start", "Net.SMTP.start", "Net.SSH.start",
    ]),
    (Act::Import, &["require"]),
    (Act::KillFirst, &["Process.kill"]),
    (Act::Link, &[
        "File.link", "File.symlink", "FileUtils.ln", "FileUtils.ln_s", "FileUtils.ln_sf", "ln_s", "ln_sf",
    ]),
    (Act::List, &[
        "Dir.children", "Dir.each_child", "Dir.entries", "Dir.exist", "Dir.foreach", "Dir.new", "Dir.open",
        "File.directory", "File.exist", "File.exist?", "File.file", "File.mtime", "File.readlink",
        "File.size", "File.stat", "Find.find",
    ]),
    (Act::Listen, &["Socket.tcp_server_loop", "TCPServer.new", "TCPServer.open", "WEBrick.HTTPServer.new"]),
    (Act::Load, &["Kernel.load", "load"]),
    (Act::ModeFirst, &["File.chmod", "FileUtils.chmod", "FileUtils.chmod_R", "chmod", "chmod_R"]),
    (Act::Move, &["File.rename", "FileUtils.move", "FileUtils.mv", "mv"]),
    (Act::Open, &["File.new", "File.open", "IO.sysopen", "Kernel.open", "open"]),
    (Act::OwnerFirst, &["File.chown", "FileUtils.chown", "FileUtils.chown_R", "chown", "chown_R"]),
    (Act::Post, &[
        "Faraday.post", "HTTParty.post", "HTTParty.put", "Net.HTTP.post", "Net.HTTP.post_form",
        "RestClient.post",
    ]),
    (Act::Read, &[
        "CSV.foreach", "CSV.read", "File.binread", "File.foreach", "File.read", "File.readlines",
        "IO.foreach", "IO.read", "IO.readlines", "JSON.load_file", "YAML.load_file",
    ]),
    (Act::Replace, &["File.truncate"]),
    (Act::ReplaceData, &["File.binwrite", "File.write", "IO.binwrite", "IO.write"]),
    (Act::Send, &[
        "Kernel.const_get", "Kernel.send", "Object.const_get", "__send__", "method", "public_send", "send",
    ]),
    (Act::Shell, &["sh"]),
    (Act::ShellOrWords, &[
        "IO.popen", "Kernel.exec", "Kernel.spawn", "Kernel.system", "Open3.capture2", "Open3.capture2e",
        "Open3.capture3", "Open3.pipeline", "Open3.popen2", "Open3.popen2e", "Open3.popen3", "Open4.popen4",
        "PTY.spawn", "Process.exec", "Process.spawn", "exec", "spawn", "system",
    ]),
    (Act::TreeAlways, &[
        "FileUtils.remove", "FileUtils.remove_dir", "FileUtils.remove_entry", "FileUtils.remove_entry_secure",
        "FileUtils.rm_r", "FileUtils.rm_rf", "FileUtils.rmtree", "remove_entry", "rm_r", "rm_rf",
    ]),
    (Act::UriOpen, &["OpenURI.open_uri", "URI.open"]),
    (Act::Wait, &["Process.wait", "sleep"]),
    (Act::Write, &[
        "Dir.mkdir", "File.utime", "FileUtils.makedirs", "FileUtils.mkdir", "FileUtils.mkdir_p",
        "FileUtils.touch", "mkdir", "mkdir_p", "touch",
    ]),
];

static PHP: Rows = &[
    (Act::Argv, &["pcntl_exec"]),
    (Act::Callback, &[
        "array_filter", "array_map", "array_reduce", "array_walk", "call_user_func", "call_user_func_array",
        "iterator_apply", "register_shutdown_function", "usort",
    ]),
    (Act::Connect, &["fsockopen", "pfsockopen", "socket_connect", "stream_socket_client"]),
    (Act::Copy, &["copy"]),
    (Act::CurlInit, &["curl_init"]),
    (Act::CurlSet, &["curl_setopt"]),
    (Act::Delete, &["rmdir", "unlink"]),
    (Act::Environment, &["getenv"]),
    (Act::Eval, &["assert", "create_function", "eval", "unserialize"]),
    (Act::FileRead, &[
        "file", "file_get_contents", "highlight_file", "parse_ini_file", "php_strip_whitespace", "readfile",
        "show_source", "simplexml_load_file",
    ]),
    (Act::Fork, &["pcntl_fork"]),
    (Act::Glob, &["glob"]),
    (Act::Hide, &["FFI.cdef", "dl", "ini_alter", "ini_set", "posix_setuid", "putenv"]),
    (Act::Kill, &["posix_kill"]),
    (Act::Link, &["link", "symlink"]),
    (Act::List, &[
        "dir", "file_exists", "filemtime", "fileperms", "filesize", "is_dir", "is_file", "is_readable",
        "is_writable", "opendir", "realpath", "scandir", "stat",
    ]),
    (Act::Listen, &["socket_bind", "socket_listen", "stream_socket_server"]),
    (Act::Load, &["include", "include_once", "require", "require_once"]),
    (Act::Mode, &["chmod"]),
    (Act::Move, &["move_uploaded_file", "rename"]),
    (Act::Owner, &["chown", "lchown"]),
    (Act::PhpOpen, &["SplFileObject", "fopen"]),
    (Act::Post, &["mail"]),
    (Act::ReplaceData, &["file_put_contents"]),
    (Act::Shell, &["exec", "passthru", "popen", "proc_open", "shell_exec", "system"]),
    (Act::Socket, &["socket_create"]),
    (Act::Wait, &["pcntl_wait", "pcntl_waitpid", "sleep", "usleep"]),
    (Act::Write, &["chgrp", "mkdir", "touch"]),
];

static LUA: Rows = &[
    (Act::Connect, &["socket.connect", "socket.tcp.connect"]),
    (Act::Delete, &["lfs.rmdir", "os.remove", "posix.unlink"]),
    (Act::Environment, &["os.getenv"]),
    (Act::Eval, &["load", "loadstring"]),
    (Act::Get, &["http.request", "socket.http.request"]),
    (Act::Hide, &["ffi.C.system", "ffi.load", "package.loadlib"]),
    (Act::Host, &["uv.new_tcp"]),
    (Act::Import, &["require"]),
    (Act::List, &["lfs.attributes", "lfs.dir"]),
    (Act::Load, &["dofile", "loadfile"]),
    (Act::Move, &["os.rename"]),
    (Act::Open, &["io.open"]),
    (Act::Read, &["io.input", "io.lines"]),
    (Act::Replace, &["io.output"]),
    (Act::Shell, &["io.popen", "os.execute", "vim.fn.system"]),
    (Act::Socket, &["socket.tcp", "socket.udp"]),
    (Act::Write, &["lfs.mkdir"]),
];

static R: Rows = &[
    (Act::Connect, &["make.socket", "socketConnection"]),
    (Act::Copy, &["file.copy"]),
    (Act::DeleteAll, &["base.file.remove", "file.remove"]),
    (Act::Environment, &["Sys.getenv"]),
    (Act::Eval, &["eval", "str2expression", "str2lang"]),
    (Act::FileRead, &[
        "load", "read.csv", "read.table", "readChar", "readLines", "readRDS", "readr.read_csv", "scan",
    ]),
    (Act::Fork, &["parallel.mcfork"]),
    (Act::Get, &["GET", "curl_download", "download.file", "httr.GET", "url"]),
    (Act::Glob, &["Sys.glob"]),
    (Act::Hide, &["Sys.setenv", "dyn.load", "install.packages"]),
    (Act::Import, &["library", "require"]),
    (Act::Link, &["file.link", "file.symlink"]),
    (Act::List, &["dir", "file.exists", "file.info", "file.size", "list.dirs", "list.files"]),
    (Act::Load, &["source", "sys.source"]),
    (Act::Mode, &["Sys.chmod"]),
    (Act::Move, &["file.rename"]),
    (Act::Parse, &["parse"]),
    (Act::Post, &["POST", "httr.POST"]),
    (Act::Replace, &["file.create", "sink"]),
    (Act::ReplaceLast, &["cat_file", "dput", "saveRDS", "write", "write.csv", "write.table", "writeLines"]),
    (Act::Shell, &["base.system", "pipe", "shell", "system"]),
    (Act::SystemTwo, &["system2"]),
    (Act::Tree, &["fs.dir_delete", "fs.file_delete"]),
    (Act::TreeNamed, &["unlink"]),
    (Act::Wait, &["Sys.sleep"]),
    (Act::Write, &["dir.create"]),
];

static JULIA: Rows = &[
    (Act::Connect, &["connect"]),
    (Act::Copy, &["cp"]),
    (Act::Delete, &["unlink"]),
    (Act::Eval, &["Meta.parse", "eval", "include_string"]),
    (Act::Get, &["Downloads.download", "HTTP.get", "download"]),
    (Act::Hide, &["ccall"]),
    (Act::List, &["isdir", "isfile", "readdir", "stat", "walkdir"]),
    (Act::Load, &["include"]),
    (Act::Mode, &["chmod"]),
    (Act::Move, &["mv"]),
    (Act::Open, &["open"]),
    (Act::Read, &["eachline", "readdlm", "readlines"]),
    (Act::ReplaceData, &["write"]),
    (Act::Shell, &["pipeline", "run"]),
    (Act::TreeNamed, &["rm"]),
    (Act::Write, &["mkdir", "mkpath", "touch"]),
];

static GROOVY: Rows = &[
    (Act::Connect, &["Socket", "java.net.Socket"]),
    (Act::Delete, &["Files.delete", "Files.deleteIfExists"]),
    (Act::Eval, &["Eval.me", "GroovyShell.evaluate", "evaluate"]),
    (Act::Hide, &["System.exit"]),
    (Act::Host, &["URL"]),
    (Act::Path, &["File", "Path.of", "Paths.get", "java.io.File"]),
    (Act::Words, &["ProcessBuilder", "Runtime.getRuntime.exec"]),
];
