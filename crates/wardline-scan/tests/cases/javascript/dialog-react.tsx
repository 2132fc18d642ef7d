import { useCallback, useState } from "react";
import { useConfirm } from "material-ui-confirm";
import { Alert } from "react-native";
import { useNavigate } from "react-router-dom";
import { useDialog } from "@/components/dialog";

export function DeleteButton({ id, onDelete }: { id: string; onDelete: (id: string) => void }) {
  const remove = () => {
    // ruleid: javascript.native-dialog
    if (window.confirm("Delete this post?")) onDelete(id);
  };
  return <button onClick={remove}>Delete</button>;
}

export function Inline({ name }: { name: string }) {
  // ruleid: javascript.native-dialog
  return <button onClick={() => alert(`Hello ${name}`)}>Hello</button>;
}

export function Rename({ onRename }: { onRename: (name: string) => void }) {
  const rename = useCallback(() => {
    // ruleid: javascript.native-dialog
    const name = prompt("Name?");
    if (name) onRename(name);
  }, [onRename]);
  return <button onClick={rename}>Rename</button>;
}

export function Login() {
  const [email, setEmail] = useState("");
  const navigate = useNavigate();
  async function submit(event: React.FormEvent) {
    event.preventDefault();
    try {
      await fetch("/login", { method: "POST", body: email });
      navigate("/");
    } catch (error) {
      // ruleid: javascript.native-dialog
      alert((error as Error).message);
    }
  }
  return (
    <form onSubmit={submit}>
      <input value={email} onChange={(event) => setEmail(event.target.value)} />
    </form>
  );
}

export function DeleteSafely({ onDelete }: { onDelete: () => void }) {
  const confirm = useConfirm();
  const remove = async () => {
    // ok: javascript.native-dialog
    await confirm({ title: "Delete this post?" });
    onDelete();
  };
  return <button onClick={remove}>Delete</button>;
}

export function WithDialog({ onDelete }: { onDelete: () => void }) {
  const { confirm, alert } = useDialog();
  const dialog = useDialog();
  return (
    <>
      {/* ok: javascript.native-dialog */}
      <button onClick={async () => (await confirm("Delete?")) && onDelete()}>Delete</button>
      {/* ok: javascript.native-dialog */}
      <button onClick={() => alert("Kept")}>Keep</button>
      {/* ok: javascript.native-dialog */}
      <button onClick={() => dialog.prompt("Why?")}>Why</button>
    </>
  );
}

export function Native() {
  const press = () => {
    // ok: javascript.native-dialog
    Alert.alert("Delete?", "This cannot be undone", [{ text: "Cancel" }, { text: "Delete" }]);
    // ok: javascript.native-dialog
    Alert.prompt("Name");
  };
  return <button onClick={press}>Press</button>;
}

export function Passed({ confirm }: { confirm: (text: string) => boolean }) {
  // ok: javascript.native-dialog
  return <button onClick={() => confirm("Really?")}>Really</button>;
}

export function Banner({ text }: { text: string }) {
  // ok: javascript.native-dialog
  return <div role="alert">{text}</div>;
}
