import { confirm, input as prompt } from "@inquirer/prompts";
import inquirer from "inquirer";

export async function create() {
  // ok: javascript.native-dialog
  const name = await prompt({ message: "Name of the project" });
  // ok: javascript.native-dialog
  const sure = await confirm({ message: `Create ${name}?` });
  // ok: javascript.native-dialog
  const more = await inquirer.prompt([{ name: "license", message: "License" }]);
  return { name, sure, more };
}
