const prompt = require("prompt-sync")();
const { alert } = require("./notices");

function main() {
  // ok: javascript.native-dialog
  const name = prompt("Name? ");
  // ok: javascript.native-dialog
  alert(`Hello ${name}`);
}

main();
