// What a person dropped, chose or pasted, as files with the paths they had.

import { count } from "./page.js";

const ARCHIVE = /\.(zip|tar|tgz|tbz2|txz|tar\.(gz|bz2|xz))$/i;
/** What operating systems leave about in folders, as shared/litter.py says; what starts with a dot stays here, too. */
const LITTER = new Set(["thumbs.db", "desktop.ini", "__macosx"]);

export const fromList = (list) => Array.from(list, (file) => ({ file, path: file.webkitRelativePath || file.name }));

/** What is worth sending, and how many files are not: litter inside folders. A file picked by itself is wanted. */
export function sift(found) {
  const files = found.filter((each) => !isLitter(each));
  return { files, leftOut: found.length - files.length };
}

export const leftOutWords = (leftOut) => `Files left out because they are no images: ${count(leftOut)}.`;

function isLitter({ file, path }) {
  const inside = path.split("/").slice(1);
  return inside.length > 0 && (inside.some(isLeftAbout) || isNoImage(file));
}

const isLeftAbout = (name) => name.startsWith(".") || LITTER.has(name.toLowerCase());
const isNoImage = ({ name, type }) => type && !type.startsWith("image/") && !ARCHIVE.test(name);

/** Every file in a drop, folders walked. The entries must be asked for at once: the drop forgets them. */
export async function fromDrop(transfer) {
  const entries = Array.from(transfer.items, (item) => item.webkitGetAsEntry?.()).filter(Boolean);
  const found = await Promise.all(entries.map(walk));
  return entries.length ? found.flat() : fromList(transfer.files);
}

async function walk(entry) {
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
    return [{ file, path: entry.fullPath.slice(1) || file.name }];
  }
  const children = await entriesOf(entry.createReader());
  return (await Promise.all(children.map(walk))).flat();
}

async function entriesOf(reader) {
  const all = [];
  for (;;) {
    // A reader gives a hundred entries at a time, and none when it is done.
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) return all;
    all.push(...some);
  }
}
