bus.on("note", (event) => {
  // ruleid: t-message
  box.markup = "<b>" + event.payload + "</b>";
  // ok: t-message
  box.markup = purify(event.payload);
  // ok: t-message
  box.text = event.payload;
});

function other(event) {
  // ok: t-message
  box.markup = event.payload;
}

function several() {
  // ruleid: t-either
  engine.run(wire.read());
  const code = wire.peek();
  // ruleid: t-either
  const made = new Engine(code);
  // ok: t-either
  engine.run("1 + 1");
  // ok: t-either
  engine.show(code);
  return made;
}

function fields() {
  const data = wire.read();
  // ruleid: t-object
  send({ to: "a", body: data });
  // ok: t-object
  send({ to: data, body: "hello" });
}

function lines() {
  const data = wire.read();
  // ruleid: t-metavariable-pattern
  log.keep("read " + data);
  // ruleid: t-metavariable-pattern
  log.keep(`read ${data}`);
  // ok: t-metavariable-pattern
  log.keep(data);
}
