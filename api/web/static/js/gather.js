// What a person dropped, chose or pasted, as files with the paths they had.

export const fromList = (list) => Array.from(list, (file) => ({ file, path: file.webkitRelativePath || file.name }));

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
