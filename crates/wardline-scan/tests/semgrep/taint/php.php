<?php
function plain($engine) {
    $text = wire_read();
    // ruleid: t-php
    engine_run("run " . $text);
    // ok: t-php
    engine_run(clean($text));
    // ruleid: t-php-method
    $engine->run($text, 1);
    // ok: t-php-method
    $engine->run(1, $text);
}
