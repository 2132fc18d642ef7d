import printer, queue


def plain():
    job = queue.take()
    # ruleid: t-plain
    printer.send("job " + job)
    # ok: t-plain
    printer.send(clean(job))
    # ok: t-plain
    printer.send("a text")
    again = {"job": job}
    # ruleid: t-plain
    printer.send(again["job"])


def through_a_function():
    # ruleid: t-plain
    printer.send(upper(queue.take()))
    # ok: t-plain
    printer.send(clean(upper(queue.take())))


def upper(text):
    return text.upper()


def focus():
    # ruleid: t-focus
    label.draw(queue.take(), 12)
    # ok: t-focus
    label.draw("title", queue.take())


@on("message")
def handler(message, context):
    # ruleid: t-parameter
    shell(f"echo {message}")
    # ok: t-parameter
    shell(context)


def not_a_handler(message):
    # ok: t-parameter
    shell(message)


def by_name():
    # ruleid: t-regex
    disk.save_text(queue.take())
    # ruleid: t-regex
    disk.store_text(queue.take())
    # ok: t-regex
    disk.save_safely(queue.take())
    # ok: t-regex
    disk.load_text(queue.take())


def by_number():
    # ruleid: t-comparison
    connect(80, queue.take())
    # ok: t-comparison
    connect(8080, queue.take())
    port = 443
    # ruleid: t-comparison
    connect(port, queue.take())


def builder():
    parts = Builder()
    # ok: t-propagator
    run(parts)
    parts.feed(queue.take())
    # ruleid: t-propagator
    run(parts)


def transaction_or_not():
    job = queue.take()
    # ok: t-inside
    store.put(job)
    with transaction():
        # ruleid: t-inside
        store.put(job)


def checked():
    job = queue.take()
    # ruleid: t-side-effect
    emit(job)
    check(job)
    # ok: t-side-effect
    emit(job)
