//! How fast secrets are looked for: bytes of ordinary source text a second.

use divan::{Bencher, counter::BytesCount};

fn main() {
    divan::main();
}

/// A mebibyte of text as it stands in programs, with names that announce secrets and none given.
fn text() -> String {
    let lines = [
        "def reset(request, token=None):\n",
        "    user = User.objects.get(pk=request.session['user_id'])\n",
        "    if not user.check_password(request.POST.get('password')):\n",
        "        return render(request, 'accounts/login.html', {'error': _('Wrong password')})\n",
        "    for item in range(0, len(values), 2):  # every second one\n",
    ];
    lines.iter().cycle().take(1_048_576 / 60).copied().collect()
}

#[divan::bench]
fn find(bencher: Bencher<'_, '_>) {
    let text = text();
    bencher.counter(BytesCount::of_str(&text)).bench(|| wardline_secrets::find("app/views.py", &text));
}

#[divan::bench]
fn redact(bencher: Bencher<'_, '_>) {
    let text = text();
    bencher.counter(BytesCount::of_str(&text)).bench(|| wardline_secrets::redact(&text).len());
}
