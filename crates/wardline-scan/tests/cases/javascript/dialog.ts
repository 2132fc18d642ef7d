// Pages without a framework, and the code that pages share.
const R = document.querySelector<HTMLButtonElement>("#remove");

R?.addEventListener("click", async () => {
  // ruleid: javascript.native-dialog
  if (!confirm("Remove this item?")) return;
  await fetch("/items/1", { method: "DELETE" });
});

document.querySelector("#rename")?.addEventListener("click", async () => {
  // ruleid: javascript.native-dialog
  const name = prompt("New name", "untitled");
  if (name) await fetch("/rename", { method: "POST", body: JSON.stringify({ name }) });
});

export async function save(form: HTMLFormElement): Promise<void> {
  const response = await fetch(form.action, { method: "POST", body: new FormData(form) });
  // ruleid: javascript.native-dialog
  if (!response.ok) alert("Could not save: " + response.status);
}

export function report(error: Error): void {
  // ruleid: javascript.native-dialog
  window.alert(error.message);
}

export function sure(): boolean {
  // ruleid: javascript.native-dialog
  return window.confirm("Are you sure?");
}

export function ask(question: string): string | null {
  // ruleid: javascript.native-dialog
  return window.prompt(question);
}

export function everywhere(text: string): void {
  // ruleid: javascript.native-dialog
  globalThis.alert(text);
}

export function worker(text: string): boolean {
  // ruleid: javascript.native-dialog
  return self.confirm(text);
}

export function fromFrame(text: string): void {
  // ruleid: javascript.native-dialog
  top.alert(text);
  // ruleid: javascript.native-dialog
  parent.confirm(text);
}

export function bracketed(text: string): void {
  // ruleid: javascript.native-dialog
  window["alert"](text);
}

export function optional(text: string): void {
  // ruleid: javascript.native-dialog
  window.alert?.(text);
}

export function asserted(text: string): void {
  // ruleid: javascript.native-dialog
  (window as any).alert(text);
}

export const leave = () =>
  // ruleid: javascript.native-dialog
  confirm("Leave without saving?") && history.back();

fetch("/status")
  .then((response) => response.json())
  // ruleid: javascript.native-dialog
  .catch((error) => alert(error));

export class Uploader {
  constructor(private readonly limit: number) {}

  check(file: File): boolean {
    if (file.size > this.limit) {
      // ruleid: javascript.native-dialog
      alert(`${file.name} is too large`);
      return false;
    }
    return true;
  }
}

export function legacy(url: string): unknown {
  // ruleid: javascript.native-dialog
  return window.showModalDialog(url, null, "dialogWidth:400px");
}

// Functions of the same name that are the program's own.
function notify(alert: (text: string) => void): void {
  // ok: javascript.native-dialog
  alert("saved");
}

function own(): void {
  const confirm = (text: string) => Promise.resolve(text.length > 0);
  // ok: javascript.native-dialog
  void confirm("really?");
}

interface Dialog {
  confirm(text: string): Promise<boolean>;
  prompt(text: string): Promise<string>;
  alert(text: string): Promise<void>;
}

export class Toolbar {
  constructor(private readonly dialog: Dialog) {}

  async remove(): Promise<void> {
    // ok: javascript.native-dialog
    if (await this.dialog.confirm("Remove?")) await fetch("/remove", { method: "POST" });
    // ok: javascript.native-dialog
    await this.dialog.alert("Removed");
  }

  alert(text: string): void {
    document.title = text;
  }

  tell(): void {
    // ok: javascript.native-dialog
    this.alert("told");
  }
}

export function element(): void {
  const dialog = document.querySelector("dialog");
  // ok: javascript.native-dialog
  dialog?.showModal();
}

export function destructured({ confirm, prompt }: Dialog): void {
  // ok: javascript.native-dialog
  void confirm("Go on?");
  // ok: javascript.native-dialog
  void prompt("Your name");
}

export function text(): string {
  // ok: javascript.native-dialog
  return 'Never call alert("x") in a page';
}

export function property(): unknown {
  // ok: javascript.native-dialog
  const alert = { level: "high", text: "disk is full" };
  return alert;
}

export function logger(log: { alert(text: string): void }): void {
  // ok: javascript.native-dialog
  log.alert("disk is full");
}

export function swal(Swal: { fire(options: object): Promise<{ isConfirmed: boolean }> }): void {
  // ok: javascript.native-dialog
  void Swal.fire({ title: "Are you sure?", showCancelButton: true });
}

export { notify, own };

// A name that is bound elsewhere says nothing about this place.
const handlers = { alert(text: string) { console.log(text); } };
const named = function prompt() { return 1; };

export function afterBlock(list: string[]): void {
  {
    const alert = (text: string) => console.log(text);
    // ok: javascript.native-dialog
    alert("in the block");
  }
  for (const confirm of [(text: string) => text.length]) {
    // ok: javascript.native-dialog
    confirm("in the loop");
  }
  // ruleid: javascript.native-dialog
  alert(list.join());
  // ruleid: javascript.native-dialog
  confirm(list.join());
  // ok: javascript.native-dialog
  handlers.alert(String(named()));
}
