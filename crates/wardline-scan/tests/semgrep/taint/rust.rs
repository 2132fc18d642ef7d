fn plain(wire: Wire, engine: Engine, disk: Disk, log: Log) {
    let text = wire.read();
    // ruleid: t-rust
    engine.run(format!("run {text}"));
    // ok: t-rust
    engine.run(clean(&text));
    // ruleid: t-rust-not
    disk.put(text);
    // ok: t-rust-not
    log.put(text);
}
