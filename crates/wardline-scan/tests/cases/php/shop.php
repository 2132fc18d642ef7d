<?php

define('PLACE', $_GET['place']);

function rooms(PDO $pdo) {
    // ok: php.path-traversal
    require_once __DIR__ . '/rooms.php';
    // ok: php.path-traversal
    include dirname(__FILE__, 2) . '/' . ROOMS . '.php';
    // ruleid: php.sql-injection
    return $pdo->query("select * from rooms where place = '" . PLACE . "'");
}

function find_user(PDO $pdo): array {
    $name = $_GET['name'];
    // ruleid: php.sql-injection
    return $pdo->query("select * from users where name = '$name'")->fetchAll();
}

function find_user_prepared(PDO $pdo): array {
    // ok: php.sql-injection
    $statement = $pdo->prepare('select * from users where name = ?');
    $statement->execute([$_GET['name']]);
    return $statement->fetchAll();
}

function order(mysqli $db) {
    $id = (int) $_POST['id'];
    // ok: php.sql-injection
    return mysqli_query($db, "select * from orders where id = " . $id);
}

function orders(mysqli $db) {
    $sql = "select * from orders where state = '";
    $sql .= $_POST['state'] . "'";
    // ruleid: php.sql-injection
    return mysqli_query($db, $sql);
}

class Repository {
    private $db;

    function by_column(string $column) {
        // ruleid: php.sql-injection
        return $this->db->query("select * from items order by " . $column);
    }

    function handle() {
        return $this->by_column($_GET['sort']);
    }

    function sorted() {
        $sort = $_GET['sort'];
        if (!in_array($sort, ['name', 'price'], true)) {
            $sort = 'name';
        }
        // ok: php.sql-injection
        return $this->db->query("select * from items order by " . $sort);
    }
}

function laravel($request) {
    // ruleid: php.sql-injection
    return DB::select("select * from users where mail = '" . $request->input('mail') . "'");
}

function greet() {
    // ruleid: php.xss
    echo '<h1>Hello ' . $_GET['name'] . '</h1>';
}

function greet_escaped() {
    // ok: php.xss
    echo '<h1>Hello ' . htmlspecialchars($_GET['name'], ENT_QUOTES) . '</h1>';
}

function ping() {
    // ruleid: php.command-injection
    return shell_exec("ping -c1 " . $_GET['host']);
}

function ping_quoted() {
    // ok: php.command-injection
    return shell_exec("ping -c1 " . escapeshellarg($_GET['host']));
}

function ping_backticks() {
    $host = $_REQUEST['host'];
    // ruleid: php.command-injection
    return `ping -c1 $host`;
}

function calculate() {
    // ruleid: php.code-injection
    eval('$x = ' . $_POST['expression'] . ';');
}

function page() {
    // ruleid: php.path-traversal
    include 'pages/' . $_GET['page'] . '.php';
}

function page_listed() {
    $pages = ['home' => 'home.php', 'about' => 'about.php'];
    $page = $_GET['page'];
    if (isset($pages[$page])) {
        // ok: php.path-traversal
        include 'pages/' . $pages[$page];
    }
}

function download() {
    // ruleid: php.path-traversal
    readfile('/srv/files/' . $_GET['file']);
}

function download_name() {
    // ok: php.path-traversal
    readfile('/srv/files/' . basename($_GET['file']));
}

function leave() {
    // ruleid: php.open-redirect
    header('Location: ' . $_GET['next']);
}

function stay() {
    // ok: php.open-redirect
    header('Location: /search?q=' . urlencode($_GET['q']));
}

function restore() {
    // ruleid: php.deserialization
    return unserialize($_COOKIE['cart']);
}

function fetch() {
    // ruleid: php.ssrf
    $c = curl_init($_GET['url']);
    // ruleid: php.tls-verification
    curl_setopt($c, CURLOPT_SSL_VERIFYPEER, false);
    return curl_exec($c);
}
?>
<form action="/search">
  <!-- ruleid: php.xss -->
  <input name="q" value="<?= $_GET['q'] ?>">
  <!-- ok: php.xss -->
  <p>Page <?= (int) $_GET['page'] ?></p>
</form>
