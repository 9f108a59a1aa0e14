// A contact sheet that needs nothing else: as one HTML file to keep and to send, or on paper.

import { element, percent } from "./page.js";

const STYLE = `
  body { font: 14px system-ui; margin: 24px }
  main { display: flex; flex-wrap: wrap; gap: 8px }
  figure { margin: 0; text-align: center; break-inside: avoid }
  img { width: 56px; height: 56px; object-fit: contain }
`;

export async function saveSheet(sheet) {
  const page = document.implementation.createHTMLDocument(titleOf(sheet));
  page.body.append(element("h1", { textContent: page.title }), element("main", {}, ...(await figuresOf(sheet))));
  // Written as text: inside a document of this page's the style would be under its policy, too.
  const html = page.documentElement.outerHTML.replace("</head>", `<meta charset="utf-8"><style>${STYLE}</style></head>`);
  const file = new Blob([`<!doctype html>${html}`], { type: "text/html" });
  const link = element("a", { href: URL.createObjectURL(file), download: `sheet-${sheet.digit}.html` });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}

/** Print all of a sheet, not only what is in sight; `paper` is an element that only paper shows. */
export async function printSheet(paper, sheet) {
  paper.replaceChildren(element("h1", { textContent: titleOf(sheet) }), ...(await figuresOf(sheet)));
  await Promise.all(Array.from(paper.querySelectorAll("img"), (image) => image.decode().catch(() => {})));
  print();
}

const titleOf = ({ name, digit }) => `${name}: read as ${digit}`;

async function figuresOf({ indexes, outline, pictures }) {
  const tiles = await pictures.all(indexes);
  return indexes.map((index) => {
    const image = element("img", { alt: `Image ${index}`, src: tiles.get(index) ?? "" });
    return element("figure", {}, image, element("figcaption", { textContent: percent(outline.confidences[index]) }));
  });
}
