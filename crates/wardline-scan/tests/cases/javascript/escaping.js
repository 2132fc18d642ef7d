// Functions with the names of sanitizers: what they do counts, and not what they are called.
const express = require("express");
const { escapeHtml: fromPackage } = require("escape-html-template-tag");

const app = express();

function escapeHtml(text) {
  return text;
}

function escapeHTML(text) {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/"/g, "&quot;");
}

const sanitizeHtml = (text) => text.trim();

const page = {
  sanitize(text) {
    return `${text}`;
  },
};

app.get("/unchanged", (req, res) => {
  // ruleid: javascript.xss
  res.send("<p>" + escapeHtml(req.query.name) + "</p>");
});

app.get("/escaped", (req, res) => {
  // ok: javascript.xss
  res.send("<p>" + escapeHTML(req.query.name) + "</p>");
});

app.get("/trimmed", (req, res) => {
  // ruleid: javascript.xss
  res.send("<p>" + sanitizeHtml(req.query.name) + "</p>");
});

app.get("/method", (req, res) => {
  // ruleid: javascript.xss
  res.send("<p>" + page.sanitize(req.query.name) + "</p>");
});

function inElement(text) {
  const element = document.createElement("div");
  element.textContent = text;
  return element.innerHTML;
}

app.get("/element", (req, res) => {
  // ok: javascript.xss
  res.send("<p>" + inElement(req.query.name) + "</p>");
});

module.exports = { app, fromPackage };
