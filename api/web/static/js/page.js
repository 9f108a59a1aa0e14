// Small things every page uses.

export const byId = (id) => document.getElementById(id);
export const count = (number) => number.toLocaleString("en-US");
export const percent = (share) => `${(100 * share).toFixed(share > 0.9995 || share < 0.1 ? 0 : 1)} %`;

/** An element with properties and children; text stays text. */
export function element(tag, properties = {}, ...children) {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children);
  return node;
}

let hiding;

/** Say something briefly at the foot of the page, or inside the dialog that covers it. */
export function toast(text) {
  const node = byId("toast");
  const dialog = document.querySelector("dialog:modal");
  if (dialog) lend(node, dialog);
  node.textContent = text;
  node.classList.add("on");
  clearTimeout(hiding);
  hiding = setTimeout(() => node.classList.remove("on"), 6000);
}

function lend(node, dialog) {
  dialog.append(node);
  dialog.addEventListener("close", () => document.body.append(node), { once: true });
}

/** Run something for a button press; an error is told, not thrown. */
export const telling = (action) => (...args) => Promise.resolve(action(...args)).catch((error) => toast(error.message));
