// Thumbnails of a job: asked for a hundred at a time, kept while there is room.

import { get } from "./http.js";
import { element } from "./page.js";

const BATCH = 100;
const KEPT = 3000;

export class Pictures {
  constructor(jobId) {
    this.base = `/v1/jobs/${jobId}`;
    this.kept = new Map();
    this.wanted = [];
  }

  /** Show image `index` inside `frame`, now or as soon as it is here. */
  show(index, frame) {
    frame.dataset.index = index;
    const tile = this.kept.get(index);
    if (tile) return this.draw(tile, frame);
    frame.replaceChildren();
    if (!this.wanted.length) setTimeout(() => this.fetch(), 30);
    this.wanted.push(frame);
  }

  async fetch() {
    // What has been scrolled away meanwhile is not worth asking for.
    const frames = this.wanted.filter((frame) => frame.isConnected);
    this.wanted = [];
    const indexes = [...new Set(frames.map((frame) => Number(frame.dataset.index)))];
    for (let start = 0; start < indexes.length; start += BATCH) {
      for (const tile of await this.tiles(indexes.slice(start, start + BATCH)).catch(() => [])) {
        this.keep(tile);
        for (const frame of frames) if (frame.dataset.index === String(tile.index)) this.draw(tile, frame);
      }
    }
  }

  async tiles(indexes) {
    return (await get(`${this.base}/tiles?index=${indexes.join(",")}`)).data;
  }

  /** Many images as data URLs by their index; those that no browser shows, and large ones, by their address. */
  async all(indexes) {
    const found = new Map();
    for (let start = 0; start < indexes.length; start += BATCH) {
      for (const tile of await this.tiles(indexes.slice(start, start + BATCH))) found.set(tile.index, this.sourceOf(tile));
    }
    return found;
  }

  sourceOf(tile) {
    const picture = pictureOf(tile, [new URL(this.addressOf(tile, "image"), location.href).href]);
    return picture.toDataURL?.() ?? picture.src ?? "";
  }

  keep(tile) {
    this.kept.set(tile.index, tile);
    if (this.kept.size > KEPT) this.kept.delete(this.kept.keys().next().value);
  }

  draw(tile, frame) {
    // Where a browser shows no TIFF, what the model saw of it is better than nothing, but it is not the image as sent.
    const looks = "asSent" in frame.dataset ? ["image"] : ["image", "normalized"];
    frame.replaceChildren(pictureOf(tile, looks.map((look) => this.addressOf(tile, look))));
  }

  addressOf(tile, look) {
    return `${this.base}/results/${tile.index}/${look}`;
  }
}

/** An image of its bytes, or if it is large of the first address; else of the next; or a word if no browser shows any. */
function pictureOf({ media_type, data }, [address, ...others]) {
  if (media_type === "image/x-portable-graymap" && data) return graymap(atob(data));
  if (!media_type) return "no image";
  const image = element("img", { alt: "", decoding: "async", loading: "lazy" });
  image.addEventListener("load", () => image.classList.toggle("large", image.naturalWidth > 64));
  const sources = [data ? `data:${media_type};base64,${data}` : address, ...others];
  const showNext = () => (sources.length ? (image.src = sources.shift()) : image.replaceWith("no preview"));
  image.addEventListener("error", showNext);
  showNext();
  return image;
}

/** Pixels that were sent as numbers are kept as a PGM file, which browsers do not know. */
function graymap(bytes) {
  const [header, width, height] = bytes.match(/^P5 (\d+) (\d+) 255\n/);
  const canvas = element("canvas", { width: Number(width), height: Number(height) });
  const pixels = new ImageData(canvas.width, canvas.height);
  for (let at = 0; at < width * height; at++) {
    pixels.data.fill(bytes.charCodeAt(header.length + at), 4 * at, 4 * at + 3);
    pixels.data[4 * at + 3] = 255;
  }
  canvas.getContext("2d").putImageData(pixels, 0, 0);
  return canvas;
}
