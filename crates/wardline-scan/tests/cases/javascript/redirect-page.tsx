import { useEffect } from "react";
import { useNavigate, useSearchParams } from "react-router-dom";

export function AfterLogin() {
  const [params] = useSearchParams();
  useEffect(() => {
    // ruleid: javascript.open-redirect
    window.location.href = params.get("next") ?? "/";
  }, [params]);
  return null;
}

export function AfterLoginSafe() {
  const [params] = useSearchParams();
  const navigate = useNavigate();
  useEffect(() => {
    // ok: javascript.open-redirect
    navigate(params.get("next") ?? "/");
  }, [params]);
  return null;
}

export function Opens() {
  const open = () => {
    const url = new URLSearchParams(window.location.search).get("url");
    // ruleid: javascript.open-redirect
    window.open(url!, "_blank");
  };
  return <button onClick={open}>Open</button>;
}

export function OpensDocs() {
  const open = () => {
    const section = new URLSearchParams(window.location.search).get("section");
    // ok: javascript.open-redirect
    window.open(`https://docs.shop.example/${encodeURIComponent(section ?? "")}`, "_blank");
  };
  return <button onClick={open}>Documentation</button>;
}

export function fromHash() {
  const target = location.hash.slice(1);
  // ruleid: javascript.open-redirect
  location.assign(target);
}

export function fromHashListed() {
  const target = location.hash.slice(1);
  if (!["/a", "/b"].includes(target)) return;
  // ok: javascript.open-redirect
  location.assign(target);
}

export function replaced() {
  const target = new URLSearchParams(location.search).get("to");
  // ruleid: javascript.open-redirect
  if (target) location.replace(target);
}

export function bare() {
  const next = new URL(location.href).searchParams.get("next");
  // ruleid: javascript.open-redirect
  if (next) location = next as unknown as Location;
}

export function sameOrigin() {
  const next = new URL(new URLSearchParams(location.search).get("next") ?? "/", location.origin);
  if (next.origin !== location.origin) return;
  // ok: javascript.open-redirect
  window.location.href = next.href;
}

export function reload() {
  // ok: javascript.open-redirect
  window.location.href = "/login?from=" + encodeURIComponent(location.pathname);
}

window.addEventListener("message", (event) => {
  // ruleid: javascript.open-redirect
  document.location.href = event.data.url;
});

window.addEventListener("message", (event) => {
  if (event.origin !== "https://shop.example") return;
  // ok: javascript.open-redirect
  document.location.href = event.data.url;
});
