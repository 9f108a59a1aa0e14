// A contact sheet as one HTML file that needs nothing else: to keep, to send, to print.

import { element, percent } from "./page.js";

const STYLE = `
  body { font: 14px system-ui; margin: 24px }
  main { display: flex; flex-wrap: wrap; gap: 8px }
  figure { margin: 0; text-align: center; break-inside: avoid }
  img { width: 56px; height: 56px; object-fit: contain }
`;

export async function saveSheet({ name, digit, indexes, outline, pictures }) {
  const sheet = document.implementation.createHTMLDocument(`${name}: read as ${digit}`);
  const tiles = await pictures.all(indexes);
  const figures = indexes.map((index) => {
    const image = element("img", { alt: `Image ${index}`, src: tiles.get(index) ?? "" });
    return element("figure", {}, image, element("figcaption", { textContent: percent(outline.confidences[index]) }));
  });
  sheet.body.append(element("h1", { textContent: sheet.title }), element("main", {}, ...figures));
  // Written as text: inside a document of this page's the style would be under its policy, too.
  const html = sheet.documentElement.outerHTML.replace("</head>", `<meta charset="utf-8"><style>${STYLE}</style></head>`);
  const file = new Blob([`<!doctype html>${html}`], { type: "text/html" });
  const link = element("a", { href: URL.createObjectURL(file), download: `sheet-${digit}.html` });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}
