import DOMPurify from "dompurify";
import $ from "jquery";

const params = new URLSearchParams(window.location.search);

export function greet() {
  // ruleid: javascript.xss
  document.getElementById("hello")!.innerHTML = "Hello " + params.get("name");
}

export function greetText() {
  // ok: javascript.xss
  document.getElementById("hello")!.textContent = "Hello " + params.get("name");
}

export function greetClean() {
  // ok: javascript.xss
  document.getElementById("hello")!.innerHTML = DOMPurify.sanitize(params.get("bio") ?? "");
}

export function fromHash() {
  const tab = decodeURIComponent(location.hash.slice(1));
  // ruleid: javascript.xss
  document.querySelector(".tab")!.outerHTML = `<div class="tab">${tab}</div>`;
}

export function fromHashAdjacent() {
  // ruleid: javascript.xss
  document.body.insertAdjacentHTML("beforeend", location.hash);
}

export function adjacentText() {
  // ok: javascript.xss
  document.body.insertAdjacentText("beforeend", location.hash);
}

export function written() {
  // ruleid: javascript.xss
  document.write("<a href='" + document.referrer + "'>Back</a>");
}

export function appended() {
  const list = document.querySelector("ul")!;
  // ruleid: javascript.xss
  list.innerHTML += `<li>${params.get("item")}</li>`;
}

export function appendedNode() {
  const item = document.createElement("li");
  item.textContent = params.get("item");
  // ok: javascript.xss
  document.querySelector("ul")!.appendChild(item);
}

export function constant() {
  // ok: javascript.xss
  document.querySelector("ul")!.innerHTML = "";
}

export function frame() {
  const frame = document.createElement("iframe");
  // ruleid: javascript.xss
  frame.srcdoc = params.get("preview") ?? "";
}

export function query() {
  // ruleid: javascript.xss
  $("#result").html(params.get("q") ?? "");
  // ok: javascript.xss
  $("#result").text(params.get("q") ?? "");
  // ok: javascript.xss
  $("#result").html("<b>Loading</b>");
}

export function built() {
  const range = document.createRange();
  // ruleid: javascript.xss
  document.body.append(range.createContextualFragment(params.get("html") ?? ""));
}

export function count() {
  const n = parseInt(params.get("n") ?? "0", 10);
  // ok: javascript.xss
  document.querySelector("#n")!.innerHTML = `<b>${n}</b>`;
}

window.addEventListener("message", (event) => {
  // ruleid: javascript.xss
  document.querySelector("#preview")!.innerHTML = event.data.html;
});

window.addEventListener("message", (event) => {
  // ok: javascript.xss
  document.querySelector("#preview")!.textContent = event.data.html;
});

const MESSAGES: Record<string, string> = { saved: "<b>Saved</b>", failed: "<b>Failed</b>" };

export function message() {
  // ok: javascript.xss
  document.querySelector("#message")!.innerHTML = MESSAGES[params.get("message") ?? ""] ?? "";
}

function onMessage(event) {
  // ruleid: javascript.xss
  document.querySelector("#preview")!.innerHTML = event.data.html;
}

window.addEventListener("message", onMessage);

const onTyped = (event: MessageEvent) => {
  // ruleid: javascript.xss
  document.body.insertAdjacentHTML("beforeend", event.data);
  // ok: javascript.xss
  document.body.append(event.data);
};

function onReady(event) {
  // ok: javascript.xss
  document.querySelector("#preview")!.innerHTML = event.data.html;
}

document.querySelector("#search")!.addEventListener("input", (event) => {
  // ruleid: javascript.xss
  document.querySelector("#hits")!.innerHTML = `<b>${event.target.value}</b>`;
  // ok: javascript.xss
  document.querySelector("#hits")!.textContent = event.target.value;
});

document.addEventListener("paste", (event) => {
  // ruleid: javascript.xss
  document.body.insertAdjacentHTML("beforeend", event.clipboardData.getData("text/html"));
});
