import { expect, it, vi } from "vitest";

it("asks before it removes", () => {
  vi.spyOn(window, "confirm").mockReturnValue(true);
  // ok: javascript.native-dialog
  expect(window.confirm("Remove?")).toBe(true);
  // ok: javascript.native-dialog
  alert("in a test");
});
